"""Estimates: a store with an hourly rate and tax, operations, parts, and drafts of a ticket."""

from datetime import date

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.parts import catalogue, stock
from app.parts.models import Part
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Control
from app.service import decisions, estimates, lines, operations, sending
from app.service.decisions import Answer
from app.service.estimate_models import EstimateLine, How, LineKind
from app.service.estimates import Sheet
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.operation_models import Operation
from app.service.operations import OperationInput
from app.service.payers import Share
from app.service.states import TicketState
from app.stores import desk
from tests.makers.service import KNEE, Workshop, a_ticket

KNEE_PART = "AK80-25"
SWAP = "SWAP-KNEE"
GREASE = "GREASE-1"


def priced(session: Session, shop: Workshop) -> None:
    """19 % tax, and 96.00 an hour."""
    desk.add_rate(
        session,
        shop.manager,
        code="standard",
        label="VAT",
        rate_bp=1900,
        valid_from=date(2020, 1, 1),
    )
    operations.set_rate(session, shop.manager, Money(9_600, "EUR"))


def an_operation(
    session: Session, shop: Workshop, code: str = SWAP, *, minutes: int = 150, **more: object
) -> Operation:
    """Swapping a knee's actuator takes two and a half hours."""
    typed = OperationInput(
        **{  # type: ignore[arg-type]
            "code": code,
            "name": f"Operation {code}",
            "minutes": minutes,
            "slot_class": SlotClass.ACTUATOR,
            **more,
        }
    )
    return operations.add(session, shop.manager, typed)


def a_part(
    session: Session,
    shop: Workshop,
    number: str = KNEE_PART,
    *,
    price_minor: int = 194_000,
    on_hand: int = 0,
    control: Control = Control.NONE,
    slot_class: SlotClass | None = SlotClass.ACTUATOR,
) -> Part:
    """An actuator with a price, so many of them on the shelf; without a class, something to use up
    in any number.
    """
    part = catalogue.add_part(session, shop.manager, number=number, name=f"Part {number}")
    part.price_minor, part.slot_class, part.control = price_minor, slot_class, control
    session.flush()
    if on_hand:
        stock.receive(session, shop.manager, part.id, quantity=on_hand, reason="delivery")
    return part


def a_draft(session: Session, shop: Workshop, *typed: LineInput) -> Sheet:
    """The draft of a ticket in diagnosis of the left knee; without lines, a fee of 50.00."""
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    sheet = estimates.draft(session, shop.technician, ticket)
    for line in typed or (a_fee(),):
        add_line(session, shop, sheet, line)
    return again(session, sheet)


def a_fee(text: str = "Transport", minor: int = 5_000, **more: object) -> LineInput:
    return LineInput(
        kind=LineKind.FEE,
        description=text,
        price=Money(minor, "EUR"),
        **more,  # type: ignore[arg-type]
    )


def a_code(code: str, quantity: int = 1, *shares: Share) -> LineInput:
    return LineInput(code=code, quantity=quantity, slot_path=KNEE, shares=shares or None)


def add_line(session: Session, shop: Workshop, sheet: Sheet, typed: LineInput) -> EstimateLine:
    return lines.add(session, shop.technician, again(session, sheet), typed)


def again(session: Session, sheet: Sheet) -> Sheet:
    """The same version as it stands now."""
    return Sheet(sheet.ticket, estimates.loaded(session, sheet.estimate.id))


def sent(session: Session, shop: Workshop, *typed: LineInput) -> Sheet:
    """An estimate that the customer has before them."""
    sheet = a_draft(session, shop, *typed)
    sending.send(session, shop.technician, sheet)
    return again(session, sheet)


def answered(
    session: Session, shop: Workshop, sheet: Sheet, *, declined: tuple[str, ...] = ()
) -> Sheet:
    """Everything approved at the counter but for these keys."""
    approved = {line.key: line.key not in declined for line in sheet.estimate.lines}
    answer = Answer(approved, by="Kerstin Arndt", how=How.COUNTER, noted_by=shop.technician.name)
    decisions.decide(session, shop.technician, again(session, sheet), answer)
    return again(session, sheet)


def approved_ticket(session: Session, shop: Workshop, *typed: LineInput) -> Ticket:
    """A ticket whose estimate was approved as a whole."""
    return answered(session, shop, sent(session, shop, *typed)).ticket

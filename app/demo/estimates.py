"""What the demo store's workshop does by standard time, and an estimate that several pay.

Times, prices and the makers' leave are invented.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.demo import assortment, visitors
from app.demo.bodies import ACTUATOR
from app.demo.opening import CURRENCY, Crew
from app.kernel import clock
from app.kernel.money import Money
from app.portal import talks
from app.robots import makers, registry
from app.robots.bodyplan import SlotClass
from app.service import authorisations, estimates, lines, operations, sending, tickets
from app.service.authorisations import GrantInput
from app.service.estimates import Sheet
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.operation_models import OperationKind, SafetyTick
from app.service.operations import OperationInput
from app.service.payers import Measure, Payer, Share

KNEE = "left_knee.actuator"
_SAFE = (SafetyTick.HOIST, SafetyTick.BATTERY_ISOLATED, SafetyTick.ESTOP_TESTED)
_RATE = Money(96_00, CURRENCY)
_CALIBRATION = OperationKind.CALIBRATION


@dataclass(frozen=True, slots=True)
class Work:
    """An operation of the catalogue; `fixed_minor` where it has a price of its own."""

    code: str
    name: str
    minutes: int
    slot_class: SlotClass | None = None
    kind: OperationKind = OperationKind.LABOUR
    fixed_minor: int | None = None
    ticks: tuple[SafetyTick, ...] = ()
    needs_two: bool = False
    needs_leave: bool = False


WORKS = (
    Work("DIAG", "Diagnosis on the bench", 30, fixed_minor=4_900),
    Work("ACT-LEG", "Actuator of a leg, replace", 150, SlotClass.ACTUATOR, ticks=_SAFE,
         needs_two=True, needs_leave=True),
    Work("ACT-ARM", "Actuator of an arm, replace", 110, SlotClass.ACTUATOR, ticks=_SAFE[1:],
         needs_leave=True),
    Work("GREASE", "Joint, clean and grease", 45, SlotClass.ACTUATOR, ticks=_SAFE[1:2]),
    Work("CAL-LEG", "Calibration of one leg", 60, SlotClass.ACTUATOR, _CALIBRATION, 18_000,
         ticks=_SAFE[:1]),
    Work("CAL-IMU", "Calibration of the inertial sensor", 40, SlotClass.IMU, _CALIBRATION, 9_500),
    Work("IMU", "Inertial sensor, replace", 35, SlotClass.IMU, ticks=_SAFE[1:2]),
    Work("CAM", "Camera, replace", 40, SlotClass.CAMERA, ticks=_SAFE[1:2]),
    Work("HAND", "Hand, replace", 50, SlotClass.HAND, ticks=_SAFE[1:2]),
    Work("BAT-CHK", "Battery, check capacity", 90, SlotClass.BATTERY, fixed_minor=6_900),
)  # fmt: skip


def write_catalogue(session: Session, crew: Crew) -> None:
    """Petra writes down what an hour costs, what the bench does, and that one maker lets it open
    legs and arms.
    """
    operations.set_rate(session, crew.petra, _RATE)
    for work in WORKS:
        fixed = work.fixed_minor
        typed = OperationInput(
            code=work.code,
            name=work.name,
            minutes=work.minutes,
            kind=work.kind,
            slot_class=work.slot_class,
            price=None if fixed is None else Money(fixed, CURRENCY),
            needs_two=work.needs_two,
            ticks=work.ticks,
            needs_authorisation=work.needs_leave,
        )
        operations.add(session, crew.petra, typed)
    unitree = makers.maker_called(session, assortment.G1.maker)
    today = clock.now().date()
    leave = GrantInput(
        maker_id=unitree.id,
        operation_id=None,
        valid_from=today - timedelta(days=200),
        valid_until=today + timedelta(days=530),
        reference="DEMO-ASC-0117",
    )
    authorisations.grant(session, crew.petra, leave)


def ask_for_the_knee(session: Session, crew: Crew) -> None:
    """Emre writes what the clinic's knee will cost: maker, goodwill and customer pay, and he sends
    it; it waits for an answer.
    """
    ticket = _ticket(session, crew)
    sheet = estimates.draft(session, crew.emre, ticket)
    three = (
        Share(Payer.WARRANTY, Measure.PERCENT, 5_000),
        Share(Payer.GOODWILL, Measure.PERCENT, 2_500),
        Share(Payer.CUSTOMER, Measure.REST),
    )
    customer = (Share(Payer.CUSTOMER, Measure.PERCENT, 10_000),)
    for code, quantity, shares in (
        ("ACT-LEG", 1, three),
        (ACTUATOR, 1, three),
        ("TP-14", 2, customer),
        ("CAL-LEG", 1, three),
    ):
        typed = LineInput(code=code, quantity=quantity, slot_path=KNEE, shares=shares)
        lines.add(session, crew.emre, sheet, typed)
    sheet = Sheet(ticket, estimates.loaded(session, sheet.estimate.id))
    estimates.write_note(
        session, crew.emre, sheet, "With your answer by noon it is back for Friday night."
    )
    sending.send(session, crew.emre, sheet)
    _talk(session, crew, ticket)


def _talk(session: Session, crew: Crew, ticket: Ticket) -> None:
    """What the clinic asks on its page, and hears; its last question waits for an answer."""
    for asked, answer in (
        ("Will it be back for Friday? We have the night round.", "Yes, if the pads come tomorrow."),
        ("Thank you. Can somebody bring the charger along as well?", ""),
    ):
        talks.write(session, ticket, text=asked, token=asked[:20], files=None)
        if answer:
            talks.answer(session, crew.emre, ticket, text=answer, token=answer[:20])


def _ticket(session: Session, crew: Crew) -> Ticket:
    unit = registry.by_serial(session, crew.emre, visitors.CLINIC.serial)
    ticket = tickets.open_of(session, unit.id)
    if ticket is None:
        raise LookupError(visitors.CLINIC.serial)
    return ticket

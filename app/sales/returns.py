"""A sale taken back, in whole or in part: goods, books, paper and money in one act."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments import bills, printing, tills
from app.payments.models import Bill, IssuedDocument, JournalEntry, Tender
from app.payments.refund_models import Refund
from app.robots.life_models import Wipe
from app.robots.transfers import WipeStatement
from app.sales import (
    creditnotes,
    giftlines,
    moneyback,
    orders,
    returnables,
    returngoods,
    returnsums,
)
from app.sales.events import TakenBack
from app.sales.models import Order
from app.sales.moneyback import Back
from app.sales.return_models import Condition, Return, ReturnLine
from app.sales.returnables import Returnable
from app.sales.returnsums import Credit

CONDITION_LABELS: dict[Condition, Text] = {
    Condition.AS_NEW: msg("As new"),
    Condition.USED: msg("Used"),
    Condition.DAMAGED: msg("Damaged"),
}
_SERIES = "return"
_NO_DATA = WipeStatement(Wipe.NO_DATA)


@dataclass(frozen=True, slots=True)
class Item:
    """Pieces of one line (by its position) that come back. Goods say their condition; a robot that
    its owner has had says what became of the data in it.
    """

    position: int
    quantity: int = 1
    condition: Condition | None = None
    serials: tuple[str, ...] = ()
    note: str = ""
    data: WipeStatement = field(default=_NO_DATA)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a return did."""

    row: Return
    document: IssuedDocument | None
    refunds: Sequence[Refund]


def take_back(
    session: Session,
    actor: Actor,
    order: Order,
    items: Sequence[Item],
    *,
    reason: str,
    plan: Sequence[Back] | None = None,
    till_id: int | None = None,
    approved_by: Actor | None = None,
) -> TakenIn:
    """Take things of a sale back and credit them; `plan` says how the money goes back, None keeps
    it for the customer: for an exchange, or to be given later. All of it, or nothing.

    Raises Conflict for a sale that is not complete, Invalid with the items that cannot come back,
    NeedsManager beyond the limits of whoever does it.
    """
    actor.require("payments.refund")
    reason = clean(reason)[:200]
    bill = _require_complete(session, order)
    if not reason:
        raise Refused(msg("Say why it comes back."), field="reason")
    found = _checked(session, order, items)
    credit = _credit(session, order, found)
    credited = Money(credit.minor, order.currency)
    moneyback.require_allowed(
        session, actor, order, bill, plan or (), credited=credited, approved_by=approved_by
    )
    for item, line in found:
        _take(session, actor, order, item, line)
    entry = _book(session, actor, order, bill, credit, till_id=till_id)
    number = numbers.allot(session, store_id=order.store_id, series=_SERIES)
    leaving = [line.line.unit_id for _, line in found if line.line.unit_id is not None]
    made = moneyback.give(
        session, actor, order, bill, plan or (), reason=reason, till_id=till_id, leaving=leaving
    )
    document = _paper(
        session, actor, order, found, credit, number=number, reason=reason, given=made
    )
    row = _begun(actor, order, credited, number=number, reason=reason, approved_by=approved_by)
    row.entry_id = entry.id if entry else None
    row.document_id = document.id if document else None
    _keep(session, row, found, credit)
    _tell(session, actor, order, row, found)
    _print(session, document, made, till_id=till_id)
    return TakenIn(row, document, made)


def _begun(
    actor: Actor,
    order: Order,
    credited: Money,
    *,
    number: int,
    reason: str,
    approved_by: Actor | None,
) -> Return:
    """The return as who takes it back says it; what came of it in books and papers is added."""
    return Return(
        store_id=order.store_id,
        number=number,
        order_id=order.id,
        credited_minor=credited.minor,
        currency=credited.currency,
        reason=reason,
        at=clock.now(),
        by=actor.name,
        approved_by=approved_by.name if approved_by else "",
    )


def _print(
    session: Session,
    document: IssuedDocument | None,
    made: Sequence[Refund],
    *,
    till_id: int | None,
) -> None:
    """The credit note at the till where it came back; the drawer opens for cash."""
    if document is not None and till_id is not None:
        gives_cash = any(one.tender is Tender.CASH for one in made)
        printing.post_slip(session, document, till_id=till_id, open_drawer=gives_cash)


def quote(session: Session, order: Order, items: Sequence[Item]) -> Money:
    """What would be credited for these items; raises as `take_back` does for the items."""
    return Money(_credit(session, order, _checked(session, order, items)).minor, order.currency)


def of_order(session: Session, order: Order) -> list[Return]:
    """What came back of a sale, oldest first."""
    return list(
        session.scalars(select(Return).where(Return.order_id == order.id).order_by(Return.id))
    )


def _require_complete(session: Session, order: Order) -> Bill:
    bill = orders.bill_of(session, order)
    if bill is None or order.settled_at is None:
        raise Conflict(
            msg("Sale {number} is not paid yet.", number=order.number),
            link=f"/sales/{order.number}",
        )
    return bill


def _checked(
    session: Session, order: Order, items: Sequence[Item]
) -> list[tuple[Item, Returnable]]:
    """Each item with its line; raises Invalid with a sentence for each that cannot come back."""
    if not items:
        raise Refused(msg("Say what comes back."), field="items")
    lines = {one.line.position: one for one in returnables.of_order(session, order)}
    problems: dict[str, Text] = {}
    found: list[tuple[Item, Returnable]] = []
    for item in items:
        line = lines.get(item.position)
        problem = _problem(item, line)
        if (
            line is None
            or problem is not None
            or item.position in {one.position for one, _ in found}
        ):
            problems[f"quantity-{item.position}"] = problem or msg("This line stands here twice.")
        else:
            found.append((item, line))
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    return found


def _problem(item: Item, line: Returnable | None) -> Text | None:
    if line is None:
        return msg("There is no such line in this sale.")
    if line.left == 0:
        return msg("All of it came back already.")
    if line.obstacle is not None:
        return line.obstacle
    if not 1 <= item.quantity <= line.left:
        return msg("Between 1 and {left} can come back.", left=line.left)
    if line.is_goods and item.condition is None:
        return msg("Say in which condition it comes back.")
    return None


def _credit(session: Session, order: Order, found: Sequence[tuple[Item, Returnable]]) -> Credit:
    return returnsums.credit(
        order,
        earlier=orders.returned_of(session, [order.id]),
        now={line.line.id: item.quantity for item, line in found},
    )


def _take(session: Session, actor: Actor, order: Order, item: Item, line: Returnable) -> None:
    if line.line.unit_id is not None:
        returngoods.take_robot(session, actor, order, line.line, data=item.data)
    elif item.condition is not None:
        returngoods.take_pieces(
            session,
            actor,
            order,
            line.line,
            quantity=item.quantity,
            condition=item.condition,
            serials=item.serials,
        )
    returngoods.end_plans(session, actor, order, line.line, quantity=item.quantity)
    giftlines.take_off(session, actor, order, line.line)


def _book(
    session: Session, actor: Actor, order: Order, bill: Bill, credit: Credit, *, till_id: int | None
) -> JournalEntry | None:
    """The credit in the journal, in the session that is open at the till."""
    if not credit.minor:
        return None
    drawer = tills.place(session, actor, till_id).open_session if till_id is not None else None
    return bills.credit(
        session,
        actor,
        bill,
        revenue=credit.revenue,
        tax_minor=credit.tax,
        taxes=credit.taxes,
        till_session_id=drawer.id if drawer else None,
        memo=orders.reference(order),
    )


def _paper(
    session: Session,
    actor: Actor,
    order: Order,
    found: Sequence[tuple[Item, Returnable]],
    credit: Credit,
    *,
    number: int,
    reason: str,
    given: Sequence[Refund],
) -> IssuedDocument | None:
    """What had cost nothing needs no credit note."""
    if not credit.minor:
        return None
    return creditnotes.issue(
        session,
        actor,
        order,
        credit,
        pieces={line.line.id: item.quantity for item, line in found},
        serials={line.line.id: item.serials for item, line in found},
        number=number,
        reason=reason,
        given=given,
    )


def _keep(
    session: Session, row: Return, found: Sequence[tuple[Item, Returnable]], credit: Credit
) -> None:
    session.add(row)
    session.flush()
    session.add_all(
        ReturnLine(
            return_id=row.id,
            order_line_id=line.line.id,
            sold=line.line.quantity,
            earlier=line.returned,
            quantity=item.quantity,
            amount_minor=credit.amounts[line.line.id],
            condition=item.condition if line.is_goods else None,
            note=clean(item.note)[:200],
        )
        for item, line in found
    )
    session.flush()


def _tell(
    session: Session,
    actor: Actor,
    order: Order,
    row: Return,
    found: Sequence[tuple[Item, Returnable]],
) -> None:
    audit.record(
        session,
        actor,
        "order.returned",
        subject=orders.reference(order),
        after={
            "return": row.number,
            "credited": Money(row.credited_minor, row.currency),
            "pieces": {str(line.line.position): item.quantity for item, line in found},
            "approved_by": row.approved_by or None,
        },
        reason=row.reason,
    )
    events.announce(session, TakenBack(order.id, row.id, order.store_id, actor))

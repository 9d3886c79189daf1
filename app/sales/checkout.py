"""From basket to bill: fixing what is owed, and taking each tender for it."""

from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.parts import stock
from app.payments import bills, tenders, tills
from app.payments.models import Bill, PaymentAttempt, TillSession
from app.robots import claims, registry
from app.sales import basket, completion, orders, totals
from app.sales.models import Order
from app.stores import desk


def pay_cash(
    session: Session, actor: Actor, order: Order, *, amount: Money | None, tendered: Money | None
) -> PaymentAttempt | None:
    """Cash, with change. Without an amount: all that is due. None when nothing is owed at all."""
    bill, drawer = place(session, actor, order)
    if bill.total_minor == 0:
        return None
    due = bills.due(session, bill)
    given = tendered or amount or due
    settles = amount or Money(min(given.minor, due.minor), due.currency)
    return tenders.take_cash(session, actor, bill, drawer, amount=settles, tendered=given)


def pay_transfer(
    session: Session, actor: Actor, order: Order, *, amount: Money | None, note: str
) -> PaymentAttempt | None:
    """Money that a bank statement shows."""
    bill, drawer = place(session, actor, order)
    if bill.total_minor == 0:
        return None
    return tenders.take_transfer(
        session, actor, bill, drawer, amount=amount or bills.due(session, bill), note=note
    )


def start_card(
    session: Session, actor: Actor, order: Order, *, amount: Money | None
) -> PaymentAttempt | None:
    """Begin a card payment; the reader is spoken to after this transaction."""
    bill, drawer = place(session, actor, order)
    if bill.total_minor == 0:
        return None
    till = desk.till_by_id(session, actor, drawer.till_id)
    if not till.reader_id:
        raise Refused(
            msg("No card reader stands at {till}. Choose one in the settings.", till=till.name),
            link="/settings/tills",
        )
    return tenders.start_card(
        session,
        actor,
        bill,
        drawer,
        amount=amount or bills.due(session, bill),
        reader_id=till.reader_id,
    )


def place(session: Session, actor: Actor, order: Order) -> tuple[Bill, TillSession]:
    """Fix the order and its bill before money moves.

    Claims and promises are renewed, or refused where somebody else was faster; from here on they
    do not end by time. An order that costs nothing is complete at once.
    """
    actor.require("counter.sell")
    drawer = _open_drawer(session, order)
    _require_payable(order)
    bill = bills.by_reference(session, order.store_id, orders.reference(order))
    if bill is None or bills.paid(session, bill).minor == 0:
        _require_goods(session, actor, order)
        bill = bills.raise_bill(
            session,
            actor,
            reference=orders.reference(order),
            customer_id=order.customer_id,
            total=totals.of_order(order).gross,
        )
    if order.placed_at is None:
        order.placed_at = clock.now()
        audit.record(
            session,
            actor,
            "order.placed",
            subject=orders.reference(order),
            after={"total": bill.total_minor, "currency": bill.currency},
        )
    if bill.total_minor == 0:
        completion.complete(session, actor, order, bill)
    return bill, drawer


def free_after_failure(session: Session, order: Order, *, minutes: int) -> None:
    """A payment failed and nothing was paid: what the basket keeps ends by time again."""
    claims.make_temporary(session, orders.reference(order), minutes=minutes)
    stock.make_temporary(session, orders.reference(order), minutes=minutes)


def _open_drawer(session: Session, order: Order) -> TillSession:
    if order.till_id is None:
        raise Refused(msg("Say at which till this is paid."), field="till")
    drawer = tills.open_session_of(session, order.till_id)
    if drawer is None:
        raise Conflict(msg("The till is closed. Open it with its float first."), link="/till")
    return drawer


def _require_payable(order: Order) -> None:
    if order.cancelled_at is not None:
        raise Conflict(msg("Sale {number} was cancelled.", number=order.number))
    if order.settled_at is not None:
        raise Conflict(
            msg("Sale {number} is already paid.", number=order.number),
            link=f"/sales/{order.number}",
        )
    if not order.lines:
        raise Refused(msg("There is nothing in this sale yet."))
    if order.customer_id is None and orders.robots_of(order):
        raise Refused(msg("A robot needs its owner: choose the customer first."), field="customer")


def _require_goods(session: Session, actor: Actor, order: Order) -> None:
    """Everything in the basket is still ours to sell, and stays so."""
    owner = orders.reference(order)
    for line in orders.robots_of(order):
        unit = registry.by_id(session, actor, line.unit_id or 0)
        basket.require_sellable(session, unit)
        claims.claim(session, actor, unit, owner=owner, holder=actor.name, minutes=1)
    stock.renew(session, actor, owner, holder=actor.name, minutes=1)
    claims.make_permanent(session, owner)
    stock.make_permanent(session, owner)

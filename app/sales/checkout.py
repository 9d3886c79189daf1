"""From basket to bill: fixing what is owed, and taking each tender for it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused, StoreError
from app.kernel.money import Money
from app.kernel.text import msg
from app.parts import reservations
from app.payments import bills, rounding, standing, tenders, tills
from app.payments.events import MoneyCame, PageBegins, PaymentFailed
from app.payments.models import Bill, PaymentAttempt, TillSession
from app.payments.standing import Standing
from app.robots import claims
from app.sales import completion, grants, orders, sellable, taxing, totals, waiting
from app.sales.models import Order
from app.stores import desk

# long enough for another card; shorter than anybody would call holding a robot back
_KEPT_AFTER_FAILURE_MIN = 30


def pay_cash(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    amount: Money | None,
    tendered: Money | None,
    till_id: int | None = None,
) -> PaymentAttempt | None:
    """Cash, with change. Without an amount: all that is due. None when nothing is owed at all.

    `till_id`: the till whose drawer takes it; without, the till at which the order lies.
    """
    placed = place(session, actor, order, till_id=till_id)
    if placed.bill.total_minor == 0:
        return None
    cash = rounding.said(session, order.store_id, due=placed.due, amount=amount, tendered=tendered)
    return tenders.take_cash(
        session,
        actor,
        placed.bill,
        placed.drawer,
        amount=cash.settles,
        tendered=cash.tendered,
        stands=placed.stands,
    )


def pay_transfer(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    amount: Money | None,
    note: str,
    till_id: int | None = None,
) -> PaymentAttempt | None:
    """Money that a bank statement shows."""
    placed = place(session, actor, order, till_id=till_id)
    if placed.bill.total_minor == 0:
        return None
    return tenders.take_transfer(
        session,
        actor,
        placed.bill,
        placed.drawer,
        amount=_said(amount, placed.due),
        note=note,
    )


def start_card(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    amount: Money | None,
    till_id: int | None = None,
) -> PaymentAttempt | None:
    """Begin a card payment; the reader is spoken to after this transaction."""
    placed = place(session, actor, order, till_id=till_id)
    if placed.bill.total_minor == 0:
        return None
    till = desk.till_by_id(session, actor, placed.drawer.till_id)
    if not till.reader_id:
        raise Refused(
            msg("No card reader stands at {till}. Choose one in the settings.", till=till.name),
            link="/settings/tills",
        )
    return tenders.start_card(
        session,
        actor,
        placed.bill,
        placed.drawer,
        amount=_said(amount, placed.due),
        reader_id=till.reader_id,
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """An order whose total is fixed: its bill, what is left of it, and who takes the money.

    `stands` is how the bill stands where that is known: it was raised just now.
    """

    bill: Bill
    due: Money
    drawer: TillSession
    stands: Standing | None = None


def place(session: Session, actor: Actor, order: Order, *, till_id: int | None = None) -> Placed:
    """Fix the order and its bill before money moves.

    Claims and promises are renewed, or refused where somebody else was faster; from here on they
    do not end by time. An order that costs nothing is complete at once.
    """
    actor.require("counter.sell")
    drawer = _open_drawer(session, actor, order.till_id if till_id is None else till_id)
    bill, due, stands = _fixed(session, actor, order)
    return Placed(bill, due, drawer, stands)


def fix(session: Session, actor: Actor, order: Order) -> tuple[Bill, Money]:
    """The same at no till: the bill, and what is due on it. A sale on account is fixed already."""
    bill, due, _ = _fixed(session, actor, order)
    return bill, due


def _fixed(session: Session, actor: Actor, order: Order) -> tuple[Bill, Money, Standing | None]:
    actor.require("counter.sell")
    bill, stands = orders.bill_of(session, order), None
    if bill is not None and order.settled_at is not None and bills.due(session, bill):
        return bill, bills.due(session, bill), None
    _require_payable(session, order)
    paid = bills.paid(session, bill) if bill else Money(0, order.currency)
    if bill is None or not paid:
        _require_goods(session, actor, order)
        # the customer's country or VAT ID may have been mended since
        taxing.follow(session, order, taxing.customer_of(session, order))
        bill, stands = _billed(session, actor, order)
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
        completion.complete_if_ready(session, actor, order, bill)
    return bill, max(bills.total_of(bill) - paid, Money(0, order.currency)), stands


def _billed(session: Session, actor: Actor, order: Order) -> tuple[Bill, Standing | None]:
    """The bill over what is sold now, and how it stands where it is the first one."""
    about, total = orders.reference(order), totals.of_order(order).gross
    whose = order.customer_id
    first = bills.raise_first(session, actor, reference=about, customer_id=whose, total=total)
    if first is not None:
        return first, standing.untouched(first)
    again = bills.raise_again(session, actor, reference=about, customer_id=whose, total=total)
    return again, None


def on_money_came(session: Session, event: MoneyCame) -> None:
    """Listens in `app.wiring`: the first money for a sale finds its bill and its goods as they are.

    A payment that was given up may succeed after all, when the basket has changed, its goods have
    lapsed, or it is no more. Raises Conflict where they cannot be had: the money is then listed.
    """
    kind, _, number = event.reference.partition(":")
    if kind != "order":
        return
    order = orders.by_number(session, event.actor, int(number))
    bill = bills.by_reference(session, order.store_id, event.reference)
    if bill is None or order.settled_at is not None or bills.paid(session, bill):
        return
    _require_payable(session, order)
    _require_goods(session, event.actor, order)
    bills.follow(
        session,
        event.actor,
        bill,
        customer_id=order.customer_id,
        total=totals.of_order(order).gross,
    )


def on_page_begins(session: Session, event: PageBegins) -> None:
    """Listens in `app.wiring`: what a link asks money for is still ours, and stays so until that
    money has come or failed to. Raises Conflict in words for the customer.
    """
    kind, _, number = event.reference.partition(":")
    if kind != "order":
        return
    order = orders.by_number(session, event.actor, int(number))
    bill = bills.by_reference(session, order.store_id, event.reference)
    if bill is None or order.settled_at is not None or bills.paid(session, bill):
        return
    try:
        _require_payable(session, order)
        _require_goods(session, event.actor, order)
    except StoreError as refusal:
        raise Conflict(
            msg("This cannot be had any more as it was ordered. Please talk to the store.")
        ) from refusal


def keep_for_link(session: Session, order: Order, *, minutes: int) -> None:
    """A link was made, and nobody may ever open it: what the basket keeps ends by time again, but
    where money has come or is on its way.
    """
    bill = orders.bill_of(session, order)
    if bill is None or bills.paid(session, bill) or bills.live_attempt(session, bill) is not None:
        return
    free_after_failure(session, order, minutes=minutes)


def on_payment_failed(session: Session, event: PaymentFailed) -> None:
    """Listens in `app.wiring`. Unless something was paid, or another try is under way, what the
    basket keeps ends by time again: a buyer who goes away does not keep a robot for ever.
    """
    kind, _, number = event.reference.partition(":")
    if kind != "order":
        return
    order = orders.by_number(session, event.actor, int(number))
    bill = bills.by_reference(session, order.store_id, event.reference)
    if bill is None or bills.paid(session, bill) or bills.live_attempt(session, bill) is not None:
        return
    free_after_failure(session, order, minutes=_KEPT_AFTER_FAILURE_MIN)


def free_after_failure(session: Session, order: Order, *, minutes: int) -> None:
    """A payment failed and nothing was paid: what the basket keeps ends by time again; but for what
    a customer accepted by a quote.
    """
    if waiting.was_quoted(session, order):
        return
    owner, store_id = orders.reference(order), order.store_id
    claims.make_temporary(session, owner, store_id=store_id, minutes=minutes)
    reservations.make_temporary(session, owner, store_id=store_id, minutes=minutes)


def _said(amount: Money | None, otherwise: Money) -> Money:
    """What was said, a zero included: `or` would take 0.00 for an empty field."""
    return otherwise if amount is None else amount


def _open_drawer(session: Session, actor: Actor, till_id: int | None) -> TillSession:
    if till_id is None:
        raise Refused(msg("Say at which till this is paid."), field="till")
    drawer = tills.place(session, actor, till_id).open_session
    if drawer is None:
        raise Conflict(msg("The till is closed. Open it with its float first."), link="/till")
    return drawer


def _require_payable(session: Session, order: Order) -> None:
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
    grants.require_customer(session, order)


def _require_goods(session: Session, actor: Actor, order: Order) -> None:
    """Everything in the basket is still ours to sell, and stays so."""
    _require_robots(session, actor, order)
    if any(line.product.part_id is not None for line in order.lines):
        owner = orders.reference(order)
        reservations.keep(session, actor, owner, holder=actor.name)


def _require_robots(session: Session, actor: Actor, order: Order) -> None:
    """A robot whose time was over is ours again, unless somebody else has asked for it."""
    units, owner = orders.units_of(order), orders.reference(order)
    for unit in units:
        sellable.require(session, unit)
    store_id = order.store_id
    kept = claims.make_permanent(session, owner, store_id=store_id) if units else set()
    for unit in units:
        if unit.id not in kept:
            claims.claim(session, actor, unit, owner=owner, holder=actor.name, minutes=1)
            claims.make_permanent(session, owner, store_id=store_id)

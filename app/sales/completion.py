"""The moment a sale is final: with its last payment, in the same transaction.

Units become sold, pieces leave the shelf, revenue and tax are recognised, the invoice is issued and
sent to the printer. Whoever took the last payment (counter, webhook, reconciliation), this runs.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.parts import issuing
from app.payments import bills, printing
from app.payments.events import BillSettled
from app.payments.models import Account, Bill, PaymentAttempt, Tender, TillSession
from app.payments.standing import Standing
from app.robots import claims, registry
from app.robots.states import UnitState
from app.sales import giftlines, grants, invoices, orders, totals, waiting
from app.sales.models import Order, ProductKind, UnitSale

# Where the revenue of what is sold stands; a gift card is none, but owed until it is spent.
REVENUE_OF = {
    ProductKind.ROBOT: Account.REVENUE_ROBOTS,
    ProductKind.ITEM: Account.REVENUE_PARTS,
    ProductKind.PLAN: Account.REVENUE_SERVICES,
    ProductKind.SERVICE: Account.REVENUE_SERVICES,
    ProductKind.BUNDLE: Account.REVENUE_PARTS,
    ProductKind.GIFT_CARD: Account.STORE_CREDIT,
}


def on_bill_settled(session: Session, event: BillSettled) -> None:
    """Listens in `app.wiring`; bills of others (repairs) are none of our business."""
    kind, _, number = event.reference.partition(":")
    if kind != "order":
        return
    order = orders.by_number(session, event.actor, int(number))
    if order.cancelled_at is None and order.settled_at is None:
        bill = session.get_one(Bill, event.bill_id)
        complete_if_ready(session, event.actor, order, bill, stands=event.stands)


def complete_if_ready(
    session: Session, actor: Actor, order: Order, bill: Bill, *, stands: Standing | None = None
) -> bool:
    """Make the sale final unless it waits for a robot; is it? `stands` is how its bill stands,
    where that is known.
    """
    found = waiting.found_of(session, order)
    if found.robot_missing:
        return False
    complete(session, actor, order, bill, found=found, stands=stands)
    return True


def complete(
    session: Session,
    actor: Actor,
    order: Order,
    bill: Bill,
    *,
    found: waiting.Found | None = None,
    stands: Standing | None = None,
) -> None:
    """Make the sale final. Runs once per order: a settled one is left alone.

    `found` is what this transaction found open of it just now, `stands` how its bill stands.
    """
    if order.settled_at is not None:
        return
    order.settled_at = clock.now()
    order.parked_at = None
    attempts = bills.attempts_of(session, bill, stands=stands)
    if order.till_id is None:
        order.till_id = _till_of_last_payment(session, attempts)
    owner = orders.reference(order)
    for unit in orders.units_of(order):
        registry.move(
            session,
            actor,
            unit,
            UnitState.SOLD,
            why=msg("Sold with sale {number}", number=order.number),
            link=f"/sales/{order.number}",
        )
        session.add(UnitSale(unit_id=unit.id, order_id=order.id, sold_at=order.settled_at))
        claims.end_as_sold(session, unit.id, owner=owner)
    waiting.end(session, order, found=found)
    issuing.issue_reserved(session, actor, owner, reason=f"sale {order.number}")
    _recognise(session, actor, order, bill, stands)
    giftlines.load(session, actor, order)
    grants.issue_for(session, actor, order)
    document = invoices.issue(session, actor, order, attempts, due_on=bill.due_on)
    if order.till_id is not None:
        took_cash = any(attempt.tender is Tender.CASH for attempt in attempts)
        printing.post_slip(session, document, till_id=order.till_id, open_drawer=took_cash)
    audit.record(
        session,
        actor,
        "order.settled",
        subject=owner,
        after={"total": bill.total_minor, "invoice": document.label},
    )


def _till_of_last_payment(session: Session, attempts: Sequence[PaymentAttempt]) -> int | None:
    """Where a program's order was paid; None when nothing was owed, or it came at no till."""
    taken_at = [attempt.till_session_id for attempt in attempts if attempt.entry_id is not None]
    at_tills = [session_id for session_id in taken_at if session_id is not None]
    return session.get_one(TillSession, at_tills[-1]).till_id if at_tills else None


def _recognise(
    session: Session, actor: Actor, order: Order, bill: Bill, stands: Standing | None
) -> None:
    revenue: dict[Account, int] = {}
    for line, net in zip(order.lines, totals.net_by_line(order, order.lines), strict=True):
        account = REVENUE_OF[line.product.kind]
        revenue[account] = revenue.get(account, 0) + net
    taxes = totals.book_taxes(order, order.lines)
    tax_minor = sum(tax.tax for tax in taxes)
    bills.recognise(
        session, actor, bill, revenue=revenue, tax_minor=tax_minor, taxes=taxes, stands=stands
    )

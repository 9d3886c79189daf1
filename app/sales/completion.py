"""The moment a sale is final: with its last payment, in the same transaction.

Units become sold, pieces leave the shelf, revenue and tax are recognised, the invoice is issued and
sent to the printer. Whoever took the last payment (counter, webhook, reconciliation), this runs.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.parts import stock
from app.payments import bills, printing
from app.payments.events import BillSettled
from app.payments.models import Account, Bill, Tender, TillSession
from app.robots import claims, registry
from app.robots.states import UnitState
from app.sales import invoices, orders, totals
from app.sales.models import Order, Product, ProductKind, UnitSale

_REVENUE = {
    ProductKind.ROBOT: Account.REVENUE_ROBOTS,
    ProductKind.ITEM: Account.REVENUE_PARTS,
    ProductKind.PLAN: Account.REVENUE_SERVICES,
    ProductKind.SERVICE: Account.REVENUE_SERVICES,
    ProductKind.BUNDLE: Account.REVENUE_PARTS,
}


def on_bill_settled(session: Session, event: BillSettled) -> None:
    """Listens in `app.wiring`; bills of others (repairs) are none of our business."""
    kind, _, number = event.reference.partition(":")
    if kind != "order":
        return
    order = orders.by_number(session, event.actor, int(number))
    bill = bills.by_reference(session, order.store_id, event.reference)
    if bill is not None:
        complete(session, event.actor, order, bill)


def complete(session: Session, actor: Actor, order: Order, bill: Bill) -> None:
    """Make the sale final. Runs once per order: a settled one is left alone."""
    if order.settled_at is not None:
        return
    order.settled_at = clock.now()
    order.parked_at = None
    if order.till_id is None:
        order.till_id = _till_of_last_payment(session, bill)
    owner = orders.reference(order)
    for line in orders.robots_of(order):
        unit = registry.by_id(session, actor, line.unit_id or 0)
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
    stock.issue_reserved(session, actor, owner, reason=f"sale {order.number}")
    _recognise(session, actor, order, bill)
    document = invoices.issue(session, actor, order, bill)
    if order.till_id is not None:
        printing.post_slip(
            session, document, till_id=order.till_id, open_drawer=_took_cash(session, bill)
        )
    audit.record(
        session,
        actor,
        "order.settled",
        subject=owner,
        after={"total": bill.total_minor, "invoice": document.label},
    )


def _till_of_last_payment(session: Session, bill: Bill) -> int | None:
    """Where a program's order was paid; None when nothing was owed."""
    attempts = bills.attempts_of(session, bill)
    booked = [attempt for attempt in attempts if attempt.entry_id is not None]
    return session.get_one(TillSession, booked[-1].till_session_id).till_id if booked else None


def _took_cash(session: Session, bill: Bill) -> bool:
    return any(attempt.tender is Tender.CASH for attempt in bills.attempts_of(session, bill))


def _recognise(session: Session, actor: Actor, order: Order, bill: Bill) -> None:
    products = {
        product.id: product
        for product in session.scalars(
            select(Product).where(Product.id.in_({line.product_id for line in order.lines}))
        )
    }
    revenue: dict[Account, int] = {}
    for line, net in zip(order.lines, totals.net_by_line(order, order.lines), strict=True):
        account = _REVENUE[products[line.product_id].kind]
        revenue[account] = revenue.get(account, 0) + net
    sums = totals.of_order(order)
    bills.recognise(
        session, actor, bill, revenue=revenue, tax_minor=sums.tax.minor, taxes=sums.taxes
    )

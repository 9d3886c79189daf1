"""What must always hold of returns and exchanges."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.payments import bills
from app.payments.models import Account, JournalEntry, Posting
from app.sales import orders
from app.sales.models import Order, OrderLine, UnitSale
from app.sales.return_models import Return, ReturnLine


def breaches(session: Session) -> Iterator[str]:
    yield from _credits_are_booked(session)
    yield from _no_more_than_sold(session)
    yield from _robots_came_back(session)
    yield from _nothing_is_between_sales(session)


def _credits_are_booked(session: Session) -> Iterator[str]:
    """What an order's returns say was credited is what the journal took back."""
    said = {
        order: int(minor)
        for order, minor in session.execute(
            select(Order, func.sum(Return.credited_minor))
            .join(Return, Return.order_id == Order.id)
            .group_by(Order.id)
        )
    }
    for order, minor in said.items():
        bill = bills.by_reference(session, order.store_id, orders.reference(order))
        booked = bills.credited_of(session, [bill.id]).get(bill.id, 0) if bill else 0
        if booked != minor:
            yield f"returns: order {order.number}: credited {minor}, booked {booked}"


def _no_more_than_sold(session: Session) -> Iterator[str]:
    """Pieces that came back are counted on without a gap, of what the line really sold."""
    rows = session.execute(
        select(OrderLine.id, OrderLine.quantity, ReturnLine.sold, ReturnLine.earlier)
        .add_columns(ReturnLine.quantity)
        .join(ReturnLine, ReturnLine.order_line_id == OrderLine.id)
        .order_by(OrderLine.id, ReturnLine.earlier)
    )
    counted: dict[int, int] = {}
    for line_id, has, sold, earlier, quantity in rows:
        if sold != has or earlier != counted.get(line_id, 0):
            yield f"returns: line {line_id}: the pieces that came back are miscounted"
        counted[line_id] = earlier + quantity


def _robots_came_back(session: Session) -> Iterator[str]:
    still_sold = session.execute(
        select(Order.number, UnitSale.unit_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(ReturnLine, ReturnLine.order_line_id == OrderLine.id)
        .join(
            UnitSale,
            (UnitSale.order_id == Order.id) & (UnitSale.unit_id == OrderLine.unit_id),
        )
        .where(UnitSale.returned_at.is_(None))
    )
    for number, unit_id in still_sold:
        yield f"returns: order {number}: unit {unit_id} came back, but its sale goes on"


def _nothing_is_between_sales(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(JournalEntry.store_id, Posting.currency, func.sum(Posting.amount_minor))
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(Posting.account == Account.EXCHANGES)
        .group_by(JournalEntry.store_id, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
    )
    for store_id, currency, minor in rows:
        yield f"returns: store {store_id}: {minor} {currency} got lost between two sales"

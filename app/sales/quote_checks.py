"""What must always hold of quotes, deposits and pre-orders."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.kernel.tax import sums_by_category
from app.payments import issuing, standing
from app.payments.models import Bill, IssuedDocument
from app.payments.standing import UNCOVERED
from app.sales import orders
from app.sales.models import Order, OrderLine
from app.sales.quote_models import OrderDeposit, PreOrder, Quote, QuoteVersion


def breaches(session: Session) -> Iterator[str]:
    yield from _versions_are_their_documents(session)
    yield from _accepted_has_an_order(session)
    yield from _cancelled_keep_their_fee(session)
    yield from _turns(session)


def _versions_are_their_documents(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Quote, QuoteVersion, IssuedDocument)
        .join(QuoteVersion, QuoteVersion.quote_id == Quote.id)
        .join(IssuedDocument, IssuedDocument.id == QuoteVersion.document_id)
        .options(selectinload(QuoteVersion.lines))
        .execution_options(yield_per=200)
    )
    for quote, version, document in rows:
        amounts = [
            (line.amount_minor, line.tax_rate_bp, line.tax_category) for line in version.lines
        ]
        gross = sum(tax.gross for tax in sums_by_category(amounts, quote.price_mode))
        name = f"sales: quote {quote.number}, version {version.version}"
        if issuing.content_of(document).totals.gross.minor != gross:
            yield f"{name} is not what its document says"
        if version.deposit_minor > gross:
            yield f"{name} asks for a deposit above its total"


def _accepted_has_an_order(session: Session) -> Iterator[str]:
    accepted = set(
        session.scalars(select(QuoteVersion.quote_id).where(QuoteVersion.accepted_at.is_not(None)))
    )
    for quote in session.scalars(select(Quote)):
        if (quote.order_id is not None) != (quote.id in accepted):
            yield f"sales: quote {quote.number} was accepted without an order, or the other way"


def _cancelled_keep_their_fee(session: Session) -> Iterator[str]:
    """The bill of a cancelled order is over what was kept of its deposit, and owes nothing."""
    cancelled = session.scalars(
        select(Order).where(Order.cancelled_at.is_not(None), Order.placed_at.is_not(None))
    ).all()
    kept_of = {
        deposit.order_id: deposit.kept_minor
        for deposit in session.scalars(select(OrderDeposit).where(OrderDeposit.kept_minor > 0))
    }
    bills = {(bill.store_id, bill.reference): bill for bill in session.scalars(select(Bill))}
    covers = standing.covers_of(session, [bill.id for bill in bills.values()])
    for order in cancelled:
        bill = bills.get((order.store_id, orders.reference(order)))
        if bill is None:
            continue
        cover = covers.get(bill.id, UNCOVERED)
        kept = kept_of.get(order.id, 0)
        if cover.paid and bill.total_minor != kept:
            yield f"sales: cancelled order {order.number} keeps {bill.total_minor}, not {kept}"
        if cover.paid < kept:
            yield f"sales: cancelled order {order.number} keeps {kept} of {cover.paid}"


def _turns(session: Session) -> Iterator[str]:
    """A robot that was given to a place in the queue is on that order's line, for its model."""
    rows = session.execute(
        select(PreOrder, OrderLine.unit_id)
        .join(OrderLine, OrderLine.id == PreOrder.order_line_id)
        .where(PreOrder.ended_at.is_(None))
    )
    for row, unit_id in rows:
        if row.unit_id != unit_id:
            yield f"sales: pre-order {row.id} was given unit {row.unit_id}, its line has {unit_id}"
    over = session.execute(
        select(PreOrder.id, Order.number)
        .join(Order, Order.id == PreOrder.order_id)
        .where(
            PreOrder.ended_at.is_(None),
            Order.cancelled_at.is_not(None) | Order.settled_at.is_not(None),
        )
    )
    for row_id, number in over:
        yield f"sales: pre-order {row_id} waits for order {number}, which is over"

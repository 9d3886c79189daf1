"""All that can be said of one order; a fixed number of statements, however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.money import Money
from app.payments import bills, issuing, standing
from app.payments.models import IssuedDocument, PaymentAttempt
from app.payments.standing import UNCOVERED
from app.sales import cart, handovers, orders, orderstatus, totals
from app.sales.cart import LineView
from app.sales.models import Handover, Order, Product
from app.sales.orderstatus import OrderStatus
from app.sales.totals import Totals


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """`codes` are product codes by product id; `paid` and `credited` are by the journal: what came
    less what went back, and what was taken back of the sale.
    """

    order: Order
    status: OrderStatus
    customer: Customer | None
    lines: Sequence[LineView]
    codes: dict[int, str]
    totals: Totals
    paid: Money
    credited: Money
    due: Money
    attempts: Sequence[PaymentAttempt]
    documents: Sequence[IssuedDocument]
    handover: Handover | None


def of_order(session: Session, order: Order) -> OrderSummary:
    """The order with everything around it, as the journal and its papers say."""
    bill = bills.by_reference(session, order.store_id, orders.reference(order))
    sums = totals.of_order(order)
    covers = standing.covers_of(session, [bill.id]) if bill else {}
    cover = covers.get(bill.id, UNCOVERED) if bill else UNCOVERED
    handover = handovers.done(session, order)
    returned = orders.returned_of(session, [order.id])
    return OrderSummary(
        order=order,
        status=orderstatus.derive(
            order,
            bill=bill,
            cover=cover,
            handed_over=handover is not None,
            returned=returned,
        ),
        customer=session.get(Customer, order.customer_id) if order.customer_id else None,
        lines=cart.lines(order),
        codes=_codes(session, order),
        totals=sums,
        paid=sums.money(cover.paid),
        credited=sums.money(cover.credited),
        due=sums.money(max(sums.gross.minor - cover.paid - cover.credited, 0)),
        attempts=bills.attempts_of(session, bill) if bill else [],
        documents=issuing.documents_of(session, order.store_id, orders.reference(order)),
        handover=handover,
    )


def _codes(session: Session, order: Order) -> dict[int, str]:
    ids = {line.product_id for line in order.lines}
    rows = session.execute(select(Product.id, Product.code).where(Product.id.in_(ids)))
    return {row.id: row.code for row in rows}

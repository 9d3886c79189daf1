"""What must always hold of robots taken in trade: one line per breach."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.payments.models import Bill, PaymentAttempt, Tender
from app.robots.life_models import Transfer
from app.sales import orders, tradein
from app.sales.models import Order, OrderLine
from app.sales.tradein_models import TradeIn


def breaches(session: Session) -> Iterator[str]:
    yield from _taken(session)
    yield from _payments(session)
    yield from _margins(session)


def _taken(session: Session) -> Iterator[str]:
    """A robot was taken over at the price that was offered, and pays for a sale of its owner."""
    rows = session.execute(
        select(TradeIn, Transfer, PaymentAttempt, Bill, Order)
        .join(Transfer, Transfer.id == TradeIn.transfer_id)
        .outerjoin(PaymentAttempt, PaymentAttempt.id == TradeIn.attempt_id)
        .outerjoin(Bill, Bill.id == PaymentAttempt.bill_id)
        .outerjoin(Order, Order.id == TradeIn.order_id)
    )
    for row in rows:
        yield from _problems(*row)


def _problems(
    trade_in: TradeIn,
    transfer: Transfer,
    attempt: PaymentAttempt | None,
    bill: Bill | None,
    order: Order | None,
) -> Iterator[str]:
    name = f"trade-in: {tradein.label(trade_in)}"
    if (transfer.unit_id, transfer.price_minor, transfer.from_customer_id) != (
        trade_in.unit_id,
        trade_in.offer_minor,
        trade_in.customer_id,
    ):
        yield f"{name} is not what its change of hands says"
    if attempt is not None and attempt.amount_minor != trade_in.settled_minor:
        yield f"{name} pays {attempt.amount_minor}, but settled {trade_in.settled_minor}"
    if bill is not None and (order is None or bill.reference != orders.reference(order)):
        yield f"{name} pays another bill than its sale's"
    if order is not None and order.customer_id != trade_in.customer_id:
        yield f"{name} pays for somebody else's sale"


def _payments(session: Session) -> Iterator[str]:
    """No payment by a robot without the robot."""
    strays = session.scalars(
        select(PaymentAttempt.id)
        .outerjoin(TradeIn, TradeIn.attempt_id == PaymentAttempt.id)
        .where(PaymentAttempt.tender == Tender.TRADE_IN, TradeIn.id.is_(None))
    )
    for attempt_id in strays:
        yield f"trade-in: payment {attempt_id} names no robot that was taken in"


def _margins(session: Session) -> Iterator[str]:
    """What is taxed on its margin was bought here without tax, at the price that counts."""
    lines = session.scalars(
        select(OrderLine).where(
            OrderLine.margin_cost_minor.is_not(None), OrderLine.unit_id.is_not(None)
        )
    ).all()
    unit_ids = {line.unit_id for line in lines}
    bought = {
        (unit_id, minor)
        for unit_id, minor in session.execute(
            select(TradeIn.unit_id, TradeIn.offer_minor).where(
                TradeIn.unit_id.in_(unit_ids), TradeIn.is_tax_free
            )
        )
    }
    for line in lines:
        if (line.unit_id, line.margin_cost_minor) not in bought:
            yield f"trade-in: line {line.id} is taxed on a margin over a price nobody paid"

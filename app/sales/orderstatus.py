"""What an order has become: derived from its journal, its handover and what came back."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.text import Text, msg
from app.payments import standing
from app.payments.models import Bill
from app.payments.standing import UNCOVERED, Cover, Standing
from app.sales import orders
from app.sales.models import Handover, Order


class OrderStatus(StrEnum):
    """Derived from journal and handover, never set."""

    OPEN = "open"
    PARKED = "parked"
    PART_PAID = "part_paid"
    PAID = "paid"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    PART_RETURNED = "part_returned"
    RETURNED = "returned"
    CANCELLED = "cancelled"


STATUS_LABELS: dict[OrderStatus, Text] = {
    OrderStatus.OPEN: msg("Open"),
    OrderStatus.PARKED: msg("Parked"),
    OrderStatus.PART_PAID: msg("Part paid"),
    OrderStatus.PAID: msg("Paid"),
    OrderStatus.HANDED_OVER: msg("Handed over"),
    OrderStatus.CLOSED: msg("Closed"),
    OrderStatus.PART_RETURNED: msg("Part returned"),
    OrderStatus.RETURNED: msg("Returned"),
    OrderStatus.CANCELLED: msg("Cancelled"),
}


def of(session: Session, order: Order, *, stands: Standing | None = None) -> OrderStatus:
    """What the order has become, by the journal, the handover and what came back; `stands` is how
    its bill stands, where that is known.
    """
    bill = orders.bill_of(session, order)
    handed_over = session.scalar(select(Handover.id).where(Handover.order_id == order.id))
    return derive(
        order,
        bill=bill,
        cover=(stands or standing.of(session, bill)).cover if bill else UNCOVERED,
        handed_over=handed_over is not None,
        returned=orders.returned_of(session, [order.id]),
    )


def derive(
    order: Order,
    *,
    bill: Bill | None,
    cover: Cover,
    handed_over: bool,
    returned: Mapping[int, int],
) -> OrderStatus:
    """The rule behind `status`, on facts already at hand (lists ask for many at once).

    `returned` is how many pieces came back, by line. A robot that still waits for its owner goes
    before an accessory that came back.
    """
    if order.cancelled_at is not None:
        return OrderStatus.CANCELLED
    if bill is not None and order.placed_at is not None and cover.all >= bill.total_minor:
        return _of_covered(order, handed_over=handed_over, returned=returned)
    if cover.paid > 0:
        return OrderStatus.PART_PAID
    return OrderStatus.OPEN if order.parked_at is None else OrderStatus.PARKED


def _of_covered(order: Order, *, handed_over: bool, returned: Mapping[int, int]) -> OrderStatus:
    left = [line for line in order.lines if returned.get(line.id, 0) < line.quantity]
    if not left:
        return OrderStatus.RETURNED
    waits = order.settled_at is None or any(line.unit_id is not None for line in left)
    if not handed_over and waits:
        return OrderStatus.PAID
    if any(line.id in returned for line in order.lines):
        return OrderStatus.PART_RETURNED
    return OrderStatus.HANDED_OVER if handed_over else OrderStatus.CLOSED

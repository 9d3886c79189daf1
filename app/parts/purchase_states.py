"""The life of a purchase order, derived from its times and its lines."""

from collections.abc import Iterable
from enum import StrEnum

from app.kernel.states import Moves
from app.kernel.text import Text, msg
from app.parts.buying_models import PurchaseLine, PurchaseOrder


class OrderState(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    PARTLY = "partly"
    RECEIVED = "received"
    CANCELLED = "cancelled"


ORDER_LABELS: dict[OrderState, Text] = {
    OrderState.DRAFT: msg("Draft"),
    OrderState.SENT: msg("Sent"),
    OrderState.PARTLY: msg("Partly received"),
    OrderState.RECEIVED: msg("Received"),
    OrderState.CANCELLED: msg("Cancelled"),
}
ORDER_TONES: dict[OrderState, str] = {
    OrderState.DRAFT: "",
    OrderState.SENT: "info",
    OrderState.PARTLY: "warn",
    OrderState.RECEIVED: "ok",
    OrderState.CANCELLED: "",
}

# Of an order that came in part only the rest can be closed; then it is received. What was booked
# by mistake and undone is awaited again.
ORDER_MOVES = Moves(
    {
        OrderState.DRAFT: frozenset({OrderState.SENT, OrderState.CANCELLED}),
        OrderState.SENT: frozenset({OrderState.PARTLY, OrderState.RECEIVED, OrderState.CANCELLED}),
        OrderState.PARTLY: frozenset({OrderState.RECEIVED, OrderState.SENT}),
        OrderState.RECEIVED: frozenset({OrderState.PARTLY, OrderState.SENT}),
    },
    labels=ORDER_LABELS,
)


def state_of(order: PurchaseOrder, lines: Iterable[PurchaseLine]) -> OrderState:
    if order.cancelled_at is not None:
        return OrderState.CANCELLED
    if order.sent_at is None:
        return OrderState.DRAFT
    if order.closed_at is not None:
        return OrderState.RECEIVED
    if any(line.accepted or line.rejected or line.closed_at for line in lines):
        return OrderState.PARTLY
    return OrderState.SENT

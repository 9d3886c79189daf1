"""What the counter announces."""

from dataclasses import dataclass

from app.kernel.actor import Actor
from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """The units of an order went to their owner."""

    order_id: int
    unit_ids: tuple[int, ...]
    customer_id: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class TakenBack(Event):
    """Things of a sale came back, and were credited."""

    order_id: int
    return_id: int
    store_id: int
    actor: Actor

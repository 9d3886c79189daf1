"""What parts announce to whoever waits for them, in the same transaction."""

from dataclasses import dataclass

from app.kernel.actor import Actor
from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PartsArrived(Event):
    """Pieces of a part came onto the shelf; `reference` is the purchase order or what else."""

    actor: Actor
    store_id: int
    part_id: int
    quantity: int
    reference: str


@dataclass(frozen=True, slots=True)
class MovementReversed(Event):
    """A line of the ledger was undone by its opposite."""

    actor: Actor
    store_id: int
    movement_id: int

"""What robots announce to the floors above, in the same transaction."""

from dataclasses import dataclass

from app.kernel.events import Event
from app.robots.states import UnitState


@dataclass(frozen=True, slots=True)
class UnitReceived(Event):
    """A robot stands in the store for the first time."""

    store_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class UnitMoved(Event):
    """A robot's state has changed."""

    store_id: int
    unit_id: int
    before: UnitState
    after: UnitState

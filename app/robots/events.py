"""What robots announce to the floors above, in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.actor import Actor
from app.kernel.events import Event
from app.kernel.money import Money
from app.robots.slot_models import Counter, VersionOf
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


@dataclass(frozen=True, slots=True)
class BoughtBack(Event):
    """The store owns again what it or somebody else had sold; the old sale is over at `at`.

    `reference` names the act that pays for it (`trade_in:12`); empty: the price is paid by bank.
    """

    actor: Actor
    store_id: int
    unit_id: int
    customer_id: int
    price: Money
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ComponentFitted(Event):
    """Something sits in a slot of a robot since `at`: a component, or a part by number and lot.

    Not announced for what a robot brings with it when it is received.
    """

    actor: Actor
    store_id: int
    unit_id: int
    slot_id: int
    slot_path: str
    occupant_id: int
    component_id: int | None
    part_number: str
    lot: str
    at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class ComponentRemoved(Event):
    """Something is no longer in a slot since `at`; fields as above."""

    actor: Actor
    store_id: int
    unit_id: int
    slot_id: int
    slot_path: str
    occupant_id: int
    component_id: int | None
    part_number: str
    lot: str
    at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class ComponentCorrected(Event):
    """Another part number or lot is on record of a component; it may sit in a robot."""

    actor: Actor
    store_id: int
    component_id: int


@dataclass(frozen=True, slots=True)
class ComponentLeft(Event):
    """A component in no robot is another store's now."""

    actor: Actor
    store_id: int
    to_store_id: int
    component_id: int


@dataclass(frozen=True, slots=True)
class FirmwareChanged(Event):
    """Another version runs in a robot, or in a component: then `unit_id` is where that sits."""

    actor: Actor
    store_id: int
    unit_id: int | None
    component_id: int | None
    part: VersionOf
    before: str
    after: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CounterRead(Event):
    """A counter was read. `before` and `after` are totals over all of its meters."""

    actor: Actor
    store_id: int
    unit_id: int
    counter: Counter
    before: int | None
    after: int
    at: datetime


@dataclass(frozen=True, slots=True)
class UnitShaken(Event):
    """Somebody says that a robot was carried about (`shipped`), or else that it fell."""

    actor: Actor
    store_id: int
    unit_id: int
    shipped: bool
    at: datetime

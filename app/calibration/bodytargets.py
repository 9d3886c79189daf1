"""Where in a robot's body a measured target is, and what a change there reaches.

A target names a joint, a frame, a slot, or the robot as a whole. One that the body does not know
is reached by every change: what nobody can place is never taken for untouched.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration.validity_models import Reach
from app.kernel.searchkeys import folded
from app.kernel.text import Text, msg
from app.robots import bodies
from app.robots.bodyplan import place_of
from app.robots.models import Unit
from app.robots.slot_models import Slot
from app.robots.slotnames import name_of

ROBOT = "robot"


@dataclass(frozen=True)
class Body:
    """The slots of a robot and which of them a target is at."""

    slots: tuple[Slot, ...]
    _at: dict[str, list[Slot]] = field(init=False, default_factory=lambda: defaultdict(list))
    _by_id: dict[int, Slot] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for slot in self.slots:
            self._by_id[slot.id] = slot
            for target in targets_of(slot):
                self._at[target].append(slot)

    def at(self, target: str) -> list[Slot]:
        """The slots that a target is at; none for the robot as a whole and for unknown places."""
        return self._at.get(_key(target), [])

    def is_reached(self, target: str, reach: Reach, slot: Slot | None) -> bool:
        """Whether a change in `slot`, or of the whole robot without one, touches a target."""
        if slot is None or reach is Reach.ROBOT:
            return True
        if target == ROBOT:
            return reach is Reach.DESCENDANTS
        places = self.at(target)
        if not places:
            return True
        if reach is Reach.TARGET:
            return any(place.id == slot.id for place in places)
        return any(self._hangs_below(place, slot) for place in places)

    def _hangs_below(self, place: Slot, slot: Slot) -> bool:
        current: Slot | None = place
        while current is not None:
            if current.id == slot.id:
                return True
            current = self._by_id.get(current.parent_id) if current.parent_id else None
        return False


def body_of(session: Session, unit: Unit, slot: Slot | None = None) -> Body:
    """The body that a robot follows; with a slot, the one that this slot is of."""
    plan_id = slot.plan_id if slot is not None else None
    if plan_id is None:
        plan = bodies.plan_of(session, unit)
        plan_id = plan.id if plan is not None else None
    if plan_id is None:
        return Body(())
    rows = session.scalars(select(Slot).where(Slot.plan_id == plan_id).order_by(Slot.place))
    return Body(tuple(rows))


def targets_of(slot: Slot) -> Iterable[str]:
    """Every name by which a procedure may mean a slot."""
    yield _key(f"slot:{slot.path}")
    if slot.joint_name:
        yield _key(f"joint:{slot.joint_name}")
    elif slot.slot_class == "actuator":
        # added by people, without a description: the joint is called after its place
        yield _key(f"joint:{slot.path.rpartition('.')[0]}_joint")
    if slot.link_name:
        yield _key(f"frame:{slot.link_name}")


def _key(target: str) -> str:
    return folded(target)


def named(target: str) -> Text:
    """A target in words: `joint:left_knee_joint` is the left knee."""
    kind, _, name = target.partition(":")
    if not name:
        return msg("the whole robot") if target == ROBOT else Text("{target}", {"target": target})
    return name_of(name) if kind == "slot" else name_of(f"{place_of(name)}.x")

"""What is inside a robot: now, on any day before, and as it was built."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from app.kernel import clock
from app.kernel.text import Text, msg
from app.robots import bodies, usage
from app.robots.bodyplan import Side, Vector
from app.robots.models import Unit, UnitComponent
from app.robots.slot_models import BodyPlan, Control, Occupant, Slot
from app.robots.slotnames import name_of, position_key


class Change(StrEnum):
    """What a slot holds, compared with what it was built with."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    SAME = "same"
    EMPTY = "empty"


CHANGE_LABELS: dict[Change, Text] = {
    Change.CHANGED: msg("Changed"),
    Change.MISSING: msg("Taken out"),
    Change.ADDED: msg("Added"),
    Change.SAME: msg("As built"),
    Change.EMPTY: msg("Not on record"),
}
CHANGE_TONES: dict[Change, str] = {
    Change.CHANGED: "info",
    Change.MISSING: "bad",
    Change.ADDED: "info",
    Change.SAME: "ok",
    Change.EMPTY: "",
}
_CHANGED_FIRST = list(Change)


@dataclass(frozen=True, slots=True)
class Place:
    """A slot with what is in it and what it was built with; `run_s` are seconds since fitting."""

    slot: Slot
    parent_path: str | None
    now: Occupant | None
    built: Occupant | None
    run_s: int | None = None

    @property
    def path(self) -> str:
        return self.slot.path

    @property
    def slot_class(self) -> str:
        return str(self.slot.slot_class)

    @property
    def side(self) -> Side:
        return self.slot.side

    @property
    def position_m(self) -> Vector | None:
        slot = self.slot
        if slot.x_um is None or slot.y_um is None or slot.z_um is None:
            return None
        return (slot.x_um / 1e6, slot.y_um / 1e6, slot.z_um / 1e6)

    @property
    def name(self) -> Text:
        return name_of(self.slot.path)

    @property
    def change(self) -> Change:
        if self.now is None:
            return Change.EMPTY if self.built is None else Change.MISSING
        if self.built is None:
            return Change.ADDED
        return Change.SAME if _is_same(self.now, self.built) else Change.CHANGED


@dataclass(frozen=True)
class Inside:
    """A robot's slots, parents first; no plan: its model has no slots yet. `at` None is now."""

    plan: BodyPlan | None
    at: datetime | None
    places: tuple[Place, ...]

    @cached_property
    def changed_first(self) -> list[Place]:
        """What differs from how it was built comes before the rest."""
        return sorted(self.places, key=lambda place: _CHANGED_FIRST.index(place.change))

    @property
    def differing(self) -> list[Place]:
        different = {Change.CHANGED, Change.MISSING, Change.ADDED}
        return [place for place in self.changed_first if place.change in different]

    @property
    def wanted(self) -> int:
        """Slots whose occupant should be known."""
        return sum(place.slot.control is not Control.NONE for place in self.places)

    @property
    def known(self) -> int:
        return sum(
            place.slot.control is not Control.NONE and place.now is not None
            for place in self.places
        )

    @property
    def completeness_bp(self) -> int | None:
        """Known of wanted in basis points, rounded down: 100 % is only said of all."""
        return self.known * 10_000 // self.wanted if self.wanted else None


def view(session: Session, unit: Unit, *, at: datetime | None = None) -> Inside:
    """What was inside at a moment, or is now: five statements, however many slots."""
    plan = bodies.plan_of(session, unit)
    if plan is None:
        return Inside(None, at, ())
    slots = session.scalars(
        select(Slot).where(Slot.plan_id == plan.id).order_by(Slot.place, Slot.id)
    ).all()
    present = _in_force(at)
    rows = session.scalars(
        select(Occupant)
        .where(Occupant.unit_id == unit.id, or_(present, Occupant.as_built))
        .options(joinedload(Occupant.component))
    ).all()
    run = usage.hours_of_stays(session, Occupant.unit_id == unit.id, present, at=at or clock.now())
    built = {row.slot_id: row for row in rows if row.as_built}
    now = {row.slot_id: row for row in rows if _is_in_force(row, at)}
    paths = {slot.id: slot.path for slot in slots}
    return Inside(
        plan,
        at,
        tuple(
            Place(
                slot=slot,
                parent_path=paths.get(slot.parent_id) if slot.parent_id else None,
                now=now.get(slot.id),
                built=built.get(slot.id),
                run_s=run.get(now[slot.id].id) if slot.id in now else None,
            )
            for slot in slots
        ),
    )


def stays_in(session: Session, unit: Unit, slot: Slot) -> list[Occupant]:
    """Everything that has been in a slot of a robot, the present or last one first."""
    return list(
        session.scalars(
            select(Occupant)
            .where(Occupant.unit_id == unit.id, Occupant.slot_id == slot.id)
            .order_by(Occupant.since.desc(), Occupant.id.desc())
            .options(joinedload(Occupant.component))
        )
    )


def only_on_note(inside: Inside, noted: Sequence[UnitComponent]) -> list[UnitComponent]:
    """What the delivery note names that is no slot's first occupant: to be looked at."""
    built = {
        position_key(word)
        for place in inside.places
        if place.built is not None and place.built.component is not None
        for word in (place.path, place.path.rpartition(".")[0])
    }
    return [row for row in noted if position_key(row.position) not in built]


def _in_force(at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return Occupant.until.is_(None)
    return (Occupant.since <= at) & or_(Occupant.until.is_(None), Occupant.until > at)


def _is_in_force(row: Occupant, at: datetime | None) -> bool:
    if at is None:
        return row.until is None
    return row.since <= at and (row.until is None or row.until > at)


def _is_same(one: Occupant, other: Occupant) -> bool:
    """The very component; of parts without serial, the same part and lot."""
    if one.component_id is not None or other.component_id is not None:
        return one.component_id == other.component_id
    return (one.part_key, one.lot_key) == (other.part_key, other.lot_key)

"""What people decide about a model's slots: what may sit there, and slots that no file names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots import bodies
from app.robots.bodyplan import Side, SlotClass
from app.robots.components import read_part_number
from app.robots.plans import forget
from app.robots.slot_models import BodyPlan, Component, Control, Occupant, Slot, SlotPart
from app.robots.slotnames import CLASS_LABELS, read_path

_MOST_PARTS = 50


@dataclass(frozen=True, slots=True)
class SlotChange:
    """What people decide about a slot: its class, what must be known, which parts may sit there."""

    slot_class: SlotClass
    control: Control
    part_numbers: tuple[str, ...] = ()


def slot_by_id(session: Session, slot_id: int) -> Slot:
    """A slot with its parts."""
    found = session.scalar(select(Slot).where(Slot.id == slot_id).options(selectinload(Slot.parts)))
    if found is None:
        raise NotFound(msg("There is no such slot."), field="slot")
    return found


def change_slot(session: Session, actor: Actor, slot: Slot, change: SlotChange) -> None:
    """Decide what may sit in a slot; its parts must be loaded.

    Raises Conflict when components of another class sit there now.
    """
    actor.require("robots.edit")
    parts = _read_parts(change.part_numbers)
    if change.slot_class is not slot.slot_class:
        _check_class(session, slot, change.slot_class)
    before = decided(slot)
    slot.slot_class, slot.control = change.slot_class, change.control
    _allow(session, slot, parts)
    plan = bodies.plan_by_id(session, slot.plan_id)
    audit.record(
        session,
        actor,
        "slot.changed",
        subject=f"robot_model:{plan.model.code}",
        before={"slot": slot.path, "revision": plan.revision, **before},
        after=decided(slot),
    )


def add_slot(
    session: Session,
    actor: Actor,
    plan: BodyPlan,
    *,
    path: str,
    side: Side,
    parent_path: str,
    change: SlotChange,
) -> Slot:
    """A slot that no description names: a battery, a board, a cable set."""
    actor.require("robots.edit")
    known = {slot.path: slot for slot in bodies.slots_of(session, [plan.id])}
    wanted = read_path(path)
    if wanted in known:
        raise Conflict(msg("There is a slot {path} already.", path=wanted), field="path")
    parent = known.get(search_key(parent_path))
    if clean(parent_path) and parent is None:
        raise NotFound(msg("There is no such slot."), field="parent")
    parts = _read_parts(change.part_numbers)
    last = session.scalar(select(func.max(Slot.place)).where(Slot.plan_id == plan.id))
    slot = Slot(
        plan_id=plan.id,
        place=-1 if last is None else last,
        path=wanted,
        slot_class=change.slot_class,
        side=side,
        control=change.control,
        parent_id=parent.id if parent else None,
    )
    slot.place += 1
    slot.parts = []
    session.add(slot)
    session.flush()
    _allow(session, slot, parts)
    audit.record(
        session,
        actor,
        "slot.added",
        subject=f"robot_model:{bodies.plan_by_id(session, plan.id).model.code}",
        after={"slot": wanted, "revision": plan.revision, **decided(slot)},
    )
    return slot


def drop_slot(session: Session, actor: Actor, slot: Slot) -> None:
    """Take a slot away in which nothing was ever fitted; raises Conflict otherwise."""
    actor.require("robots.edit")
    plan = bodies.plan_by_id(session, slot.plan_id)
    forget(session, [slot])
    audit.record(
        session,
        actor,
        "slot.dropped",
        subject=f"robot_model:{plan.model.code}",
        before={"slot": slot.path, "revision": plan.revision},
    )


def decided(slot: Slot) -> dict[str, object]:
    """What people decided about a slot, as the audit keeps it; its parts must be loaded."""
    return {
        "class": slot.slot_class,
        "control": slot.control,
        "parts": sorted(part.part_number for part in slot.parts),
    }


def _read_parts(numbers: Iterable[str]) -> Mapping[str, str]:
    """Part numbers by key; raises Refused for what is none, or for too many."""
    read: dict[str, str] = {}
    for number in numbers:
        read.setdefault(search_key(number), read_part_number(number, field="parts"))
    read.pop("", None)
    if len(read) > _MOST_PARTS:
        raise Refused(
            msg("A slot takes at most {most} part numbers.", most=_MOST_PARTS), field="parts"
        )
    return read


def _allow(session: Session, slot: Slot, parts: Mapping[str, str]) -> None:
    for part in [part for part in slot.parts if part.part_key not in parts]:
        slot.parts.remove(part)
        session.delete(part)
    standing = {part.part_key for part in slot.parts}
    slot.parts += [
        SlotPart(slot_id=slot.id, part_number=number, part_key=key)
        for key, number in parts.items()
        if key not in standing
    ]
    session.flush()


def _check_class(session: Session, slot: Slot, wanted: SlotClass) -> None:
    others = session.scalar(
        select(func.count())
        .select_from(Occupant)
        .join(Component, Component.id == Occupant.component_id)
        .where(
            Occupant.slot_id == slot.id,
            Occupant.until.is_(None),
            Component.slot_class != wanted,
        )
    )
    if others:
        raise Conflict(
            msg(
                "{count} robots have something else than “{wanted}” in {path} now.",
                count=others,
                wanted=CLASS_LABELS[wanted],
                path=slot.path,
            ),
            field="slot_class",
        )

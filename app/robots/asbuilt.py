"""As built: what a delivery note names inside a robot becomes the first occupant of its slots.

A position names a slot by its path or by its place alone (`left_knee` for `left_knee.actuator`),
if that is said of one slot only. What names none, or is in another robot, stays a line of the note.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.robots import addresses, bodies, timeline, whereabouts
from app.robots.components import Identity, in_series, new
from app.robots.models import Unit, UnitComponent, UnitEvent
from app.robots.slot_models import BodyPlan, Component, Occupant, Slot
from app.robots.slotnames import name_of, place_in, position_key

# Robots whose components are looked at together.
_AT_ONCE = 50
_Series = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Named:
    """A component that a note names in a slot of a robot."""

    unit: Unit
    slot: Slot
    identity: Identity
    key: _Series


def take_in(session: Session, actor: Actor, units: Sequence[Unit]) -> int:
    """Make occupants of what the delivery notes of these robots name; gives how many.

    Slots that something was ever fitted in are left alone. Ten statements for 50 robots.
    """
    slots: dict[int, Mapping[str, Slot]] = {}
    count = 0
    for start in range(0, len(units), _AT_ONCE):
        batch = units[start : start + _AT_ONCE]
        followed = bodies.plans_followed(session, batch)
        fresh = {plan.id for plan in followed.values()} - slots.keys()
        slots |= _slots_by_position(session, fresh)
        named = _named(session, [unit for unit in batch if unit.id in followed], followed, slots)
        count += _fit(session, actor, list(named))
    return count


def take_in_all(session: Session, actor: Actor, plan: BodyPlan) -> int:
    """The same for every robot that follows a plan which came later than the robot."""
    query = (
        select(Unit)
        .where(
            Unit.model_id == plan.model_id,
            Unit.received_at.is_not(None),
            select(UnitComponent.id).where(UnitComponent.unit_id == Unit.id).exists(),
        )
        .order_by(Unit.id)
        .limit(_AT_ONCE)
    )
    count, last_id = 0, 0
    while units := list(session.scalars(query.where(Unit.id > last_id))):
        last_id = units[-1].id
        followed = bodies.plans_followed(session, units)
        count += take_in(session, actor, [unit for unit in units if followed.get(unit.id) is plan])
    return count


def slots_by_position(slots: Iterable[Slot]) -> dict[str, Slot]:
    """Slots by what a note may call them: path, or place where that says only one."""
    listed = list(slots)
    places = Counter(place_in(slot.path) for slot in listed)
    by_place = {place_in(slot.path): slot for slot in listed if places[place_in(slot.path)] == 1}
    return by_place | {slot.path: slot for slot in listed}


def _slots_by_position(session: Session, plan_ids: set[int]) -> dict[int, Mapping[str, Slot]]:
    by_plan: dict[int, list[Slot]] = {plan_id: [] for plan_id in plan_ids}
    for slot in bodies.slots_of(session, plan_ids) if plan_ids else ():
        by_plan[slot.plan_id].append(slot)
    return {plan_id: slots_by_position(slots) for plan_id, slots in by_plan.items()}


def _named(
    session: Session,
    units: Sequence[Unit],
    followed: Mapping[int, BodyPlan],
    slots: Mapping[int, Mapping[str, Slot]],
) -> Iterator[_Named]:
    ids = [unit.id for unit in units]
    by_id = {unit.id: unit for unit in units}
    stays = session.execute(
        select(Occupant.unit_id, Occupant.slot_id).where(Occupant.unit_id.in_(ids))
    )
    used = {(row[0], row[1]) for row in stays}
    rows = session.scalars(
        select(UnitComponent).where(UnitComponent.unit_id.in_(ids)).order_by(UnitComponent.id)
    )
    for row in rows:
        unit = by_id[row.unit_id]
        slot = slots.get(followed[unit.id].id, {}).get(position_key(row.position))
        if slot is None or (unit.id, slot.id) in used:
            continue
        used.add((unit.id, slot.id))
        only = slot.parts[0].part_number if len(slot.parts) == 1 else ""
        identity = Identity(row.serial, slot.slot_class, only, maker_id=unit.maker_id)
        yield _Named(unit, slot, identity, (identity.series, row.serial_key))


def _fit(session: Session, actor: Actor, named: Sequence[_Named]) -> int:
    """Occupants of what is free; of the rest a line in the robot's timeline."""
    known = in_series(session, {one.key for one in named})
    busy = set(
        session.scalars(
            select(Occupant.component_id).where(
                Occupant.component_id.in_([component.id for component in known.values()])
            )
        )
    )
    # what lies on a shelf by the ledger is not inside: somebody fits it, looking at its label
    busy |= whereabouts.kept(session, [component.id for component in known.values()])
    fresh: dict[_Series, Component] = {}
    free: list[_Named] = []
    clashes: list[_Named] = []
    for one in named:
        component = known.get(one.key)
        if one.key in fresh or (
            component is not None
            and (component.id in busy or component.store_id != one.unit.store_id)
        ):
            clashes.append(one)
            continue
        if component is None:
            fresh[one.key] = new(one.unit.store_id, one.identity)
        else:
            busy.add(component.id)
        free.append(one)
    known |= _register(session, fresh)
    _insert(session, actor, [(one, known[one.key]) for one in free])
    _tell(session, actor, clashes)
    return len(free)


def _register(session: Session, fresh: Mapping[_Series, Component]) -> dict[_Series, Component]:
    """Many components in one statement, and their rows in another: SQLite tells no ids in bulk."""
    columns = [column.key for column in Component.__table__.columns if not column.primary_key]
    rows = [{name: getattr(one, name) for name in columns} for one in fresh.values()]
    if not rows:
        return {}
    session.execute(insert(Component), rows)
    return in_series(session, fresh.keys())


def _insert(session: Session, actor: Actor, free: Sequence[tuple[_Named, Component]]) -> None:
    now = clock.now()
    rows = [
        {
            "store_id": one.unit.store_id,
            "unit_id": one.unit.id,
            "slot_id": one.slot.id,
            "component_id": component.id,
            "part_number": "",
            "part_key": "",
            "lot": "",
            "lot_key": "",
            "firmware": component.firmware,
            "as_built": True,
            "since": one.unit.received_at or now,
            "reference": "",
            "reason": "",
            "fitted_by": actor.name,
            "removal_reference": "",
            "removal_reason": "",
            "removed_by": "",
        }
        for one, component in free
    ]
    if rows:
        session.execute(insert(Occupant), rows)


def _tell(session: Session, actor: Actor, clashes: Sequence[_Named]) -> None:
    rows = [
        {
            "unit_id": one.unit.id,
            **timeline.line_of(
                kind="part",
                summary=_clash(one),
                link=addresses.page_below(one.unit.serial, "parts"),
                actor_name=actor.name,
            ),
        }
        for one in clashes
    ]
    if rows:
        session.execute(insert(UnitEvent), rows)


def _clash(one: _Named) -> Text:
    return msg(
        "The delivery note names {serial} in {slot}, but it is on record elsewhere; "
        "look at its label.",
        serial=one.identity.serial,
        slot=name_of(one.slot.path),
    )

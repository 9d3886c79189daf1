"""Fitting parts into slots, taking them out, swapping them between two places.

Each is one transaction: both robots' passports change, or neither. Constraints and triggers are
the last guard: one occupant of a slot at a time, a component in one place at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.text import Text, msg
from app.robots import addresses, bodies, firmware, timeline
from app.robots.choosing import Lotted, Part, choose, require_fits
from app.robots.components import label_of, occupant_label, place_label
from app.robots.models import Unit
from app.robots.occupancy import Work, begin, end, latest
from app.robots.slot_models import Component, Occupant, Slot
from app.robots.slotnames import name_of
from app.robots.states import UnitState

UNSAID = Work()


@dataclass(frozen=True, slots=True)
class Place:
    """A slot of a robot."""

    unit: Unit
    path: str


def fit(
    session: Session, actor: Actor, unit: Unit, path: str, *, part: Part, work: Work = UNSAID
) -> Occupant:
    """Fit a part into an empty slot.

    Raises Conflict when the slot is taken or the component sits elsewhere, Refused when the part
    does not belong there.
    """
    actor.require("robots.fit")
    _require_here(unit, to_fit=True)
    slot = bodies.slot_called(session, unit, path)
    before = _latest_in(session, unit, slot)
    if before is not None and before.until is None:
        raise Conflict(
            msg(
                "{slot} of {serial} holds {what} since {since}. Take that out first.",
                slot=name_of(slot.path),
                serial=unit.serial,
                what=occupant_label(before),
                since=before.since,
            ),
            field="slot",
            link=addresses.page_below(unit.serial, "slots", slot.path),
        )
    chosen, freed = _free_part(session, actor, unit, slot, part)
    at = work.moment(not_before=_later(before.until if before is not None else None, freed))
    fitted = _put(session, actor, unit, slot, chosen, part=part, work=work, at=at)
    told = msg("Fitted, {slot}: {what}", slot=name_of(slot.path), what=occupant_label(fitted))
    _tell(session, actor, unit, told, work, about=fitted)
    return fitted


def remove(
    session: Session,
    actor: Actor,
    unit: Unit,
    path: str,
    *,
    work: Work = UNSAID,
    expected: int | None = None,
) -> Occupant:
    """Take out what sits in a slot. `expected` is the occupant that was meant.

    Raises Conflict when the slot is empty or holds something else by now, Refused for a moment
    before it was fitted.
    """
    actor.require("robots.fit")
    _require_here(unit, to_fit=False)
    slot = bodies.slot_called(session, unit, path)
    taken = _required(session, unit, slot, expected)
    end(session, actor, unit, taken, work=work, at=work.moment(not_before=taken.since))
    told = msg("Taken out, {slot}: {what}", slot=name_of(slot.path), what=occupant_label(taken))
    _tell(session, actor, unit, told, work, about=taken)
    return taken


def replace(
    session: Session,
    actor: Actor,
    unit: Unit,
    path: str,
    *,
    part: Part,
    work: Work = UNSAID,
    expected: int | None = None,
) -> Occupant:
    """Take out what sits in a slot and fit another part at the same moment."""
    actor.require("robots.fit")
    _require_here(unit, to_fit=True)
    slot = bodies.slot_called(session, unit, path)
    taken = _required(session, unit, slot, expected)
    chosen, freed = _free_part(session, actor, unit, slot, part)
    at = work.moment(not_before=_later(taken.since, freed))
    end(session, actor, unit, taken, work=work, at=at)
    fitted = _put(session, actor, unit, slot, chosen, part=part, work=work, at=at)
    told = msg(
        "Part swapped, {slot}: {old} → {new}",
        slot=name_of(slot.path),
        old=occupant_label(taken),
        new=occupant_label(fitted),
    )
    _tell(session, actor, unit, told, work, about=fitted)
    return fitted


def swap(session: Session, actor: Actor, one: Place, other: Place, *, work: Work = UNSAID) -> None:
    """What sits in one place goes to the other and back, of one robot or of two; one may be empty.

    Raises Refused when a part does not belong in its new place, Conflict when both are empty.
    """
    actor.require("robots.fit")
    places = [
        (place.unit, bodies.slot_called(session, place.unit, place.path)) for place in (one, other)
    ]
    if places[0][0].id == places[1][0].id and places[0][1].id == places[1][1].id:
        raise Refused(msg("A swap is between two places."), field="other_slot")
    last = [_latest_in(session, unit, slot) for unit, slot in places]
    taken = [stay if stay is not None and stay.until is None else None for stay in last]
    if taken == [None, None]:
        raise Conflict(msg("Both places are empty."), field="other_slot")
    coming = list(reversed(taken))
    for (unit, slot), comes in zip(places, coming, strict=True):
        _require_here(unit, to_fit=comes is not None)
        if comes is not None:
            require_fits(session, unit, slot, _again(comes))
    at = work.moment(not_before=_free_from(last))
    for (unit, _), stay in zip(places, taken, strict=True):
        if stay is not None:
            end(session, actor, unit, stay, work=work, at=at)
    for (unit, slot), comes in zip(places, coming, strict=True):
        if comes is not None:
            version = comes.component.firmware if comes.component else comes.firmware
            begin(session, actor, unit, slot, _again(comes), work=work, at=at, firmware=version)
    _tell_swap(session, actor, places, taken, work)


_Places = Sequence[tuple[Unit, Slot]]
_Taken = Sequence[Occupant | None]


def _free_from(last: _Taken) -> datetime:
    """The first moment at which what sits in both places could change."""
    return max(stay.until or stay.since for stay in last if stay is not None)


def _tell_swap(session: Session, actor: Actor, places: _Places, taken: _Taken, work: Work) -> None:
    for here, there in ((0, 1), (1, 0)):
        unit, slot = places[here]
        other_unit, other_slot = places[there]
        goes, comes = taken[here], taken[there]
        told = msg(
            "Swapped with {serial}, {other}; {slot}: {old} → {new}",
            serial=other_unit.serial,
            other=name_of(other_slot.path),
            slot=name_of(slot.path),
            old=occupant_label(goes) if goes else "–",
            new=occupant_label(comes) if comes else "–",
        )
        _tell(session, actor, unit, told, work, about=comes or goes)


def _tell(
    session: Session,
    actor: Actor,
    unit: Unit,
    told: Text,
    work: Work,
    *,
    about: Occupant | None,
) -> None:
    """A line in the robot's timeline, with the reason and a link to the component's passport."""
    why = work.why()
    timeline.note(
        session,
        unit.id,
        kind="part",
        summary=msg("{told} ({why})", told=told, why=why) if why else told,
        link=_page_of(about, unit),
        actor_name=actor.name,
    )


def _page_of(about: Occupant | None, unit: Unit) -> str:
    """The component's passport; of a part without a serial, its slot's page."""
    if about is None:
        return addresses.page_below(unit.serial, "parts")
    if about.component_id is not None:
        return addresses.component_page(about.component_id)
    return addresses.page_below(unit.serial, "slots", about.slot.path)


def _required(session: Session, unit: Unit, slot: Slot, expected: int | None) -> Occupant:
    taken = _latest_in(session, unit, slot)
    if taken is None or taken.until is not None:
        raise Conflict(
            msg("{slot} of {serial} is empty.", slot=name_of(slot.path), serial=unit.serial),
            field="slot",
        )
    if expected is not None and taken.id != expected:
        raise Conflict(
            msg(
                "{slot} of {serial} holds {what} by now. Look again.",
                slot=name_of(slot.path),
                serial=unit.serial,
                what=occupant_label(taken),
            ),
            field="slot",
        )
    return taken


def _require_here(unit: Unit, *, to_fit: bool) -> None:
    if unit.state is UnitState.EXPECTED:
        raise Conflict(msg("{serial} has not arrived yet.", serial=unit.serial))
    if to_fit and unit.state is UnitState.RETIRED:
        raise Conflict(msg("{serial} is retired: parts come out, none go in.", serial=unit.serial))


def _latest_in(session: Session, unit: Unit, slot: Slot) -> Occupant | None:
    return latest(session, Occupant.unit_id == unit.id, Occupant.slot_id == slot.id)


def _free_part(
    session: Session, actor: Actor, unit: Unit, slot: Slot, part: Part
) -> tuple[Component | Lotted, datetime | None]:
    """What is to be fitted, and since when it is free; raises Conflict while it is not."""
    chosen = choose(session, actor, unit, slot, part)
    freed = _freed(session, actor, chosen) if isinstance(chosen, Component) else None
    return chosen, freed


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _put(
    session: Session,
    actor: Actor,
    unit: Unit,
    slot: Slot,
    chosen: Component | Lotted,
    *,
    part: Part,
    work: Work,
    at: datetime,
) -> Occupant:
    """Fit it, with the version that somebody has looked at or that is on record."""
    version = part.firmware
    if isinstance(chosen, Component):
        if version:
            firmware.record_in_component(session, actor, chosen, version, unit=unit, at=at)
        version = chosen.firmware
    return begin(session, actor, unit, slot, chosen, work=work, at=at, firmware=version)


def _freed(session: Session, actor: Actor, component: Component) -> datetime | None:
    """When a component last came out of a robot; raises Conflict while it sits in one."""
    place = latest(session, Occupant.component_id == component.id)
    if place is None or place.until is not None:
        return place.until if place is not None else None
    where = session.get_one(Unit, place.unit_id)
    if where.store_id != actor.store_id:
        raise Conflict(
            msg("{what} sits in a robot of another store.", what=label_of(component)),
            field="serial",
        )
    raise Conflict(
        msg(
            "{what} sits in {place}. Take it out there first, or swap the two.",
            what=label_of(component),
            place=place_label(place, where),
        ),
        field="serial",
        link=addresses.page_below(where.serial, "slots", place.slot.path),
    )


def _again(stay: Occupant) -> Component | Lotted:
    """What an occupant is, to be fitted elsewhere."""
    return stay.component or Lotted(stay.part_number, stay.lot)

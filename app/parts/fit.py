"""Whether a part fits in a robot's slot, why not, and what does.

Two records speak of it. A model's slots may name part numbers: the maker's word on that slot, which
guards every fitting. A part's own table of fit says for which models, slots, revisions and firmware
it is made. A part fits when neither speaks against it; see docs/decisions/017.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import bare_key
from app.kernel.text import Text, msg
from app.parts import fitrows, substitution, supersession
from app.parts.catalogue_models import NumberKind, PartFit, PartNumber
from app.parts.fitplaces import Where, covers_slot
from app.parts.models import Part
from app.parts.revisions import covers
from app.robots import bodies
from app.robots.bodyplan import SlotClass
from app.robots.events import ComponentFitted
from app.robots.models import RobotModel, Unit
from app.robots.slot_models import Slot
from app.robots.slotnames import CLASS_LABELS, name_of
from app.robots.versions import read_range

_MOST_NAMED = 6
_MOST_OF_A_CLASS = 50


class DoesNotFit(Refused):
    code = "does_not_fit"


def require_fits(session: Session, actor: Actor, part: Part, unit: Unit, slot_path: str) -> None:
    """Raises DoesNotFit, which says why and names what would fit."""
    if part.store_id != actor.store_id:
        raise NotFound(msg("There is no such part."))
    slot = bodies.slot_called(session, unit, slot_path)
    why = why_not(session, part, unit, slot)
    if why is None:
        return
    fitting = [one.number for one in candidates(session, unit, slot)][:_MOST_NAMED]
    told = {"part": part.number, "slot": name_of(slot.path), "serial": unit.serial, "why": why}
    if fitting:
        raise DoesNotFit(
            msg(
                "{part} does not fit {slot} of {serial}: {why} What fits: {fitting}.",
                **told,
                fitting=", ".join(fitting),
            ),
            field="part_number",
        )
    raise DoesNotFit(
        msg(
            "{part} does not fit {slot} of {serial}: {why} No part that fits is on record.", **told
        ),
        field="part_number",
    )


def fits(session: Session, part_id: int) -> list[PartFit]:
    """Where a part works by its own table, with the models."""
    return fitrows.of_part(session, part_id)


def candidates(session: Session, unit: Unit, slot: Slot) -> list[Part]:
    """Parts in use that fit in a robot's slot, successors before what they replace.

    The slot's parts must be loaded.
    """
    return candidates_of(session, unit, [slot])[slot.id]


def candidates_of(session: Session, unit: Unit, slots: Collection[Slot]) -> dict[int, list[Part]]:
    """The same for several slots, by their ids: as many statements as for one."""
    now = clock.now()
    made = fitrows.made_for(session, unit.store_id, unit.model_id, slots)
    offered = _offered(session, unit, slots, made, now)
    every = {part_id for ids in offered.values() for part_id in ids}
    parts = session.scalars(
        select(Part)
        .where(Part.id.in_(every), Part.archived.is_(False))
        .order_by(Part.name_key, Part.id)
    ).all()
    known = _known(session, parts, with_numbers=any(slot.parts for slot in slots))
    replaced = supersession.newest(session, every) if every else {}
    found: dict[int, list[Part]] = {}
    for slot in slots:
        place = _Place(session, unit, slot, made[slot.id])
        fitting = [
            part
            for part in parts
            if part.id in offered[slot.id] and _why_not(part, known[part.id], place, now) is None
        ]
        found[slot.id] = sorted(fitting, key=lambda part: part.id in replaced)
    return found


def why_not(
    session: Session, part: Part, unit: Unit, slot: Slot, *, at: datetime | None = None
) -> Text | None:
    """Why a part does not fit in a robot's slot, as a sentence; None when it fits.

    It fits by what is said of itself, by a part that it replaces, or by an approval in force.
    The slot's parts must be loaded.
    """
    known = _known(session, [part], with_numbers=bool(slot.parts))[part.id]
    return _why_not(part, known, _Place(session, unit, slot), at or clock.now())


def may_stand_in(session: Session, unit: Unit, slot: Slot, part_number: str) -> bool:
    """Whether a number that a slot does not name may sit there all the same, and be fitted."""
    return any(
        why_not(session, part, unit, slot) is None
        for part in session.scalars(
            select(Part).where(Part.id.in_(_named(session, unit.store_id, [part_number])))
        )
    )


def on_fitted(session: Session, news: ComponentFitted) -> None:
    """What is a part of the store is only fitted where it fits."""
    for part_id in _named(session, news.store_id, [news.part_number])[:1]:
        part = session.get_one(Part, part_id)
        unit = session.get_one(Unit, news.unit_id)
        require_fits(session, news.actor, part, unit, news.slot_path)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is on file of a part: where it is made for, and by which numbers it is known."""

    rows: Collection[PartFit]
    keys: Collection[str]


@dataclass(slots=True)
class _Place:
    """A slot of a robot; `made` are the parts whose rows name it, None: nobody has asked yet."""

    session: Session
    unit: Unit
    slot: Slot
    made: Collection[int] | None = None

    @property
    def allowed(self) -> set[str]:
        return {bare_key(one.part_number) for one in self.slot.parts}

    @property
    def has_its_own(self) -> bool:
        """Whether parts are made for just this slot."""
        if self.made is None:
            unit, slots = self.unit, [self.slot]
            found = fitrows.made_for(self.session, unit.store_id, unit.model_id, slots)
            self.made = found[self.slot.id]
        return bool(self.made)


def _offered(
    session: Session,
    unit: Unit,
    slots: Collection[Slot],
    made: Mapping[int, set[int]],
    now: datetime,
) -> dict[int, set[int]]:
    """By slot the parts that might fit: made for it or named by it, what replaces those and may
    stand in for them; where nothing is known, whatever is of its class.
    """
    numbers = [part.part_number for slot in slots for part in slot.parts]
    named = _named_by_key(session, unit.store_id, numbers)
    offered = {
        slot.id: made[slot.id].union(
            *(named.get(bare_key(part.part_number), ()) for part in slot.parts)
        )
        for slot in slots
    }
    every = {part_id for ids in offered.values() for part_id in ids}
    if every:
        usable = supersession.usable_for(session, every)
        for ids in offered.values():
            ids.update(*(usable[part_id] for part_id in tuple(ids)))
        every = {part_id for ids in offered.values() for part_id in ids}
        approved = substitution.approvals(session, every, now)
        for slot in slots:
            ids = offered[slot.id]
            ids |= substitution.here(approved, ids, unit=unit, slot=slot)
    for slot_class in {slot.slot_class for slot in slots if not offered[slot.id]}:
        unmade = _unmade(session, unit.store_id, slot_class)
        for slot in slots:
            if slot.slot_class is slot_class and not offered[slot.id]:
                offered[slot.id] = set(unmade)
    return offered


def _unmade(session: Session, store_id: int, slot_class: SlotClass) -> Sequence[int]:
    """Parts of a class of which nobody has said where they are made for."""
    return session.scalars(
        select(Part.id)
        .where(
            Part.store_id == store_id,
            Part.archived.is_(False),
            Part.slot_class == slot_class,
            ~select(PartFit.id).where(PartFit.part_id == Part.id).exists(),
        )
        .limit(_MOST_OF_A_CLASS)
    ).all()


def _known(session: Session, parts: Collection[Part], *, with_numbers: bool) -> dict[int, _Known]:
    """By part; two statements, and one where no slot names numbers."""
    ids = [part.id for part in parts]
    rows = fitrows.rows_of(session, ids) if ids else {}
    keys = {part.id: {part.bare_key} for part in parts}
    if with_numbers and ids:
        further = select(PartNumber.part_id, PartNumber.bare_key).where(
            PartNumber.part_id.in_(ids), PartNumber.kind != NumberKind.GTIN
        )
        for part_id, key in session.execute(further):
            keys[part_id].add(key)
    return {part_id: _Known(rows.get(part_id, ()), keys[part_id]) for part_id in ids}


def _why_not(part: Part, known: _Known, place: _Place, at: datetime) -> Text | None:
    why = _why_not_itself(part, known, place)
    if why is None:
        return None
    session, unit, slot = place.session, place.unit, place.slot
    others = set() if known.rows else supersession.stands_for(session, part.id)
    others |= substitution.stands_in_for(session, part, at, unit=unit, slot=slot)
    if not others:
        return why
    replaced = session.scalars(select(Part).where(Part.id.in_(others))).all()
    theirs = _known(session, replaced, with_numbers=bool(slot.parts))
    if any(_why_not_itself(other, theirs[other.id], place) is None for other in replaced):
        return None
    return why


def _why_not_itself(part: Part, known: _Known, place: _Place) -> Text | None:
    """By the slot's own part numbers, and by what the part itself is made for."""
    allowed, slot = place.allowed, place.slot
    if allowed and allowed.isdisjoint(known.keys):
        return msg("its number is not one of the slot’s.")
    if known.rows:
        return _why_no_row(place.session, part, known.rows, place.unit, slot)
    if part.slot_class is not None and part.slot_class is not slot.slot_class:
        return msg("it is no {wanted}.", wanted=CLASS_LABELS[slot.slot_class])
    if not allowed and place.has_its_own:
        return msg("other parts are made for this slot.")
    return None


def _why_no_row(
    session: Session, part: Part, rows: Collection[PartFit], unit: Unit, slot: Slot
) -> Text | None:
    """What the nearest of a part's rows asks that is not so."""
    here = [row for row in rows if row.model_id == unit.model_id]
    if not here:
        model = session.get_one(RobotModel, unit.model_id)
        return msg("it is not made for {model}.", model=model.name)
    here = [row for row in here if covers_slot(Where(row.slot_path, row.slot_class), slot)]
    if not here:
        return msg("it is made for other slots.")
    reasons = [_why_not_by(row, part, unit) for row in here]
    return None if None in reasons else reasons[0]


def _why_not_by(row: PartFit, part: Part, unit: Unit) -> Text | None:
    if not covers(row.part_revisions, part.revision):
        return msg(
            "only its revision {wanted} fits, and ours is {revision}.",
            wanted=row.part_revisions,
            revision=part.revision or "–",
        )
    if row.revisions and not unit.hardware_revision:
        return msg("the robot’s hardware revision is not on record. Record it first.")
    if not covers(row.revisions, unit.hardware_revision):
        return msg(
            "it needs hardware revision {wanted}, and this robot is {revision}.",
            wanted=row.revisions,
            revision=unit.hardware_revision,
        )
    if row.firmware and not unit.firmware:
        return msg("the robot’s firmware is not on record. Record it first.")
    if row.firmware and not read_range(row.firmware).contains(unit.firmware):
        return msg(
            "it needs firmware {wanted}, and {version} runs here.",
            wanted=row.firmware,
            version=unit.firmware,
        )
    return None


def _named(session: Session, store_id: int, part_numbers: Collection[str]) -> list[int]:
    """Parts by id that have one of these numbers: their own first, then the maker's and others."""
    by_key = _named_by_key(session, store_id, part_numbers)
    return list(dict.fromkeys(part_id for ids in by_key.values() for part_id in ids))


def _named_by_key(
    session: Session, store_id: int, part_numbers: Collection[str]
) -> dict[str, list[int]]:
    """The same by the number's key; at most one statement."""
    keys = {key for number in part_numbers if (key := bare_key(number))}
    if not keys:
        return {}
    own = select(
        Part.bare_key.label("key"), Part.id, literal(0).label("further"), Part.id.label("place")
    ).where(Part.store_id == store_id, Part.bare_key.in_(keys))
    further = select(PartNumber.bare_key, PartNumber.part_id, literal(1), PartNumber.id).where(
        PartNumber.store_id == store_id,
        PartNumber.bare_key.in_(keys),
        PartNumber.kind != NumberKind.GTIN,
    )
    found: dict[str, list[int]] = {}
    for key, part_id, *_ in session.execute(union_all(own, further).order_by("further", "place")):
        found.setdefault(key, []).append(part_id)
    return found

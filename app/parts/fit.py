"""Whether a part fits in a robot's slot, why not, and what does.

Two records speak of it. A model's slots may name part numbers: the maker's word on that slot, which
guards every fitting. A part's own table of fit says for which models, slots, revisions and firmware
it is made. A part fits when neither speaks against it; see docs/decisions/017.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
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
from app.robots.events import ComponentFitted
from app.robots.models import RobotModel, Unit
from app.robots.slot_models import Slot
from app.robots.slotnames import CLASS_LABELS, name_of
from app.robots.versions import read_range

_MOST_NAMED = 6


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
    store_id, now = unit.store_id, clock.now()
    named = _named(session, store_id, [part.part_number for part in slot.parts])
    ids = {*fitrows.made_for(session, store_id, unit.model_id, slot.path, slot.slot_class), *named}
    for others in supersession.usable_for(session, ids).values():
        ids |= others
    ids |= substitution.standing_in(session, ids, now, unit=unit, slot=slot).keys()
    if not ids:
        ids = set(
            session.scalars(
                select(Part.id).where(
                    Part.store_id == store_id,
                    Part.archived.is_(False),
                    Part.slot_class == slot.slot_class,
                    ~select(PartFit.id).where(PartFit.part_id == Part.id).exists(),
                ).limit(50)
            )
        )  # fmt: skip
    parts = session.scalars(
        select(Part)
        .where(Part.id.in_(ids), Part.archived.is_(False))
        .order_by(Part.name_key, Part.id)
    ).all()
    found = [part for part in parts if why_not(session, part, unit, slot, at=now) is None]
    replaced = supersession.newest(session, [part.id for part in found])
    return sorted(found, key=lambda part: part.id in replaced)


def why_not(
    session: Session, part: Part, unit: Unit, slot: Slot, *, at: datetime | None = None
) -> Text | None:
    """Why a part does not fit in a robot's slot, as a sentence; None when it fits.

    It fits by what is said of itself, by a part that it replaces, or by an approval in force.
    The slot's parts must be loaded.
    """
    own = fitrows.rows_of(session, [part.id]).get(part.id, [])
    why = _why_not_itself(session, part, own, unit, slot)
    if why is None:
        return None
    others = set() if own else supersession.stands_for(session, part.id)
    others |= substitution.stands_in_for(session, part, at or clock.now(), unit=unit, slot=slot)
    rows = fitrows.rows_of(session, others)
    for other in session.scalars(select(Part).where(Part.id.in_(others))):
        if _why_not_itself(session, other, rows.get(other.id, []), unit, slot) is None:
            return None
    return why


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


def _why_not_itself(
    session: Session, part: Part, rows: Collection[PartFit], unit: Unit, slot: Slot
) -> Text | None:
    """By the slot's own part numbers, and by what the part itself is made for."""
    allowed = {bare_key(one.part_number) for one in slot.parts}
    if allowed and allowed.isdisjoint(_keys(session, part)):
        return msg("its number is not one of the slot’s.")
    if rows:
        return _why_no_row(session, part, rows, unit, slot)
    if part.slot_class is not None and part.slot_class is not slot.slot_class:
        return msg("it is no {wanted}.", wanted=CLASS_LABELS[slot.slot_class])
    if not allowed and fitrows.made_for(
        session, unit.store_id, unit.model_id, slot.path, slot.slot_class
    ):
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


def _keys(session: Session, part: Part) -> set[str]:
    further = session.scalars(
        select(PartNumber.bare_key).where(
            PartNumber.part_id == part.id, PartNumber.kind != NumberKind.GTIN
        )
    )
    return {part.bare_key, *further}


def _named(session: Session, store_id: int, part_numbers: Collection[str]) -> list[int]:
    """Parts by id that have one of these numbers: their own first, then the maker's and others."""
    keys = {key for number in part_numbers if (key := bare_key(number))}
    own = session.scalars(
        select(Part.id).where(Part.store_id == store_id, Part.bare_key.in_(keys)).order_by(Part.id)
    )
    further = session.scalars(
        select(PartNumber.part_id)
        .where(
            PartNumber.store_id == store_id,
            PartNumber.bare_key.in_(keys),
            PartNumber.kind != NumberKind.GTIN,
        )
        .order_by(PartNumber.id)
    )
    return list(dict.fromkeys([*own, *further]))

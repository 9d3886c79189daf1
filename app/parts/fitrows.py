"""The table of a part's fit: for which models, slots, revisions and firmware it is made."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.parts.catalogue_models import PartFit
from app.parts.fitplaces import ANYWHERE, Where, read_where
from app.parts.models import Part
from app.parts.revisions import read_revisions
from app.robots import makers
from app.robots.models import Maker, RobotModel
from app.robots.slot_models import Slot
from app.robots.versions import read_range
from app.web.forms import Reading

_MOST_ROWS = 200
_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class FitInput:
    """Where a part works, as typed; what is empty is no condition, but a place must be said."""

    model_id: int | None
    where: Where
    part_revisions: str = ""
    revisions: str = ""
    firmware: str = ""
    note: str = ""


def add(session: Session, actor: Actor, part: Part, wanted: FitInput) -> PartFit:
    """One more place in which a part works."""
    actor.require("parts.edit")
    row = _read(session, actor, part, wanted)
    present = of_part(session, part.id)
    if any(_says(one) == _says(row) for one in present):
        raise Refused(msg("This stands in the table already."), field="model")
    if len(present) >= _MOST_ROWS:
        raise Refused(msg("A part has at most {most} places.", most=_MOST_ROWS), field="model")
    session.add(row)
    session.flush()
    audit.record(session, actor, "part.fit_added", subject=f"part:{part.number}", after=_facts(row))
    return row


def remove(session: Session, actor: Actor, part: Part, fit_id: int) -> None:
    actor.require("parts.edit")
    row = session.get(PartFit, fit_id)
    if row is None or row.part_id != part.id:
        raise NotFound(msg("There is no such place of this part."))
    session.delete(row)
    session.flush()
    audit.record(
        session, actor, "part.fit_removed", subject=f"part:{part.number}", before=_facts(row)
    )


def of_part(session: Session, part_id: int) -> list[PartFit]:
    """Where a part works, with the models, by model and slot."""
    rows = session.scalars(
        select(PartFit).where(PartFit.part_id == part_id).options(joinedload(PartFit.model))
    )
    return sorted(rows, key=_by_place)


def beside_models(session: Session, part_id: int) -> tuple[list[RobotModel], list[PartFit]]:
    """Every model with its maker, by maker and name, and where a part works; one statement."""
    is_here = (PartFit.model_id == RobotModel.id) & (PartFit.part_id == part_id)
    rows = session.execute(
        select(RobotModel, PartFit)
        .join(RobotModel.maker)
        .outerjoin(PartFit, is_here)
        .options(contains_eager(RobotModel.maker), contains_eager(PartFit.model))
        .order_by(Maker.key, RobotModel.name, RobotModel.id)
    ).all()
    models = list(dict.fromkeys(model for model, _ in rows))
    return models, sorted(filter(None, (fit for _, fit in rows)), key=_by_place)


def grouped(rows: Iterable[PartFit]) -> list[list[PartFit]]:
    """Rows that ask the same of the same model stand together; their models must be loaded."""
    groups: dict[tuple[object, ...], list[PartFit]] = {}
    for row in rows:
        asks = (row.model.name, row.revisions, row.firmware, row.part_revisions, row.note)
        groups.setdefault(asks, []).append(row)
    return list(groups.values())


def rows_of(session: Session, part_ids: Collection[int]) -> dict[int, list[PartFit]]:
    """The rows of several parts, by part; one statement."""
    found: dict[int, list[PartFit]] = {}
    for row in session.scalars(select(PartFit).where(PartFit.part_id.in_(part_ids))):
        found.setdefault(row.part_id, []).append(row)
    return found


def made_for(
    session: Session, store_id: int, model_id: int, slots: Collection[Slot]
) -> dict[int, set[int]]:
    """By slot the parts in use of which a row names it for this model, whatever else it asks; one
    statement.
    """
    rows = session.execute(
        select(PartFit.part_id, PartFit.slot_path, PartFit.slot_class)
        .join(Part, Part.id == PartFit.part_id)
        .where(
            PartFit.model_id == model_id,
            Part.store_id == store_id,
            Part.archived.is_(False),
            or_(
                PartFit.slot_path.in_({slot.path for slot in slots}),
                PartFit.slot_class.in_({slot.slot_class for slot in slots}),
            ),
        )
    ).all()
    return {
        slot.id: {
            part_id
            for part_id, path, slot_class in rows
            if path == slot.path or slot_class == slot.slot_class
        }
        for slot in slots
    }


def _by_place(row: PartFit) -> tuple[str, str, str]:
    return row.model.name, row.slot_path, str(row.slot_class or "")


def _read(session: Session, actor: Actor, part: Part, wanted: FitInput) -> PartFit:
    seen = Reading()
    where = seen.take("slot", lambda: read_where(wanted.where), ANYWHERE)
    if not seen.problems and not (where.path or where.slot_class):
        seen.refuse("slot", msg("Say in which slot, or in which kind of slot."))
    if wanted.model_id is None:
        seen.refuse("model", msg("Say which robot model this is."))
    own = seen.take(
        "part_revisions", lambda: read_revisions(wanted.part_revisions, field="part_revisions"), ""
    )
    revisions = seen.take("revisions", lambda: read_revisions(wanted.revisions), "")
    firmware = seen.take("firmware", lambda: _read_firmware(wanted.firmware), "")
    note = seen.text("note", wanted.note, most=_LONGEST_NOTE)
    seen.done()
    return PartFit(
        part_id=part.id,
        model_id=makers.model_by_id(session, wanted.model_id or 0).id,
        slot_path=where.path,
        slot_class=where.slot_class,
        part_revisions=own,
        revisions=revisions,
        firmware=firmware,
        note=note,
        made_at=clock.now(),
        made_by=actor.name,
    )


def _read_firmware(text: str) -> str:
    said = clean(text)
    return str(read_range(said)) if said else ""


def _says(row: PartFit) -> tuple[object, ...]:
    return (
        row.model_id,
        row.slot_path,
        row.slot_class,
        search_key(row.part_revisions),
        search_key(row.revisions),
        row.firmware,
    )


def _facts(row: PartFit) -> dict[str, object]:
    return {
        "model": row.model_id,
        "slot": row.slot_path or row.slot_class,
        "part_revisions": row.part_revisions,
        "revisions": row.revisions,
        "firmware": row.firmware,
    }

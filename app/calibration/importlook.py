"""What was imported: files of the store, the values of one, and a robot's history of a target."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from app.calibration.differences import SAME, Difference, between
from app.calibration.impact_models import CalibrationFile, CalibrationUpload, ImportedValue
from app.calibration.job_models import CalibrationJob
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots.models import Unit
from app.web import paging
from app.web.paging import Page

MOST_VALUES = 200
_MOST_HISTORY = 600
_MOST_TARGETS = 1_000


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file, and the robot it is of."""

    file: CalibrationFile
    unit: Unit
    values: int
    job_number: int | None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value as written, the one of the import before it, and what lies between."""

    value: ImportedValue
    before: ImportedValue | None
    difference: Difference


@dataclass(frozen=True, slots=True)
class PastValue:
    """A value in a robot's history, with the file that stated it."""

    value: ImportedValue
    file: CalibrationFile
    difference: Difference


def by_id(session: Session, actor: Actor, file_id: int) -> FileRow:
    actor.require("calibration.view")
    row = session.execute(_files(actor).where(CalibrationFile.id == file_id)).first()
    if row is None:
        raise NotFound(msg("There is no such import."), link="/calibration/imports")
    return FileRow(*row)


def listed(
    session: Session,
    actor: Actor,
    *,
    unit_id: int | None = None,
    kind: str = "",
    cursor: str = "",
    most: int = paging.PAGE,
) -> Page[FileRow]:
    """Files that were taken in, the newest first; of one robot, or of one kind."""
    actor.require("calibration.view")
    query = _files(actor)
    if unit_id is not None:
        query = query.where(CalibrationFile.unit_id == unit_id)
    if kind:
        query = query.where(CalibrationFile.kind == kind)
    if cursor:
        query = query.where(CalibrationFile.id < paging.decode(cursor, int)[0])
    rows = session.execute(query.order_by(CalibrationFile.id.desc()).limit(most + 1)).all()
    shown = [FileRow(*row) for row in rows[:most]]
    return Page(shown, paging.encode(shown[-1].file.id) if len(rows) > most else None)


def waiting(
    session: Session, actor: Actor, *, most: int = 20
) -> list[tuple[CalibrationUpload, Unit]]:
    """Files that somebody laid aside and nobody went on with."""
    actor.require("calibration.view")
    rows = session.execute(
        select(CalibrationUpload, Unit)
        .join(Unit, Unit.id == CalibrationUpload.unit_id)
        .where(CalibrationUpload.store_id == actor.store_id)
        .order_by(CalibrationUpload.id.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


def values_of(
    session: Session,
    file: CalibrationFile,
    *,
    after: int = 0,
    changed_only: bool = False,
    most: int = MOST_VALUES,
) -> Page[ValueRow]:
    """The values of a file in its order, each beside the one that was imported before it."""
    before = aliased(ImportedValue)
    past = aliased(ImportedValue)
    newest = (
        select(func.max(past.id))
        .where(
            past.unit_id == ImportedValue.unit_id,
            past.target == ImportedValue.target,
            past.parameter == ImportedValue.parameter,
            past.id < ImportedValue.id,
        )
        .correlate(ImportedValue)
        .scalar_subquery()
    )
    query = (
        select(ImportedValue, before)
        .outerjoin(before, before.id == newest)
        .where(ImportedValue.file_id == file.id, ImportedValue.seq > after)
        .order_by(ImportedValue.seq)
        .limit(most + 1)
    )
    if changed_only:
        query = query.where(
            (before.id.is_(None))
            | (before.value != ImportedValue.value)
            | (before.unit != ImportedValue.unit)
        )
    rows = session.execute(query).all()
    shown = [ValueRow(row[0], row[1], _difference(row[1], row[0])) for row in rows[:most]]
    return Page(shown, paging.encode(shown[-1].value.seq) if len(rows) > most else None)


def targets_of(session: Session, unit_id: int) -> list[tuple[str, int]]:
    """What a robot's files state values of, with how many values each has."""
    rows = session.execute(
        select(ImportedValue.target, func.count())
        .where(ImportedValue.unit_id == unit_id)
        .group_by(ImportedValue.target)
        .order_by(ImportedValue.target)
        .limit(_MOST_TARGETS)
    )
    return [(row[0], row[1]) for row in rows]


def history(session: Session, unit_id: int, target: str) -> list[PastValue]:
    """All that was imported of one target: by parameter, the newest value first."""
    rows = session.execute(
        select(ImportedValue, CalibrationFile)
        .join(CalibrationFile, CalibrationFile.id == ImportedValue.file_id)
        .where(ImportedValue.unit_id == unit_id, ImportedValue.target == target)
        .order_by(ImportedValue.parameter, ImportedValue.id.desc())
        .limit(_MOST_HISTORY)
    ).all()
    past: list[PastValue] = []
    for place, (value, file) in enumerate(rows):
        older = rows[place + 1][0] if place + 1 < len(rows) else None
        if older is not None and older.parameter != value.parameter:
            older = None
        past.append(PastValue(value, file, _difference(older, value)))
    return past


def _difference(before: ImportedValue | None, after: ImportedValue) -> Difference:
    if before is None:
        return SAME
    return between(before.value, after.value, unit_before=before.unit, unit_after=after.unit)


def _files(actor: Actor) -> Select[CalibrationFile, Unit, int, int | None]:
    count = (
        select(func.count())
        .where(ImportedValue.file_id == CalibrationFile.id)
        .correlate(CalibrationFile)
        .scalar_subquery()
    )
    return (
        select(CalibrationFile, Unit, count, CalibrationJob.number)
        .join(Unit, Unit.id == CalibrationFile.unit_id)
        .outerjoin(CalibrationJob, CalibrationJob.id == CalibrationFile.job_id)
        .where(CalibrationFile.store_id == actor.store_id)
    )

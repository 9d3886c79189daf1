"""What must always hold of imported files and of intervals, proved on a database."""

from collections.abc import Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.calibration.equipment_models import Equipment, EquipmentCertificate
from app.calibration.impact_models import CalibrationFile, ImportedValue, IntervalSuggestion
from app.calibration.job_models import CalibrationJob, Reading, ReadingSource
from app.calibration.procedure_models import Procedure
from app.kernel.filestore import FileStore


def breaches(session: Session) -> Iterator[str]:
    """One line for each thing that does not hold."""
    yield from _values(session)
    yield from _jobs(session)
    yield from _decisions(session)


def file_breaches(session: Session, files: FileStore) -> Iterator[str]:
    """Imports and papers of references whose bytes are not as they were put there."""
    rows = session.execute(
        select(CalibrationFile.id, CalibrationFile.sha256).order_by(CalibrationFile.id)
    )
    for file_id, sha256 in rows:
        trouble = files.trouble_with(sha256)
        if trouble is not None:
            yield f"calibration: import {file_id}: file {sha256[:12]} is {trouble}"
    papers = session.execute(
        select(EquipmentCertificate.number, EquipmentCertificate.file_sha256)
        .where(EquipmentCertificate.file_sha256 != "")
        .order_by(EquipmentCertificate.id)
    )
    for number, sha256 in papers:
        trouble = files.trouble_with(sha256)
        if trouble is not None:
            yield f"calibration: paper of {number}: file {sha256[:12]} is {trouble}"


def _values(session: Session) -> Iterator[str]:
    """All of a file or nothing: its values are numbered through, and are of its robot."""
    rows = session.execute(
        select(CalibrationFile.id, func.count(ImportedValue.id), func.max(ImportedValue.seq))
        .outerjoin(ImportedValue, ImportedValue.file_id == CalibrationFile.id)
        .where(CalibrationFile.job_id.is_(None))
        .group_by(CalibrationFile.id)
        .having(
            or_(
                func.count(ImportedValue.id) == 0,
                func.count(ImportedValue.id) != func.max(ImportedValue.seq),
            )
        )
    )
    for file_id, count, last in rows:
        yield f"calibration: import {file_id} has {count} values numbered up to {last}"
    strays = session.scalars(
        select(ImportedValue.id)
        .join(CalibrationFile, CalibrationFile.id == ImportedValue.file_id)
        .where(
            or_(
                ImportedValue.unit_id != CalibrationFile.unit_id,
                CalibrationFile.job_id.is_not(None),
            )
        )
    )
    for value_id in strays:
        yield f"calibration: imported value {value_id} is not of its file's robot"


def _jobs(session: Session) -> Iterator[str]:
    """Readings from a file name one that was imported for their job, and the line."""
    rows = session.scalars(
        select(Reading.id)
        .outerjoin(
            CalibrationFile,
            (CalibrationFile.job_id == Reading.job_id)
            & (CalibrationFile.sha256 == Reading.file_sha256),
        )
        .where(
            Reading.source == ReadingSource.FILE,
            or_(CalibrationFile.id.is_(None), Reading.line.is_(None)),
        )
    )
    for reading_id in rows:
        yield f"calibration: reading {reading_id} comes from a file that was not imported"
    others = session.scalars(
        select(CalibrationFile.id)
        .join(CalibrationJob, CalibrationJob.id == CalibrationFile.job_id)
        .where(
            or_(
                CalibrationJob.unit_id != CalibrationFile.unit_id,
                CalibrationJob.store_id != CalibrationFile.store_id,
            )
        )
    )
    for file_id in others:
        yield f"calibration: import {file_id} is of another robot than its job"


def _decisions(session: Session) -> Iterator[str]:
    """Decisions on intervals are of the store's own things."""
    rows = session.scalars(
        select(IntervalSuggestion.id)
        .outerjoin(Equipment, Equipment.id == IntervalSuggestion.equipment_id)
        .outerjoin(Procedure, Procedure.id == IntervalSuggestion.procedure_id)
        .where(func.coalesce(Equipment.store_id, Procedure.store_id) != IntervalSuggestion.store_id)
    )
    for row_id in rows:
        yield f"calibration: decision {row_id} on an interval is of another store"

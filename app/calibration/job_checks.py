"""What must hold of jobs, readings and results: `quatrefoil check` proves it."""

from collections.abc import Iterator

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.calibration import adjustments, chosenpoints, results
from app.calibration.equipment_models import Equipment, EquipmentCertificate
from app.calibration.evaluating import read_content
from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    JobEquipment,
    JobState,
    Phase,
    Reading,
)
from app.calibration.jobbook import label
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.stores import desk
from app.stores.models import Store

_DONE = (JobState.MEASURED, JobState.REVIEWED, JobState.CERTIFIED)
_AT_ONCE = 500


def breaches(session: Session) -> Iterator[str]:
    """One line for each thing that is not as it must be."""
    yield from _untraceable(session)
    yield from _unlike_their_equipment(session)
    yield from _unlike_their_content(session)
    for job in _jobs(session):
        yield from _of_job(session, job)


def _untraceable(session: Session) -> Iterator[str]:
    """Readings by equipment whose certificate did not hold on the store's day."""
    stores: dict[int, Store] = {}
    rows = session.execute(
        select(Reading, EquipmentCertificate, Equipment.store_id, Equipment.asset_number)
        .join(EquipmentCertificate, EquipmentCertificate.id == Reading.equipment_certificate_id)
        .join(Equipment, Equipment.id == EquipmentCertificate.equipment_id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for reading, certificate, store_id, asset in rows:
        store = stores.get(store_id) or desk.store_of(session, store_id)
        stores[store_id] = store
        day = desk.business_day_of(store, reading.taken_at)
        is_over = certificate.due_on is not None and certificate.due_on < day
        gone = certificate.withdrawn_at is not None and certificate.withdrawn_at <= reading.taken_at
        if is_over or gone:
            yield f"calibration: reading {reading.id} was taken with {asset} out of date"
        if certificate.equipment_id != reading.equipment_id:
            yield f"calibration: reading {reading.id} names a certificate of another reference"


def _unlike_their_equipment(session: Session) -> Iterator[str]:
    """A point with a role is read by what plays it, frozen before the reading."""
    rows = session.execute(
        select(Reading.id)
        .join(ProcedurePoint, ProcedurePoint.id == Reading.point_id)
        .outerjoin(
            JobEquipment,
            (JobEquipment.job_id == Reading.job_id) & (JobEquipment.role == ProcedurePoint.role),
        )
        .where(
            ProcedurePoint.role != "",
            or_(
                JobEquipment.id.is_(None),
                JobEquipment.frozen_at.is_(None),
                JobEquipment.frozen_at > Reading.taken_at,
                Reading.equipment_id.is_(None),
                JobEquipment.equipment_id != Reading.equipment_id,
            ),
        )
    )
    for (reading_id,) in rows:
        yield f"calibration: reading {reading_id} was not taken with its job's equipment"


def _unlike_their_content(session: Session) -> Iterator[str]:
    """Columns repeat the content; a verdict has limits, a rule and U."""
    rows = session.execute(
        select(CalibrationResult, ProcedurePoint)
        .join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row, point in rows:
        said = read_content(row.content)
        columns = results.columns_of(said)
        if any(getattr(row, name) != value for name, value in columns.items()):
            yield f"calibration: result {row.id} is not what its content says"
        has_limits = bool(point.lower or point.upper)
        complete = has_limits and bool(said.get("rule")) and bool(row.expanded)
        if row.verdict is not None and not complete:
            yield f"calibration: result {row.id} has a verdict without limits, rule or uncertainty"


def _jobs(session: Session) -> Iterator[CalibrationJob]:
    """Every job with its version whole, one after another."""
    points = selectinload(ProcedureVersion.points).selectinload(ProcedurePoint.budget)
    version = joinedload(CalibrationJob.procedure_version)
    yield from session.scalars(
        select(CalibrationJob)
        .where(CalibrationJob.started_at.is_not(None))
        .options(version.options(joinedload(ProcedureVersion.procedure), points))
        .order_by(CalibrationJob.id)
    ).all()


def _of_job(session: Session, job: CalibrationJob) -> Iterator[str]:
    """Results that come out the same, and a measured job that is complete."""
    for row in results.differing(session, job):
        yield f"calibration: {label(job)}: result {row.id} does not come out the same"
    if job.state not in _DONE:
        return
    readings, made = results.sheet(session, job), adjustments.of_job(session, job)
    read = {row.point_id for row in readings.all_rows()}
    if not read <= {point.id for point in chosenpoints.of_job(job)}:
        yield f"calibration: {label(job)} has readings of points that it does not measure"
    if next(adjustments.missing(job, readings, made), None) is not None:
        yield f"calibration: {label(job)} is {job.state.value} without all of its readings"
    if bool(made) == bool(job.unadjusted_by):
        yield f"calibration: {label(job)} does not say whether anything was adjusted"
    left = {point.id for point in adjustments.forced(job, made)}
    kept = {row.point_id for row in session.scalars(_left(job))}
    if left != kept:
        yield f"calibration: {label(job)} lacks as-left results of what was adjusted"
    if job.state is not JobState.MEASURED and not job.reviewer:
        yield f"calibration: {label(job)} is {job.state.value} and nobody reviewed it"


def _left(job: CalibrationJob) -> Select[CalibrationResult]:
    return select(CalibrationResult).where(
        CalibrationResult.job_id == job.id, CalibrationResult.phase == Phase.AS_LEFT
    )

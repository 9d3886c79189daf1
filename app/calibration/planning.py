"""A calibration job is planned: which robot, by what, and which of the procedure's points."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import chosenpoints, procedures, standing
from app.calibration.job_models import CalibrationJob, JobReason, JobState
from app.calibration.jobbook import by_id, label, lock, page, reference, touch
from app.calibration.procedure_models import ProcedureVersion, VersionState
from app.calibration.states import JOB_LABELS
from app.kernel import audit, clock, numbers, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots.models import Unit

SERIES = "calibration"


def plan(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    version: ProcedureVersion | None = None,
    code: str = "",
    reason: JobReason,
    reference: str = "",
    points: Collection[int] = (),
    targets: Collection[str] = (),
) -> CalibrationJob:
    """A job on a robot by a released version, or by a procedure's code.

    `points` are the places of those to measure, and `targets` adds what is at them; neither: all.

    Raises Refused for a version that is not released or not for this model, Conflict while the
    robot is being measured by that very version.
    """
    actor.require("calibration.measure")
    queueing.enter(session, actor.store_id)
    if unit.store_id != actor.store_id:
        raise NotFound(msg("There is no such robot in this store."), field="unit")
    released = version or procedures.released(
        session, actor.store_id, code=code, model_id=unit.model_id
    )
    _check_version(released, unit)
    version = procedures.loaded(session, released.id) if targets or points else released
    _require_not_measured(session, unit, version)
    job = CalibrationJob(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series=SERIES),
        unit_id=unit.id,
        version_id=version.id,
        reason=reason,
        reference=clean(reference)[:64],
        points=_chosen(version, points, targets),
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(job)
    session.flush()
    _record(session, actor, job, unit)
    return by_id(session, actor, job.id)


def _record(session: Session, actor: Actor, job: CalibrationJob, unit: Unit) -> None:
    audit.record(
        session,
        actor,
        "calibration.planned",
        subject=f"calibration:{label(job)}",
        after={
            "unit": unit.serial,
            "version_id": job.version_id,
            "reason": job.reason,
            "points": job.points or "all",
        },
    )


def plan_due(
    session: Session, actor: Actor, unit: Unit, *, code: str, reference: str = ""
) -> CalibrationJob:
    """A job over what keeps the robot here by a procedure: those targets alone.

    Where nothing of it is asked for or over, the whole procedure is measured.
    """
    actor.require("calibration.measure")
    queueing.enter(session, actor.store_id)
    version = procedures.released(session, actor.store_id, code=code, model_id=unit.model_id)
    due = {
        row.target
        for row in standing.standing(session, unit)
        if row.blocks and search_key(row.code) == search_key(code)
    }
    return plan(
        session,
        actor,
        unit,
        version=version,
        reason=JobReason.AFTER_REPAIR if reference else JobReason.SCHEDULED,
        reference=reference,
        points=chosenpoints.seqs_at(version, due),
    )


def measure_also(
    session: Session, actor: Actor, job: CalibrationJob, targets: Collection[str]
) -> None:
    """Take up further targets in a job that is not measured yet; there already: nothing changes."""
    lock(session, actor, job)
    if job.state not in {JobState.PLANNED, JobState.MEASURING}:
        raise Conflict(
            msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]),
            link=page(job),
        )
    if not chosenpoints.is_part(job):
        return
    version = job.procedure_version
    _chosen(version, (), targets)
    before = chosenpoints.read(job.points)
    wanted = before | chosenpoints.seqs_at(version, targets)
    if wanted == before:
        return
    job.points = chosenpoints.written(version, wanted)
    touch(session, job)
    audit.record(
        session,
        actor,
        "calibration.points_added",
        subject=reference(job),
        before={"points": sorted(before)},
        after={"points": job.points or "all"},
    )


def _chosen(version: ProcedureVersion, points: Collection[int], targets: Collection[str]) -> str:
    """What the job keeps of its choice; raises Refused where no such point is."""
    if not points and not targets:
        return chosenpoints.ALL
    for target in targets:
        if not chosenpoints.seqs_at(version, {target}):
            raise Refused(
                msg("This procedure has no point at {target}.", target=target[:60]), field="points"
            )
    seqs = {*points, *chosenpoints.seqs_at(version, targets)}
    return chosenpoints.written(version, seqs)


def _check_version(version: ProcedureVersion, unit: Unit) -> None:
    if version.state is not VersionState.RELEASED:
        raise Refused(
            msg("Only a released version is measured by."),
            field="procedure",
            link="/calibration/procedures",
        )
    if version.model_id not in {None, unit.model_id}:
        raise Refused(msg("This version is for another model."), field="procedure")


def _require_not_measured(session: Session, unit: Unit, version: ProcedureVersion) -> None:
    twin = _being_measured(session, unit, version)
    if twin is not None:
        raise Conflict(
            msg("{number} measures this robot by this procedure already.", number=label(twin)),
            field="procedure",
            link=page(twin),
        )


def _being_measured(
    session: Session, unit: Unit, version: ProcedureVersion
) -> CalibrationJob | None:
    return session.scalar(
        select(CalibrationJob).where(
            CalibrationJob.unit_id == unit.id,
            CalibrationJob.version_id == version.id,
            CalibrationJob.ended_at.is_(None),
            CalibrationJob.state != JobState.REVIEWED,
        )
    )

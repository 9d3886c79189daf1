"""Jobs by number, and the one way in which they change their state."""

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.calibration.job_models import CalibrationJob, JobState
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.calibration.states import ENDED, JOB_LABELS, JOB_MOVES
from app.kernel import audit, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import msg
from app.robots import timeline
from app.robots.models import Unit


class ChangedMeanwhile(Conflict):
    """Somebody else has changed the job since it was shown."""

    code = "changed_meanwhile"


def label(job: CalibrationJob) -> str:
    """The number as people read and scan it."""
    return f"K-{job.number}"


def reference(job: CalibrationJob) -> str:
    """What movements, tickets and the audit call it."""
    return f"calibration:{label(job)}"


def page(job: CalibrationJob) -> str:
    return f"/calibration/jobs/{job.number}"


def by_number(session: Session, actor: Actor, number: int) -> CalibrationJob:
    """The store's job of this number with robot, version, points, budgets and needs."""
    found = _one(session, _of_store(actor).where(CalibrationJob.number == number))
    if found is None:
        raise NotFound(
            msg("There is no calibration {number} in this store.", number=f"K-{number}"),
            link="/calibration/jobs",
        )
    return found


def by_id(session: Session, actor: Actor, job_id: int) -> CalibrationJob:
    """The same by its row."""
    found = _one(session, _of_store(actor).where(CalibrationJob.id == job_id))
    if found is None:
        raise NotFound(msg("There is no such calibration in this store."))
    return found


def _one(session: Session, query: Select[CalibrationJob]) -> CalibrationJob | None:
    return session.scalars(query).unique().one_or_none()


def _of_store(actor: Actor) -> Select[CalibrationJob]:
    version = joinedload(CalibrationJob.procedure_version)
    points = selectinload(ProcedureVersion.points).selectinload(ProcedurePoint.budget)
    return (
        select(CalibrationJob)
        .where(CalibrationJob.store_id == actor.store_id)
        .options(
            joinedload(CalibrationJob.unit).joinedload(Unit.model),
            joinedload(CalibrationJob.unit).joinedload(Unit.maker),
            version.joinedload(ProcedureVersion.procedure),
            version.options(points, joinedload(ProcedureVersion.needs)),
        )
    )


def points_of(job: CalibrationJob) -> dict[int, ProcedurePoint]:
    """The points of the job's version by their rows' ids, in order."""
    return {point.id: point for point in job.procedure_version.points}


def lock(
    session: Session, actor: Actor, job: CalibrationJob, expected_version: int | None = None
) -> None:
    """The first step of each change: who may, in the store's queue, on the job as it was seen.

    A job that changed while one waited for one's turn is told by `touch`, the last step.
    """
    actor.require("calibration.measure")
    queueing.enter(session, actor.store_id)
    if expected_version is not None and expected_version != job.version:
        raise _changed(job)


def touch(session: Session, job: CalibrationJob) -> None:
    """One more change; raises ChangedMeanwhile when another one came between."""
    session.flush()
    found = session.execute(
        update(CalibrationJob)
        .where(CalibrationJob.id == job.id, CalibrationJob.version == job.version)
        .values(version=job.version + 1)
        .returning(CalibrationJob.version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if found is None:
        raise _changed(job)
    set_committed_value(job, "version", found)


def _changed(job: CalibrationJob) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        msg("Somebody else has changed {number} meanwhile. Look again.", number=label(job)),
        link=page(job),
    )


def move(
    session: Session, actor: Actor, job: CalibrationJob, to: JobState, *, why: str = ""
) -> None:
    """Into another state, with the audit's entry; the rest is the caller's."""
    before = job.state
    JOB_MOVES.check(before, to)
    job.state = to
    touch(session, job)
    audit.record(
        session,
        actor,
        f"calibration.{to.value}",
        subject=reference(job),
        before={"state": before},
        after={"state": to},
        reason=why or None,
    )
    if to in ENDED or to in {JobState.MEASURED, JobState.REVIEWED}:
        timeline.note(
            session,
            job.unit_id,
            kind="calibration",
            summary=msg(
                "Calibration {number}, {procedure}: {state}",
                number=label(job),
                procedure=job.procedure_version.title,
                state=JOB_LABELS[to],
            ),
            link=page(job),
            actor_name=actor.name,
        )

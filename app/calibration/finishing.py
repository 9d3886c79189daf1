"""The end of measuring: whether everything is there, and what is announced."""

from sqlalchemy.orm import Session

from app.calibration import adjustments, chosenpoints, events, results
from app.calibration.job_models import (
    Adjustment,
    CalibrationJob,
    CalibrationResult,
    JobState,
    Phase,
)
from app.calibration.jobbook import label, lock, move, page
from app.calibration.metrology.decision import Verdict
from app.calibration.states import JOB_LABELS, JOB_MOVES
from app.calibration.surroundings import Conditions, needed, set_end_conditions
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.events import announce
from app.kernel.text import msg


def finish(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    conditions: Conditions | None = None,
    *,
    expected_version: int | None = None,
) -> None:
    """Everything is read: hand the job to the review.

    Raises Refused naming what is missing: readings, as-left of what was adjusted, the statement
    that nothing was adjusted, the surroundings.
    """
    lock(session, actor, job, expected_version)
    JOB_MOVES.check(job.state, JobState.MEASURED)
    readings = results.sheet(session, job)
    made = adjustments.of_job(session, job)
    gap = next(adjustments.missing(job, readings, made), None)
    if gap is not None:
        raise Refused(
            msg(
                "{point} lacks readings: {count} of {wanted}.",
                point=gap.point.label,
                count=gap.count,
                wanted=gap.point.readings,
            ),
            link=f"{page(job)}?point={gap.point.seq}&phase={gap.phase.value}",
        )
    if not made and not job.unadjusted_by:
        raise Refused(msg("Say that nothing was adjusted, or record what was."), field="adjustment")
    set_end_conditions(job, conditions or Conditions())
    job.measured_at = clock.now()
    kept = _compute_all(session, job, made)
    move(session, actor, job, JobState.MEASURED)
    announce(session, events.JobMeasured(actor, job.store_id, job.id, job.unit_id))
    failed = [row for row in kept if row.phase is Phase.AS_FOUND and row.verdict is Verdict.FAIL]
    if failed:
        announce(
            session,
            events.AsFoundFailed(
                actor, job.store_id, job.id, job.unit_id, tuple(row.id for row in failed)
            ),
        )


def _compute_all(
    session: Session,
    job: CalibrationJob,
    made: list[Adjustment],
) -> list[CalibrationResult]:
    """Every result once more, so that none is missing: computed points and those left out."""
    version = job.procedure_version
    at = results.workings(session, job)
    wanted = {
        Phase.AS_FOUND: [
            point
            for point in chosenpoints.of_job(job)
            if adjustments.was_found(version, point, at.sheet) or not made
        ],
        Phase.AS_LEFT: adjustments.forced(job, made),
    }
    return [
        row
        for phase, points in wanted.items()
        if points
        for row in results.compute_points(session, job, points, phase, at=at)
    ]


def reopen(session: Session, actor: Actor, job: CalibrationJob, *, reason: str) -> None:
    """Send a measured job back: something is to be read again."""
    lock(session, actor, job)
    why = needed(reason)
    if job.state is not JobState.MEASURED:
        raise Conflict(msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]))
    job.measured_at = None
    job.review_note = why
    move(session, actor, job, JobState.MEASURING, why=why)

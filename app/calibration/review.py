"""The second look: another person sees what was read, what shifted since last time, and signs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.calibration import chosenpoints, events, results
from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    JobState,
    MeasurementRules,
    Phase,
    Reading,
)
from app.calibration.jobbook import label, lock, move, page
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.calibration.states import JOB_LABELS, STANDS
from app.identity import approval
from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.events import announce
from app.kernel.text import msg

_LARGE = 3.0
_LONGEST_NOTE = 4_000
_MOST_BEFORE = 8


@dataclass(frozen=True, slots=True)
class Shift:
    """As found against how the robot left last time, with both uncertainties combined."""

    point: ProcedurePoint
    before: float
    now: float
    combined: float

    @property
    def shift(self) -> float:
        return self.now - self.before

    @property
    def is_large(self) -> bool:
        """More than three combined uncertainties: something happened in between."""
        return abs(self.shift) > _LARGE * self.combined


@dataclass(frozen=True, slots=True)
class Before:
    """A job that stands, with how its points were left."""

    job: CalibrationJob
    results: dict[int, CalibrationResult]


def review(
    session: Session, reviewer: Actor, job: CalibrationJob, *, pin: str, note: str = ""
) -> None:
    """Stand for what was measured.

    Raises Refused for one's own work, unless the store has nobody else; for results that do not
    come out the same any more; for large shifts without a word; WrongPin for a wrong PIN.
    """
    reviewer.require("calibration.review")
    lock(session, reviewer, job)
    if job.state is not JobState.MEASURED:
        raise Conflict(
            msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]),
            link=page(job),
        )
    own = has_measured(session, job, reviewer)
    if own and not may_review_own(session, job.store_id):
        raise Refused(
            msg("You have measured {number}: somebody else reviews it.", number=label(job))
        )
    said = words.fitting(note, most=_LONGEST_NOTE, field="note")
    if not said and any(one.is_large for one in shifts(session, job)):
        raise Refused(msg("Say in the note why the large shifts are accepted."), field="note")
    if next(results.differing(session, job), None) is not None:
        raise Refused(msg("A result does not come out the same any more. Send the job back."))
    approval.sign(session, reviewer, pin=pin)
    job.reviewer_id, job.reviewer, job.reviewed_at = reviewer.staff_id, reviewer.name, clock.now()
    job.review_note, job.is_self_reviewed = said, own
    move(session, reviewer, job, JobState.REVIEWED, why=said[:200])
    announce(session, events.JobReviewed(reviewer, job.store_id, job.id, job.unit_id))


def has_measured(session: Session, job: CalibrationJob, actor: Actor) -> bool:
    """Whether somebody began the job or took a reading in it."""
    if actor.staff_id is None or job.performer_id == actor.staff_id:
        return True
    taken = select(Reading.id).where(
        Reading.job_id == job.id, Reading.taken_by_id == actor.staff_id
    )
    return bool(session.scalar(select(taken.exists())))


def shifts(session: Session, job: CalibrationJob) -> list[Shift]:
    """What changed since the robot was last measured by this procedure; a few statements."""
    before = last_times(session, job)
    if not before:
        return []
    now = {
        point_id: row
        for (point_id, phase), row in results.of_job(session, job).items()
        if phase is Phase.AS_FOUND
    }
    return list(_compared(job, now, before))


def last_times(session: Session, job: CalibrationJob) -> list[Before]:
    """How points stood when they were measured last: of several jobs, where some were partial.

    The newest standing job of the robot and procedure counts, and before it those that a job over
    a part of its points left their word.
    """
    found: list[Before] = []
    for last in _standing_before(session, job):
        found.append(Before(last, results.final(session, last)))
        if not chosenpoints.is_part(last):
            break
    return found


def _standing_before(session: Session, job: CalibrationJob) -> list[CalibrationJob]:
    return list(
        session.scalars(
            select(CalibrationJob)
            .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
            .where(
                CalibrationJob.unit_id == job.unit_id,
                CalibrationJob.id < job.id,
                CalibrationJob.state.in_(STANDS),
                ProcedureVersion.procedure_id == job.procedure_version.procedure_id,
            )
            .order_by(CalibrationJob.id.desc())
            .limit(_MOST_BEFORE)
            .options(
                joinedload(CalibrationJob.procedure_version).selectinload(ProcedureVersion.points)
            )
        )
    )


def _compared(
    job: CalibrationJob,
    now: dict[int, CalibrationResult],
    before: list[Before],
) -> Iterator[Shift]:
    """Points are the same by what they measure, whatever the version calls them."""
    newest: dict[tuple[str, ...], CalibrationResult] = {}
    for last in before:
        for point in last.job.procedure_version.points:
            if point.id in last.results:
                newest.setdefault(meant(point), last.results[point.id])
    for point in chosenpoints.of_job(job):
        found, left = now.get(point.id), newest.get(meant(point))
        if found is None or left is None or found.value is None or left.value is None:
            continue
        combined = math.hypot(found.expanded or 0.0, left.expanded or 0.0)
        yield Shift(point, left.value, found.value, combined)


def meant(point: ProcedurePoint) -> tuple[str, ...]:
    return (point.target, point.quantity, point.unit, point.method, point.nominal, point.label)


def may_review_own(session: Session, store_id: int) -> bool:
    """Whether who measured may review: in a store of one person."""
    return bool(
        session.scalar(
            select(MeasurementRules.may_review_own).where(MeasurementRules.store_id == store_id)
        )
    )


def let_review_own(session: Session, actor: Actor, *, may: bool) -> None:
    """For a store where nobody else is; every certificate then says so."""
    actor.require("settings.edit")
    rules = session.scalar(
        select(MeasurementRules).where(MeasurementRules.store_id == actor.store_id)
    ) or MeasurementRules(store_id=actor.store_id, changed_at=clock.now(), changed_by="")
    before = rules.may_review_own
    if before is may:
        return
    rules.may_review_own, rules.changed_at, rules.changed_by = may, clock.now(), actor.name
    session.add(rules)
    session.flush()
    audit.record(
        session,
        actor,
        "measurement.own_reviews",
        subject=f"store:{actor.store_id}",
        before={"may_review_own": before},
        after={"may_review_own": may},
    )

"""What was changed at the robot between as found and as left, and what that asks for.

An adjustment asks for as-left readings of its points. That nothing was adjusted is said by
somebody, never assumed; then as left is as found.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import chosenpoints, results
from app.calibration.job_models import (
    Adjustment,
    CalibrationJob,
    JobReason,
    JobState,
    Phase,
    ReadingExclusion,
)
from app.calibration.jobbook import label, lock, page, reference, touch
from app.calibration.methods import inputs_of
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion
from app.calibration.results import Sheet
from app.calibration.states import JOB_LABELS
from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

_LONGEST_WORD = 100
_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class AdjustmentInput:
    """Which parameter of what was changed, from what to what."""

    target: str
    parameter: str
    after: str
    before: str = ""
    unit: str = ""
    firmware: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A point that lacks readings of a phase."""

    point: ProcedurePoint
    phase: Phase
    count: int


def of_job(session: Session, job: CalibrationJob) -> list[Adjustment]:
    """In the order in which they were made; one statement."""
    return list(
        session.scalars(
            select(Adjustment).where(Adjustment.job_id == job.id).order_by(Adjustment.id)
        )
    )


def record(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    wanted: AdjustmentInput,
    *,
    expected_version: int | None = None,
) -> Adjustment:
    """A parameter was changed. Its points want as-left readings from now on.

    Raises Refused while its points lack as-found readings: afterwards nobody could take them.
    After a repair there may be none, since what was there before is gone.
    """
    lock(session, actor, job, expected_version)
    _require_measuring(job)
    read = _read(job, wanted)
    made = of_job(session, job)
    if job.reason is not JobReason.AFTER_REPAIR:
        _require_found(session, job, read.target, made)
    row = Adjustment(
        job_id=job.id,
        target=read.target,
        parameter=read.parameter,
        before=read.before,
        after=read.after,
        unit=read.unit,
        firmware=read.firmware or job.unit.firmware,
        at=clock.now(),
        by=actor.name,
        note=read.note,
    )
    session.add(row)
    job.unadjusted_by, job.unadjusted_at = "", None
    _outdate(session, actor, job, [*made, row], read.target)
    touch(session, job)
    audit.record(
        session,
        actor,
        "calibration.adjusted",
        subject=reference(job),
        before={"target": read.target, "parameter": read.parameter, "value": read.before},
        after={"target": read.target, "parameter": read.parameter, "value": read.after},
    )
    return row


def nothing_adjusted(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    *,
    expected_version: int | None = None,
) -> None:
    """Say that the robot leaves as it was found. Raises Conflict when something was adjusted."""
    lock(session, actor, job, expected_version)
    _require_measuring(job)
    if of_job(session, job):
        raise Conflict(
            msg("{number} has adjustments on record.", number=label(job)), field="adjustment"
        )
    if job.unadjusted_by:
        return
    job.unadjusted_by, job.unadjusted_at = actor.name, clock.now()
    touch(session, job)
    audit.record(session, actor, "calibration.unadjusted", subject=reference(job))


def touched(job: CalibrationJob, targets: Collection[str]) -> list[ProcedurePoint]:
    """Points of these targets, what they are computed from, and what is computed of them."""
    every = chosenpoints.of_job(job)
    hit = [point for point in every if point.target in targets]
    inputs = {seq for point in hit for seq in inputs_of(point)}
    measured = [
        point
        for point in every
        if point.readings and (point.target in targets or point.seq in inputs)
    ]
    return results.touched_by(job, [*hit, *measured])


def forced(job: CalibrationJob, made: Collection[Adjustment]) -> list[ProcedurePoint]:
    """The points that want as-left results, because something of them was adjusted."""
    return touched(job, {row.target for row in made})


def was_found(version: ProcedureVersion, point: ProcedurePoint, readings: Sheet) -> bool:
    """Whether anything was read of a point, or of what it is computed from, as found."""
    seqs = set(inputs_of(point) or (point.seq,))
    return any(readings.of(other, Phase.AS_FOUND) for other in version.points if other.seq in seqs)


def missing(job: CalibrationJob, readings: Sheet, made: Collection[Adjustment]) -> Iterator[Gap]:
    """What has to be read yet, in the order in which it is read: as found, then as left."""
    left = {point.seq for point in forced(job, made)}
    wanted = needed(job)
    for phase in Phase:
        for point in wanted:
            is_left = phase is Phase.AS_LEFT
            if is_left and point.seq not in left:
                continue
            if not is_left and point.seq in left and not readings.of(point, phase):
                continue  # adjusted before anything was read: only after a repair
            count = readings.kept(point, phase)
            if count < point.readings:
                yield Gap(point, phase, count)


def needed(job: CalibrationJob) -> list[ProcedurePoint]:
    """Measured points that are required, by themselves or by what is computed of them."""
    every = chosenpoints.of_job(job)
    inputs = {seq for point in every if point.is_required for seq in inputs_of(point)}
    return [
        point for point in every if point.readings and (point.is_required or point.seq in inputs)
    ]


def check_phase(
    job: CalibrationJob, point: ProcedurePoint, phase: Phase, made: Collection[Adjustment]
) -> None:
    """Raises Refused for a reading as found of what was adjusted, or as left of what was not."""
    is_adjusted = point.seq in {one.seq for one in forced(job, made)}
    if phase is Phase.AS_FOUND and is_adjusted:
        raise Refused(
            msg("{point} was adjusted: it is read as left now.", point=point.label),
            field="reading",
            link=page(job),
        )
    if phase is Phase.AS_LEFT and not is_adjusted:
        raise Refused(
            msg("{point} was not adjusted: as left is as found.", point=point.label),
            field="reading",
            link=page(job),
        )


def _require_measuring(job: CalibrationJob) -> None:
    if job.state is not JobState.MEASURING:
        raise Conflict(
            msg("{number} is {state}.", number=label(job), state=JOB_LABELS[job.state]),
            link=page(job),
        )


def _require_found(
    session: Session, job: CalibrationJob, target: str, made: Collection[Adjustment]
) -> None:
    already = {point.seq for point in forced(job, made)}
    points = [
        point for point in touched(job, {target}) if point.readings and point.seq not in already
    ]
    readings = results.sheet(session, job, [point.id for point in points])
    for point in points:
        if readings.kept(point, Phase.AS_FOUND) < point.readings:
            raise Refused(
                msg(
                    "Read {point} as found first; after the adjustment nobody can.",
                    point=point.label,
                ),
                field="target",
            )


def _outdate(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    made: Collection[Adjustment],
    target: str,
) -> None:
    """What was read as left before another adjustment is left out, visibly: it is no longer so."""
    points = touched(job, {target})
    readings = results.sheet(session, job)
    stale = [
        one.row for point in points for one in readings.of(point, Phase.AS_LEFT) if not one.excluded
    ]
    if not stale:
        return
    reason = f"Adjusted again: {list(made)[-1].parameter}"
    session.add_all(
        ReadingExclusion(reading_id=row.id, reason=reason, at=clock.now(), by=actor.name)
        for row in stale
    )
    session.flush()
    results.compute_points(session, job, points, Phase.AS_LEFT)


def _read(job: CalibrationJob, wanted: AdjustmentInput) -> AdjustmentInput:
    """Trimmed and checked; raises Refused at the field."""
    targets = {point.target for point in chosenpoints.of_job(job)}
    read = AdjustmentInput(
        target=clean(wanted.target),
        parameter=_word("parameter", wanted.parameter, required=True),
        after=_word("after", wanted.after, required=True),
        before=_word("before", wanted.before),
        unit=_word("unit", wanted.unit, most=32),
        firmware=_word("firmware", wanted.firmware, most=64),
        note=_word("note", wanted.note, most=_LONGEST_NOTE),
    )
    if read.target not in targets:
        raise Refused(msg("No point of this job is there."), field="target")
    return read


def _word(field: str, text: str, *, most: int = _LONGEST_WORD, required: bool = False) -> str:
    said = words.fitting(text, most=most, field=field)
    if required and not said:
        raise Refused(msg("Please fill this in."), field=field)
    return said

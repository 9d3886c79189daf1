"""How long a calibration holds: it begins when a reviewed job passed, and ends by what happens.

The calendar and the hours are compared when somebody asks; a change ends a validity at once and
asks for the procedure anew. Each target stands for itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from app.calibration import chosenpoints, demands, jobbook, results
from app.calibration.bodytargets import named
from app.calibration.demands import Asked
from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    Phase,
    Reading,
    ReadingExclusion,
)
from app.calibration.methods import inputs_of
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.validity_models import Change, Validity
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.robots import timeline
from app.robots.counters import SECONDS_PER_HOUR
from app.stores import desk

SUPERSEDED = "superseded"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """What happened, when, and for which ticket."""

    change: Change
    why: Text
    at: datetime
    reference: str = ""


def current(session: Session, unit_id: int, procedure_id: int | None = None) -> list[Validity]:
    """What nothing has ended, also when its day is over."""
    query = select(Validity).where(Validity.unit_id == unit_id, Validity.ended_at.is_(None))
    if procedure_id is not None:
        query = query.where(Validity.procedure_id == procedure_id)
    return list(session.scalars(query.order_by(Validity.id)))


def end(session: Session, actor: Actor, rows: Sequence[Validity], cause: Cause) -> None:
    """These hold no longer, because of what happened; what is then asked for is the caller's."""
    kept = timeline.written(cause.why)
    for row in rows:
        row.ended_at = max(cause.at, row.valid_from)
        row.ended_by, row.ended_why = cause.change.value, kept
        row.reference = cause.reference
    session.flush()
    for unit_id in sorted({row.unit_id for row in rows}):
        gone = [row for row in rows if row.unit_id == unit_id]
        audit.record(
            session,
            actor,
            "calibration.ended",
            subject=f"unit:{unit_id}",
            after={
                "by": cause.change,
                "validities": [row.id for row in gone],
                "targets": sorted({row.target for row in gone}),
            },
            reason=cause.reference or None,
        )
        timeline.note(
            session,
            unit_id,
            kind="calibration",
            summary=msg(
                "Calibration ended, {targets}: {why}",
                targets=names_of(row.target for row in gone),
                why=cause.why,
            ),
            actor_name=actor.name,
        )


def end_and_ask(session: Session, actor: Actor, rows: Sequence[Validity], cause: Cause) -> None:
    """These hold no longer, and each is asked for anew."""
    end(session, actor, rows, cause)
    by_unit: dict[tuple[int, int], set[Asked]] = defaultdict(set)
    for row in rows:
        by_unit[row.store_id, row.unit_id].add(Asked(row.procedure_id, row.target))
    for (store_id, unit_id), asked in by_unit.items():
        demands.ask(session, actor, demands.Robot(store_id, unit_id), asked, cause)


def pass_by(session: Session, actor: Actor, job: CalibrationJob) -> list[Validity]:
    """What a reviewed job proved holds from its readings on; what it did not prove is asked for.

    `job` comes with its version and points. A target counts only by readings taken after the last
    thing that happened to it. Where a job measured only some points of a target, they can fail
    there, but never pass it.
    """
    version = job.procedure_version
    final = results.final(session, job)
    taken = _first_readings(session, job)
    asked = demands.last_asked(session, job.unit_id, version.procedure_id)
    standing = {row.target: row for row in current(session, job.unit_id, version.procedure_id)}
    begun: list[Validity] = []
    failed: dict[str, datetime] = {}
    by_target: dict[str, list[ProcedurePoint]] = defaultdict(list)
    for point in version.points:
        by_target[point.target].append(point)
    for target, points in by_target.items():
        since = _since(version.points, chosenpoints.among(job, points), final, taken)
        before = standing.get(target)
        if since is None or (target in asked and asked[target] > since):
            continue
        if before is not None and before.valid_from > since:
            continue
        measured = chosenpoints.among(job, points)
        if not all(results.accepted(point, final.get(point.id)) for point in measured):
            failed[target] = since
        elif len(measured) == len(points):
            begun.append(_begin(job, target, since))
    _supersede(session, [standing[row.target] for row in begun if row.target in standing])
    _set_due(session, job, begun)
    session.add_all(begun)
    session.flush()
    demands.settle(session, actor, job, {row.target: row.valid_from for row in begun})
    if failed:
        _fail(session, actor, job, failed, standing)
    if begun:
        audit.record(
            session,
            actor,
            "calibration.passed",
            subject=jobbook.reference(job),
            after={"unit": job.unit_id, "targets": sorted(row.target for row in begun)},
        )
    return begun


def take_back(session: Session, actor: Actor, job: CalibrationJob, *, reason: str) -> None:
    """A job was voided after all: what it had proved is asked for anew."""
    rows = session.scalars(
        select(Validity).where(Validity.job_id == job.id, Validity.ended_at.is_(None))
    ).all()
    if not rows:
        return
    why = msg("{number} was taken back: {reason}", number=jobbook.label(job), reason=reason)
    end_and_ask(session, actor, rows, Cause(Change.RECALL, why, clock.now(), job.reference))


def names_of(targets: Iterable[str]) -> Text:
    """Targets in words, the first few of many."""
    known = sorted(set(targets))
    facts: dict[str, object] = {f"t{at}": named(one) for at, one in enumerate(known[:_MOST_NAMED])}
    listed = Text(", ".join(f"{{{name}}}" for name in facts), facts)
    if len(known) <= _MOST_NAMED:
        return listed
    return msg("{listed} and {count} more", listed=listed, count=len(known) - _MOST_NAMED)


def _begin(job: CalibrationJob, target: str, since: datetime) -> Validity:
    return Validity(
        store_id=job.store_id,
        unit_id=job.unit_id,
        procedure_id=job.procedure_version.procedure_id,
        target=target,
        job_id=job.id,
        valid_from=since,
    )


def _set_due(session: Session, job: CalibrationJob, begun: Sequence[Validity]) -> None:
    """By when and at which hours they are over; the day counts as the store has it."""
    version = job.procedure_version
    if not begun or (version.valid_months is None and version.valid_hours is None):
        return
    store = desk.store_of(session, job.store_id)
    for row in begun:
        if version.valid_months is not None:
            day = desk.business_day_of(store, job.measured_at or row.valid_from)
            row.due_on = clock.add_months(day, version.valid_months)
        if version.valid_hours is not None and job.hours_s is not None:
            row.due_hours_s = job.hours_s + version.valid_hours * SECONDS_PER_HOUR


def _supersede(session: Session, rows: Sequence[Validity]) -> None:
    for row in rows:
        row.ended_at, row.ended_by = clock.now(), SUPERSEDED
    # only one is current at a time: the old one goes before the new one comes
    session.flush()


def _fail(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    failed: Mapping[str, datetime],
    standing: Mapping[str, Validity],
) -> None:
    """Measured, and outside its limits: nothing holds there, and it has to pass."""
    cause = Cause(
        Change.FAILED,
        msg("{number} did not pass there", number=jobbook.label(job)),
        max(failed.values()),
        job.reference,
    )
    gone = [standing[target] for target in failed if target in standing]
    if gone:
        end(session, actor, gone, cause)
    procedure_id = job.procedure_version.procedure_id
    demands.ask(
        session,
        actor,
        demands.Robot(job.store_id, job.unit_id),
        {Asked(procedure_id, target) for target in failed},
        cause,
    )


def _since(
    every: Collection[ProcedurePoint],
    points: Collection[ProcedurePoint],
    final: Mapping[int, CalibrationResult],
    taken: Mapping[tuple[int, Phase], datetime],
) -> datetime | None:
    """The first reading of those that a target's results are made of; None: nothing was read."""
    by_seq = {point.seq: point for point in every}
    moments = []
    for point in points:
        row = final.get(point.id)
        if row is None:
            continue
        for seq in (point.seq, *inputs_of(point)):
            other = by_seq.get(seq)
            moment = other and (
                taken.get((other.id, row.phase)) or taken.get((other.id, Phase.AS_FOUND))
            )
            if moment:
                moments.append(moment)
    return min(moments, default=None)


def _first_readings(session: Session, job: CalibrationJob) -> dict[tuple[int, Phase], datetime]:
    """When the first reading that counts was taken, by point and phase; one statement."""
    later = aliased(Reading)
    rows = session.execute(
        select(Reading.point_id, Reading.phase, func.min(Reading.taken_at))
        .where(
            Reading.job_id == job.id,
            ~exists().where(later.replaces_id == Reading.id),
            ~exists().where(ReadingExclusion.reading_id == Reading.id),
        )
        .group_by(Reading.point_id, Reading.phase)
    )
    return {(point_id, phase): moment for point_id, phase, moment in rows}

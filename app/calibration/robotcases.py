"""A robot came in outside its limits: what was released of it since it was last known good.

Between then and now its certificates may have said too much (METROLOGY: as-found failures open a
case by themselves). The case holds the results at and below what failed, and whether the same
reference or procedure lets other robots fail too, which points to that and not to the robot.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.orm import Session, joinedload

from app.calibration import impact, jobbook, review
from app.calibration.bodytargets import body_of
from app.calibration.equipment_models import Equipment
from app.calibration.events import AsFoundFailed
from app.calibration.failures import FAILED
from app.calibration.impact_models import ImpactCase, ImpactState, ImpactSubject
from app.calibration.job_models import CalibrationJob, CalibrationResult, Phase, Reading
from app.calibration.metrology.impact import Effect
from app.calibration.procedure_models import Procedure, ProcedurePoint, ProcedureVersion
from app.calibration.review import Before
from app.calibration.states import STANDS
from app.calibration.validity_models import Reach
from app.kernel.actor import Actor
from app.robots.models import Unit

_LOOKED_BACK = timedelta(days=90)
_LEAST_OTHERS = 1


def on_as_found_failed(session: Session, event: AsFoundFailed) -> None:
    """A case of the robot's own, where anything was released that rests on what failed."""
    job = jobbook.by_id(session, event.actor, event.job_id)
    failed = _points(session, event.result_ids)
    before = review.last_times(session, job)
    good = _last_good(before, failed)
    if not good:
        return  # never measured there before: nothing was said that could be wrong
    since = min(one.job.measured_at or one.job.made_at for one, _ in good)
    rested = [row for _, rows in good for row in rows]
    rested += _since(session, job, since, failed, apart_from={row.id for row in rested})
    impact.open_for_robot(
        session,
        event.actor,
        impact.Finding(
            subject=ImpactSubject.ROBOT,
            key=str(job.unit_id),
            since=since,
            until=job.measured_at or job.made_at,
            reason=f"{jobbook.label(job)}: {', '.join(point.label for point in failed)}",
        ),
        [_item(job.unit_id, row) for row in rested],
    )


def _points(session: Session, result_ids: Collection[int]) -> Sequence[ProcedurePoint]:
    return session.scalars(
        select(ProcedurePoint)
        .join(CalibrationResult, CalibrationResult.point_id == ProcedurePoint.id)
        .where(CalibrationResult.id.in_(result_ids))
        .order_by(ProcedurePoint.seq)
    ).all()


def _last_good(
    before: Sequence[Before], failed: Sequence[ProcedurePoint]
) -> list[tuple[Before, list[CalibrationResult]]]:
    """The results that last said how the failed points were, with their jobs."""
    open_ones = {review.meant(point) for point in failed}
    found = []
    for last in before:
        rows = []
        for point in last.job.procedure_version.points:
            meant = review.meant(point)
            if meant in open_ones and point.id in last.results:
                rows.append(last.results[point.id])
                open_ones.discard(meant)
        if rows:
            found.append((last, rows))
    return found


def _since(
    session: Session,
    job: CalibrationJob,
    since: object,
    failed: Sequence[ProcedurePoint],
    *,
    apart_from: Collection[int],
) -> list[CalibrationResult]:
    """What was measured of the robot since then at what failed, or at what hangs below it."""
    rows = session.execute(
        select(CalibrationResult, ProcedurePoint.target)
        .join(CalibrationJob, CalibrationJob.id == CalibrationResult.job_id)
        .join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
        .where(
            CalibrationJob.unit_id == job.unit_id,
            CalibrationJob.id != job.id,
            CalibrationJob.state.in_(STANDS),
            CalibrationJob.measured_at > since,
        )
        .order_by(CalibrationResult.id)
    ).all()
    body = body_of(session, job.unit)
    slots = [slot for point in failed for slot in body.at(point.target)]
    targets = {point.target for point in failed}
    return [
        row
        for row, target in rows
        if row.id not in apart_from
        and (
            target in targets
            or any(body.is_reached(target, Reach.DESCENDANTS, slot) for slot in slots)
        )
    ]


def _item(unit_id: int, row: CalibrationResult) -> dict[str, object]:
    """How far the robot was off in the meantime is not known: every verdict may be another."""
    return {
        "result_id": row.id,
        "unit_id": unit_id,
        "shift": 0.0,
        "value": row.value,
        "conformance": row.conformance,
        "effect": Effect.UNAFFECTED if row.verdict is None else Effect.MAY_CHANGE,
        "reason": "",
        "disposed_by": "",
    }


def open_of(session: Session, unit: Unit) -> ImpactCase | None:
    """The case of a robot that waits for what is done about it."""
    return session.scalar(
        select(ImpactCase).where(
            ImpactCase.store_id == unit.store_id,
            ImpactCase.subject == ImpactSubject.ROBOT,
            ImpactCase.subject_key == str(unit.id),
            ImpactCase.state == ImpactState.OPEN,
        )
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """What the failed robot has in common with others: a reference or a procedure version.

    `failed` of `robots` other ones came in outside their limits too; `key` begins a case on it.
    """

    name: str
    key: str
    robots: int
    failed: int


def shared(session: Session, actor: Actor, one: ImpactCase) -> list[Shared]:
    """References and the procedure of the failed job, by how other robots fared; two statements."""
    actor.require("calibration.view")
    if one.subject is not ImpactSubject.ROBOT:
        return []
    job = session.scalar(
        select(CalibrationJob)
        .where(
            CalibrationJob.unit_id == int(one.subject_key),
            CalibrationJob.measured_at == one.until,
        )
        .options(joinedload(CalibrationJob.procedure_version))
        .limit(1)
    )
    if job is None:
        return []
    found = [*_by_reference(session, job, one), *_by_version(session, job, one)]
    return sorted(
        (row for row in found if row.robots >= _LEAST_OTHERS),
        key=lambda row: (-row.failed / row.robots, row.name),
    )


def _by_reference(session: Session, job: CalibrationJob, one: ImpactCase) -> list[Shared]:
    used = select(Reading.equipment_id).where(
        Reading.job_id == job.id, Reading.equipment_id.is_not(None)
    )
    read = (
        select(Reading.job_id, Reading.point_id, Reading.phase, Reading.equipment_id)
        .where(
            Reading.equipment_id.in_(used),
            Reading.taken_at > one.until - _LOOKED_BACK,
            Reading.taken_at <= one.until,
            Reading.job_id != job.id,
        )
        .distinct()
        .subquery("read")
    )
    rows = session.execute(
        select(Equipment.id, Equipment.asset_number, Equipment.name, *_fared())
        .join(read, read.c.equipment_id == Equipment.id)
        .join(
            CalibrationResult,
            (CalibrationResult.job_id == read.c.job_id)
            & (CalibrationResult.point_id == read.c.point_id)
            & (CalibrationResult.phase == read.c.phase),
        )
        .join(CalibrationJob, CalibrationJob.id == CalibrationResult.job_id)
        .where(CalibrationJob.unit_id != job.unit_id, *_judged())
        .group_by(Equipment.id, Equipment.asset_number, Equipment.name)
    )
    return [
        Shared(f"{asset} · {name}", f"equipment:{key}", robots, failed)
        for key, asset, name, robots, failed in rows
    ]


def _by_version(session: Session, job: CalibrationJob, one: ImpactCase) -> list[Shared]:
    rows = session.execute(
        select(ProcedureVersion.id, Procedure.code, ProcedureVersion.number, *_fared())
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .join(CalibrationJob, CalibrationJob.version_id == ProcedureVersion.id)
        .join(CalibrationResult, CalibrationResult.job_id == CalibrationJob.id)
        .where(
            CalibrationJob.version_id == job.version_id,
            CalibrationJob.unit_id != job.unit_id,
            CalibrationJob.measured_at > one.until - _LOOKED_BACK,
            CalibrationJob.measured_at <= one.until,
            *_judged(),
        )
        .group_by(ProcedureVersion.id, Procedure.code, ProcedureVersion.number)
    )
    return [
        Shared(f"{code} / {number}", f"procedure:{key}", robots, failed)
        for key, code, number, robots, failed in rows
    ]


def _fared() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many robots were judged, and of how many something failed."""
    failed = case((CalibrationResult.verdict.in_(FAILED), CalibrationJob.unit_id))
    return func.count(distinct(CalibrationJob.unit_id)), func.count(distinct(failed))


def _judged() -> tuple[ColumnElement[bool], ...]:
    return (
        CalibrationResult.phase == Phase.AS_FOUND,
        CalibrationResult.verdict.is_not(None),
        CalibrationJob.measured_at.is_not(None),
    )

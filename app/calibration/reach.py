"""Which results rest on something that was found wrong: set by set, down the chain of references.

One statement follows the certificates of references link by link, another finds the results of
the readings that were taken with them; only what a result is judged by is fetched.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Integer,
    Select,
    and_,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.calibration.equipment_models import EquipmentCertificate, EquipmentParent
from app.calibration.impact_models import ImpactSubject
from app.calibration.job_models import CalibrationJob, CalibrationResult, Reading
from app.calibration.procedure_models import ProcedurePoint, ProcedureVersion

# Chains of references are short; a circle among them ends here too.
MOST_LINKS = 10


@dataclass(frozen=True, slots=True)
class Window:
    """What was wrong within (since, until]; the days are the store's own."""

    store_id: int
    subject: ImpactSubject
    key: str
    since: datetime
    until: datetime
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Touched:
    """A result with what it was judged by, and how much of the error reaches its readings.

    `is_direct` is false for a point that was computed from touched ones.
    """

    result_id: int
    unit_id: int
    point_id: int
    factor: float
    is_direct: bool
    row: Any


def touched(session: Session, window: Window) -> list[Touched]:
    """Every result that rests on what the window says, each once."""
    if window.subject is ImpactSubject.EQUIPMENT:
        return _by_readings(session, _read_with(window))
    if window.subject is ImpactSubject.PERSON:
        return _by_readings(session, _read_by(window))
    wanted: ColumnElement[bool] = (
        CalibrationJob.version_id == int(window.key)
        if window.subject is ImpactSubject.PROCEDURE
        else CalibrationResult.engine == window.key
    )
    rows = session.execute(
        _results().where(
            CalibrationJob.store_id == window.store_id,
            wanted,
            CalibrationResult.computed_at > window.since,
            CalibrationResult.computed_at <= window.until,
        )
    )
    return [_touched(row, 1.0, is_direct=True) for row in rows]


def _by_readings(session: Session, source: Select[Any]) -> list[Touched]:
    """Results of the points that were read, and of those computed from them."""
    read = source.cte("read")
    rows = session.execute(
        _results()
        .add_columns(read.c.factor)
        .join(
            read,
            and_(
                read.c.job_id == CalibrationResult.job_id,
                read.c.point_id == CalibrationResult.point_id,
                read.c.phase == CalibrationResult.phase,
            ),
        )
    ).all()
    direct = [_touched(row, float(row.factor), is_direct=True) for row in rows]
    return direct + _computed(session, direct)


def _computed(session: Session, direct: Sequence[Touched]) -> list[Touched]:
    """Results of points that take touched ones as their inputs, such as a pose's accuracy."""
    reach: dict[tuple[int, object], dict[int, float]] = {}
    for one in direct:
        reach.setdefault((one.row.job_id, one.row.phase), {})[one.row.seq] = one.factor
    versions = {one.row.version_id for one in direct}
    known = {one.result_id for one in direct}
    points = {
        point_id: set(json.loads(inputs))
        for point_id, inputs in session.execute(
            select(ProcedurePoint.id, ProcedurePoint.inputs).where(
                ProcedurePoint.version_id.in_(versions), ProcedurePoint.inputs != "[]"
            )
        )
    }
    if not points:
        return []
    found = []
    rows = session.execute(
        _results().where(
            CalibrationResult.point_id.in_(points),
            CalibrationResult.job_id.in_({job_id for job_id, _ in reach}),
        )
    )
    for row in rows:
        given = reach.get((row.job_id, row.phase), {})
        factors = [factor for seq, factor in given.items() if seq in points[row.point_id]]
        if factors and row.id not in known:
            found.append(_touched(row, max(factors, key=abs), is_direct=False))
    return found


def _read_with(window: Window) -> Select[Any]:
    """Job, point, phase and the largest factor of readings by the reference or one below it."""
    key = int(window.key)
    below = _below(window)
    own = select(
        Reading.job_id, Reading.point_id, Reading.phase, literal(1.0, Float).label("factor")
    ).where(
        Reading.equipment_id == key,
        Reading.taken_at > window.since,
        Reading.taken_at <= window.until,
    )
    others = select(Reading.job_id, Reading.point_id, Reading.phase, below.c.factor).join(
        below,
        and_(
            below.c.equipment_id == Reading.equipment_id,
            below.c.certificate_id == Reading.equipment_certificate_id,
        ),
    )
    every = union_all(own, others).subquery("taken")
    return select(
        every.c.job_id, every.c.point_id, every.c.phase, func.max(every.c.factor).label("factor")
    ).group_by(every.c.job_id, every.c.point_id, every.c.phase)


def _below(window: Window) -> CTE:
    """Certificates of references that were calibrated with the bad one within the window, and of
    those that were calibrated with these while they were in force.
    """
    first = (
        select(
            EquipmentCertificate.id.label("certificate_id"),
            EquipmentCertificate.equipment_id,
            EquipmentCertificate.calibrated_on,
            func.abs(cast(EquipmentParent.sensitivity, Float)).label("factor"),
            literal(1, Integer).label("links"),
        )
        .join(EquipmentParent, EquipmentParent.certificate_id == EquipmentCertificate.id)
        .where(
            EquipmentParent.parent_id == int(window.key),
            EquipmentCertificate.calibrated_on >= window.first_day,
            EquipmentCertificate.calibrated_on <= window.last_day,
        )
        .cte("below", recursive=True)
    )
    child, link, newer = (
        aliased(EquipmentCertificate),
        aliased(EquipmentParent),
        aliased(EquipmentCertificate),
    )
    replaced = (
        select(newer.id)
        .where(
            newer.equipment_id == first.c.equipment_id,
            newer.withdrawn_at.is_(None),
            newer.calibrated_on > first.c.calibrated_on,
            newer.calibrated_on < child.calibrated_on,
        )
        .exists()
    )
    return first.union(
        select(
            child.id,
            child.equipment_id,
            child.calibrated_on,
            first.c.factor * func.abs(cast(link.sensitivity, Float)),
            first.c.links + 1,
        )
        .join(link, link.certificate_id == child.id)
        .join(first, first.c.equipment_id == link.parent_id)
        .where(
            child.calibrated_on >= first.c.calibrated_on,
            first.c.links < MOST_LINKS,
            ~replaced,
        )
    )


def _read_by(window: Window) -> Select[Any]:
    return (
        select(
            Reading.job_id,
            Reading.point_id,
            Reading.phase,
            literal(1.0, Float).label("factor"),
        )
        .where(
            Reading.taken_by_id == int(window.key),
            Reading.taken_at > window.since,
            Reading.taken_at <= window.until,
        )
        .group_by(Reading.job_id, Reading.point_id, Reading.phase)
    )


def _results() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CalibrationResult.id,
            CalibrationResult.job_id,
            CalibrationResult.point_id,
            CalibrationResult.phase,
            CalibrationResult.value,
            CalibrationResult.standard,
            CalibrationResult.expanded,
            CalibrationResult.dof,
            CalibrationResult.conformance,
            CalibrationResult.verdict,
            CalibrationJob.unit_id,
            CalibrationJob.version_id,
            ProcedurePoint.seq,
            ProcedurePoint.unit,
            ProcedurePoint.role,
            ProcedurePoint.lower,
            ProcedurePoint.upper,
            ProcedureVersion.rule,
            ProcedureVersion.guard_ratio,
            ProcedureVersion.party,
        )
        .join(CalibrationJob, CalibrationJob.id == CalibrationResult.job_id)
        .join(ProcedurePoint, ProcedurePoint.id == CalibrationResult.point_id)
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
    )


def _touched(row: Any, factor: float, *, is_direct: bool) -> Touched:
    return Touched(row.id, row.unit_id, row.point_id, factor, is_direct, row)

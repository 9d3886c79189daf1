"""Which results rest on something that was found wrong: set by set, down the chain of references.

One statement follows the certificates of references link by link, another finds the results of
the readings that were taken with them, a third those in whose budget one of them stands; only
what a result is judged by is fetched.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentParent
from app.calibration.impact_models import ImpactSubject
from app.calibration.job_models import CalibrationJob, CalibrationResult, JobEquipment, Reading
from app.calibration.procedure_models import (
    BudgetLine,
    ProcedurePoint,
    ProcedureVersion,
    RowSource,
)

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
class Share:
    """How much of the bad reference's error reaches another one, in the unit that this shows."""

    factor: float
    unit: str = ""


_WHOLE = Share(1.0)


@dataclass(frozen=True, slots=True)
class Touched:
    """A result with what it was judged by, and how much of the error reaches its readings.

    `role` is what the reference played at the point. `inputs` are the factors of the touched
    points that a computed one was made of, by their places; none: it was read itself.
    """

    result_id: int
    unit_id: int
    point_id: int
    factor: float
    row: Any
    # what the reference that read it shows, where it is another one than the bad one
    unit: str = ""
    role: str = ""
    inputs: Mapping[int, float] = field(default_factory=dict)


def touched(session: Session, window: Window) -> list[Touched]:
    """Every result that rests on what the window says, each once."""
    if window.subject is ImpactSubject.EQUIPMENT:
        below = _certificates(session, window)
        read = _by_readings(session, _read_with(window, below), below)
        known = {one.result_id for one in read}
        beside = _by_budgets(session, window, below)
        return read + [one for one in beside if one.result_id not in known]
    if window.subject is ImpactSubject.PERSON:
        return _by_readings(session, _read_by(window), {})
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
    return [_touched(row, _WHOLE) for row in rows]


def _by_readings(
    session: Session, source: Select[*tuple[Any, ...]], shares: Mapping[int, Share]
) -> list[Touched]:
    """Results of the points that were read, and of those computed from them."""
    read = source.cte("read")
    rows = session.execute(
        _results()
        .add_columns(read.c.via)
        .join(
            read,
            and_(
                read.c.job_id == CalibrationResult.job_id,
                read.c.point_id == CalibrationResult.point_id,
                read.c.phase == CalibrationResult.phase,
            ),
        )
    )
    found: dict[int, Touched] = {}
    for row in rows:
        share = shares.get(row.via, _WHOLE)
        if row.id not in found or found[row.id].factor < share.factor:
            found[row.id] = _touched(row, share)
    direct = list(found.values())
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
        inputs = {seq: factor for seq, factor in given.items() if seq in points[row.point_id]}
        if inputs and row.id not in known:
            unit = next((one.unit for one in direct if one.row.job_id == row.job_id), "")
            largest = Share(max(inputs.values(), key=abs), unit)
            found.append(_touched(row, largest, inputs=inputs))
    return found


def _by_budgets(session: Session, window: Window, below: Mapping[int, Share]) -> list[Touched]:
    """Results in whose budget the reference, or one below it, stands without having read them:
    a thermometer beside a length, such as. It counts from the first reading of the job.
    """
    own = and_(
        JobEquipment.equipment_id == int(window.key),
        JobEquipment.frozen_at > window.since,
        JobEquipment.frozen_at <= window.until,
    )
    others = and_(JobEquipment.certificate_id.in_(below), JobEquipment.frozen_at.is_not(None))
    rows = session.execute(
        _results()
        .add_columns(JobEquipment.certificate_id.label("via"), JobEquipment.role.label("played"))
        .join(JobEquipment, JobEquipment.job_id == CalibrationResult.job_id)
        .where(
            or_(own, others),
            JobEquipment.role != ProcedurePoint.role,
            exists().where(
                BudgetLine.point_id == CalibrationResult.point_id,
                BudgetLine.role == JobEquipment.role,
                BudgetLine.source == RowSource.REFERENCE,
            ),
        )
    )
    found: dict[int, Touched] = {}
    for row in rows:
        one = _touched(row, below.get(row.via, _WHOLE), role=row.played)
        if row.id not in found or found[row.id].factor < one.factor:
            found[row.id] = one
    return list(found.values())


def _read_with(window: Window, below: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Job, point and phase of readings by the reference itself (`via` 0), or by one of the
    certificates below it; each once, out of an index alone.
    """
    own = select(
        Reading.job_id, Reading.point_id, Reading.phase, literal(0, BigInteger).label("via")
    ).where(
        Reading.equipment_id == int(window.key),
        Reading.taken_at > window.since,
        Reading.taken_at <= window.until,
    )
    others = select(
        Reading.job_id, Reading.point_id, Reading.phase, Reading.equipment_certificate_id
    ).where(Reading.equipment_certificate_id.in_(below))
    return own.distinct().union_all(others.distinct()).subquery("taken").select()


def _certificates(session: Session, window: Window) -> dict[int, Share]:
    """The certificates below the bad reference by their ids, with the most of its error that
    reaches each of them.
    """
    below = _below(window)
    rows = session.execute(
        select(below.c.certificate_id, func.max(below.c.factor), Equipment.unit)
        .join(Equipment, Equipment.id == below.c.equipment_id)
        .group_by(below.c.certificate_id, Equipment.unit)
    )
    return {certificate_id: Share(float(factor), unit) for certificate_id, factor, unit in rows}


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


def _read_by(window: Window) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Reading.job_id,
            Reading.point_id,
            Reading.phase,
            literal(0, BigInteger).label("via"),
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


def _touched(
    row: Any, share: Share, *, role: str | None = None, inputs: Mapping[int, float] | None = None
) -> Touched:
    return Touched(
        result_id=row.id,
        unit_id=row.unit_id,
        point_id=row.point_id,
        factor=share.factor,
        row=row,
        unit=share.unit,
        role=row.role if role is None else role,
        inputs=inputs or {},
    )

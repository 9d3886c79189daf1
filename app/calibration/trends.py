"""How a robot's figures drift over its life: as found now against as left before.

A trend is fitted to the figure as it would stand had nobody adjusted it, ending where it stands
now; so an adjustment is no jump in it. What comes of it is information, never a verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.calibration.figures import figure
from app.calibration.job_models import CalibrationJob, CalibrationResult, JobState, Phase
from app.calibration.metrology.decision import Verdict
from app.calibration.metrology.descriptive import grubbs
from app.calibration.metrology.drift import (
    ControlLimits,
    control_limits,
    crossing_date,
    fit_trend,
    shift,
)
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.line import Line, prediction_interval
from app.calibration.procedure_models import Procedure, ProcedurePoint, ProcedureVersion
from app.kernel.actor import Actor
from app.robots.models import Unit

COUNTED = (JobState.REVIEWED, JobState.CERTIFIED)
COVERAGE = 0.95
_MOST_ROWS = 20_000
_LEAST_FOR_TREND = 3
_BAND_STEPS = 12
_FARTHEST = timedelta(days=3653)
_YEAR = 365.25


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """What makes figures of several jobs the same: a point of a procedure, over its versions."""

    target: str
    procedure_id: int
    code: str
    label: str
    quantity: str
    unit: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A result: value, expanded uncertainty, verdict (None: for information)."""

    value: float
    expanded: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """One job's word on a series: as found, as left, and how far it drifted since the job before.

    `left` is None where nobody stated it: neither measured nor said to be unadjusted.
    `normalised` is the drift in combined expanded uncertainties.
    """

    job_id: int
    number: int
    at: datetime
    found: Figure | None
    left: Figure | None
    lower: float | None
    upper: float | None
    unadjusted: bool
    drift: float | None = None
    normalised: float | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """Where a further reading is expected on a day, with the stated coverage."""

    day: date
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """The fitted trend, per year with its standard uncertainty, and when a limit is reached."""

    per_year: float
    per_year_standard: float
    points: int
    crosses_on: date | None
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A figure of one robot over its life."""

    key: SeriesKey
    calibrations: tuple[Calibration, ...]

    @property
    def newest(self) -> Calibration:
        return self.calibrations[-1]

    @property
    def drifts(self) -> list[tuple[datetime, float]]:
        return [(one.at, one.drift) for one in self.calibrations if one.drift is not None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a robot's last drift lies among those of its model: how many drift less, per cent.

    `is_outlier`: Grubbs' test at 5 % points at this very robot. It only flags.
    """

    robots: int
    percentile: float
    is_outlier: bool
    largest: float


def of_unit(session: Session, actor: Actor, unit: Unit, *, target: str = "") -> list[Series]:
    """Every series of a robot, or those of one target; one statement."""
    actor.require("calibration.view")
    query = _rows().where(CalibrationJob.unit_id == unit.id)
    if target:
        query = query.where(ProcedurePoint.target == target)
    rows = reversed(session.execute(query).all())
    series: dict[SeriesKey, list[_Found]] = {}
    for row in rows:
        found = _Found(*row)
        series.setdefault(found.key, []).append(found)
    return [Series(key, _calibrations(found)) for key, found in sorted(series.items())]


def of_procedure(
    session: Session, actor: Actor, version: ProcedureVersion
) -> list[tuple[str, Series]]:
    """Every series of a procedure with the serial of its robot, over all its versions; one
    statement. A version for one model looks at that model's robots.
    """
    actor.require("calibration.view")
    query = (
        _rows()
        .add_columns(Unit.serial)
        .join(Unit, Unit.id == CalibrationJob.unit_id)
        .where(
            CalibrationJob.store_id == actor.store_id,
            ProcedureVersion.procedure_id == version.procedure_id,
        )
    )
    if version.model_id is not None:
        query = query.where(Unit.model_id == version.model_id)
    found: dict[tuple[str, SeriesKey], list[_Found]] = {}
    for *facts, serial in reversed(session.execute(query).all()):
        row = _Found(*facts)
        found.setdefault((serial, row.key), []).append(row)
    return [(serial, Series(key, _calibrations(rows))) for (serial, key), rows in found.items()]


def outlook(series: Series) -> Outlook | None:
    """The trend of a series and the day on which it reaches a limit; None with fewer than three
    calibrations in an unbroken row, or all of them on one day.
    """
    steady = unadjusted(series)
    if len(steady) < _LEAST_FOR_TREND:
        return None
    days = [at.date() for at, _ in steady]
    values = [value for _, value in steady]
    try:
        line = fit_trend(days, values)
        crossing = _crossing(series, days, values)
        expected = _expected(line, days, crossing)
    except MeasurementRefused:
        return None
    return Outlook(
        per_year=line.slope * _YEAR,
        per_year_standard=line.u_slope * _YEAR,
        points=line.points,
        crosses_on=crossing,
        expected=expected,
    )


def unadjusted(series: Series) -> list[tuple[datetime, float]]:
    """The figure as it would stand without adjustments, ending as it was left last.

    Only the calibrations since the last one whose as-left nobody stated.
    """
    kept: list[Calibration] = []
    for one in series.calibrations:
        if one.found is None or (kept and one.drift is None):
            kept = []
        if one.found is not None:
            kept.append(one)
    if not kept or kept[-1].found is None:
        return []
    last = kept[-1].left or kept[-1].found
    level, levels = 0.0, []
    for place, one in enumerate(kept):
        level += one.drift or 0.0 if place else 0.0
        levels.append((one.at, level))
    return [(at, value - level + last.value) for at, value in levels]


def controls(series: Series) -> ControlLimits | None:
    """Natural limits of the drifts before the last one, by which that one is seen."""
    drifts = [drift for _, drift in series.drifts]
    history = drifts[:-1] if len(drifts) > _LEAST_FOR_TREND else drifts
    return control_limits(history) if len(history) > 1 else None


def standing(session: Session, actor: Actor, unit: Unit, series: Series) -> Standing | None:
    """The robot's last drift among the last drifts of its model; one statement."""
    own = next((drift for _, drift in reversed(series.drifts)), None)
    if own is None:
        return None
    key = series.key
    query = _rows().where(
        ProcedureVersion.procedure_id == key.procedure_id,
        ProcedurePoint.target == key.target,
        ProcedurePoint.label == key.label,
        ProcedurePoint.unit == key.unit,
        CalibrationJob.store_id == actor.store_id,
        CalibrationJob.unit_id.in_(
            select(Unit.id).where(Unit.store_id == actor.store_id, Unit.model_id == unit.model_id)
        ),
    )
    by_unit: dict[int, list[_Found]] = {}
    for row in reversed(session.execute(query).all()):
        found = _Found(*row)
        by_unit.setdefault(found.unit_id, []).append(found)
    last = {
        unit_id: drift
        for unit_id, rows in by_unit.items()
        if (drift := _last_drift(rows)) is not None
    }
    last[unit.id] = own
    return _standing(last, unit.id)


def _standing(last: dict[int, float], unit_id: int) -> Standing | None:
    sizes = sorted(abs(drift) for drift in last.values())
    own = abs(last[unit_id])
    below = sum(size < own for size in sizes) + 0.5 * (sum(size == own for size in sizes) - 1)
    others = len(sizes) - 1
    if not others:
        return None
    flagged = False
    if len(last) >= _LEAST_FOR_TREND:
        ids = list(last)
        test = grubbs([last[each] for each in ids])
        flagged = test.suspicious and ids[test.index] == unit_id
    return Standing(len(sizes), 100 * below / others, flagged, sizes[-1])


class _Found(NamedTuple):
    """A row of the one query that all of this rests on; no budgets, no snapshots."""

    phase: Phase
    value: float
    expanded: float | None
    verdict: Verdict | None
    job_id: int
    number: int
    unit_id: int
    measured_at: datetime
    unadjusted_at: datetime | None
    target: str
    label: str
    quantity: str
    unit: str
    lower: str
    upper: str
    procedure_id: int
    code: str

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(
            self.target, self.procedure_id, self.code, self.label, self.quantity, self.unit
        )


def _rows() -> Select[*tuple[Any, ...]]:
    result, job, point = CalibrationResult, CalibrationJob, ProcedurePoint
    return (
        select(
            *(result.phase, result.value, result.expanded, result.verdict),
            *(job.id, job.number, job.unit_id, job.measured_at, job.unadjusted_at),
            *(point.target, point.label, point.quantity, point.unit, point.lower, point.upper),
            *(Procedure.id, Procedure.code),
        )
        .join(job, job.id == result.job_id)
        .join(point, point.id == result.point_id)
        .join(ProcedureVersion, ProcedureVersion.id == point.version_id)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .where(job.state.in_(COUNTED), job.measured_at.is_not(None), result.value.is_not(None))
        # the newest of what is too much, put in order of time by who asks
        .order_by(job.measured_at.desc(), job.id.desc(), result.id.desc())
        .limit(_MOST_ROWS)
    )


def _calibrations(rows: Sequence[_Found]) -> tuple[Calibration, ...]:
    by_job: dict[int, list[_Found]] = {}
    for row in rows:
        by_job.setdefault(row.job_id, []).append(row)
    made: list[Calibration] = []
    for of_job in by_job.values():
        made.append(_drifted(_calibration(of_job), made[-1] if made else None))
    return tuple(made)


def _calibration(rows: Sequence[_Found]) -> Calibration:
    first = rows[0]
    phases = {row.phase: Figure(row.value, row.expanded, row.verdict) for row in rows}
    found = phases.get(Phase.AS_FOUND)
    left = phases.get(Phase.AS_LEFT)
    if left is None and first.unadjusted_at is not None:
        left = found
    return Calibration(
        job_id=first.job_id,
        number=first.number,
        at=first.measured_at,
        found=found,
        left=left,
        lower=figure(first.lower),
        upper=figure(first.upper),
        unadjusted=Phase.AS_LEFT not in phases,
    )


def _drifted(now: Calibration, before: Calibration | None) -> Calibration:
    """The same with its drift since the calibration before, where both ends of it are known."""
    if now.found is None or before is None or before.left is None:
        return now
    amount = now.found.value - before.left.value
    one, other = now.found.expanded, before.left.expanded
    if not one or not other:
        return replace(now, drift=amount)
    moved = shift(
        now=now.found.value,
        now_expanded=one,
        before=before.left.value,
        before_expanded=other,
    )
    return replace(now, drift=moved.amount, normalised=moved.normalised)


def _last_drift(rows: Sequence[_Found]) -> float | None:
    """Of the last calibration that has one."""
    return next((one.drift for one in reversed(_calibrations(rows)) if one.drift is not None), None)


def _crossing(series: Series, days: Sequence[date], values: Sequence[float]) -> date | None:
    newest = series.newest
    if newest.lower is None and newest.upper is None:
        return None
    figure_ = newest.left or newest.found
    return crossing_date(
        days,
        values,
        limits=Limits(newest.lower, newest.upper),
        expanded=(figure_.expanded if figure_ else None) or 0.0,
        coverage=COVERAGE,
    )


def _expected(line: Line, days: Sequence[date], crossing: date | None) -> tuple[Expected, ...]:
    """The prediction from the first day to the crossing, or half as far again as the record."""
    first, last = days[0], max(days)
    ahead = (last - first) / 2
    end = min(max(crossing or last, last + ahead), last + _FARTHEST)
    span = (end - first).days
    steps = {round(span * step / _BAND_STEPS) for step in range(_BAND_STEPS + 1)}
    steps |= {(day - first).days for day in (last, crossing) if day is not None and day <= end}
    made = []
    for step in sorted(steps):
        reach = prediction_interval(line, float(step), coverage=COVERAGE)
        made.append(Expected(first + timedelta(days=step), reach.value, reach.lower, reach.upper))
    return tuple(made)


def moment(day: date) -> datetime:
    """A day as a place on a plot."""
    return datetime.combine(day, time(12), UTC)

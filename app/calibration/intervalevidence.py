"""What recalibrations found: the figures that suggestions of intervals rest on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import Session

from app.calibration import trends
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentResult
from app.calibration.failures import FAILED
from app.calibration.figures import figure
from app.calibration.job_models import CalibrationJob, CalibrationResult, Phase
from app.calibration.metrology.drift import crossing_date
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.limits import Limits
from app.calibration.procedure_models import ProcedureVersion
from app.calibration.trends import COUNTED, Calibration, Series
from app.kernel.actor import Actor

_LATEST = 500  # recalibrations that are looked at
_SECONDS_AN_HOUR = 3600
_LEAST_DAYS = 7
_LEAST_FOR_TREND = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Recalibrations and how many were found in tolerance; the last one's share of its limit.

    `drift_days` is the shortest time from a figure's last calibration to its limit.
    """

    calibrations: int = 0
    in_tolerance: int = 0
    last_share: float | None = None
    last_what: str = ""
    hours_per_day: float | None = None
    hours_of: int = 0
    drift_days: float | None = None
    drift_series: int = 0
    drift_what: str = ""


def of_equipment(session: Session, equipment: Equipment) -> Evidence:
    """From its certificates, the first one left out: nothing had an interval before it.

    Only one found bad says how far to go back: a certificate does not say how near a limit was.
    """
    rows = session.execute(
        select(EquipmentCertificate.as_found_ok, EquipmentCertificate.number)
        .where(
            EquipmentCertificate.equipment_id == equipment.id,
            EquipmentCertificate.withdrawn_at.is_(None),
        )
        .order_by(EquipmentCertificate.calibrated_on, EquipmentCertificate.id)
        .limit(_LATEST)
    ).all()
    judged = [(ok, number) for ok, number in rows[1:] if ok is not None]
    days, series, what = _equipment_drift(session, equipment)
    drift = Evidence(drift_days=days, drift_series=series, drift_what=what)
    if not judged:
        return drift
    ok, number = judged[-1]
    return replace(
        drift,
        calibrations=len(judged),
        in_tolerance=sum(bool(each) for each, _ in judged),
        last_share=None if ok else _BEYOND,
        last_what=number,
    )


def _equipment_drift(session: Session, equipment: Equipment) -> tuple[float | None, int, str]:
    """The shortest time until an error that drifts leaves the U of its last certificate: from then
    on a correction by that certificate is no longer as good as it says. Also how many errors
    drift, and which is the first.
    """
    rows = session.execute(
        select(
            EquipmentCertificate.calibrated_on,
            EquipmentResult.nominal,
            EquipmentResult.unit,
            EquipmentResult.error,
            EquipmentResult.expanded,
        )
        .join(EquipmentResult, EquipmentResult.certificate_id == EquipmentCertificate.id)
        .where(
            EquipmentCertificate.equipment_id == equipment.id,
            EquipmentCertificate.withdrawn_at.is_(None),
            EquipmentCertificate.adjusted.is_(False),
            EquipmentResult.error != "",
        )
        .order_by(EquipmentCertificate.calibrated_on, EquipmentCertificate.id)
        .limit(_LATEST * 10)
    )
    errors: dict[tuple[str, str], list[tuple[date, float, float]]] = {}
    for day, nominal, unit, error, expanded in rows:
        at = errors.setdefault((nominal, unit), [])
        at.append((day, float(error), figure(expanded) or 0.0))
    reached = []
    for (nominal, unit), series in errors.items():
        days = _days_within_uncertainty(series)
        if days is not None:
            reached.append((days, f"{nominal or 0} {unit}"))
    shortest = min(reached, default=None)
    return (shortest[0] if shortest else None, len(reached), shortest[1] if shortest else "")


def _days_within_uncertainty(series: Sequence[tuple[date, float, float]]) -> float | None:
    last_day, last, expanded = series[-1]
    if len(series) < _LEAST_FOR_TREND or not expanded:
        return None
    days, values = [day for day, _, _ in series], [error for _, error, _ in series]
    try:
        crosses = crossing_date(
            days, values, limits=Limits(last - expanded, last + expanded), expanded=0.0
        )
    except MeasurementRefused:
        return None
    return None if crosses is None else float(max((crosses - last_day).days, 0))


_BEYOND = 1.01  # of a limit that was exceeded nobody says how far


def of_version(session: Session, actor: Actor, version: ProcedureVersion) -> Evidence:
    """From the reviewed jobs of a procedure, of every version of it; two statements."""
    counted = _counts(session, actor, version)
    series = trends.of_procedure(session, actor, version)
    share, what = _last_share(series)
    drifting = [
        (days, f"{serial}, {one.key.label}")
        for serial, one in series
        if (days := _days_to_limit(one)) is not None
    ]
    shortest = min(drifting, default=None)
    rates = _rates(session, actor, version)
    return Evidence(
        calibrations=counted[0],
        in_tolerance=counted[0] - counted[1],
        last_share=share,
        last_what=what,
        hours_per_day=median(rates) if rates else None,
        hours_of=len(rates),
        drift_days=shortest[0] if shortest else None,
        drift_series=len(drifting),
        drift_what=shortest[1] if shortest else "",
    )


def _counts(session: Session, actor: Actor, version: ProcedureVersion) -> tuple[int, int]:
    """Recalibrations (of robots that had passed through before), and those that failed."""
    earlier = CalibrationJob.__table__.alias("earlier")
    earlier_version = ProcedureVersion.__table__.alias("earlier_version")
    again = (
        select(earlier.c.id)
        .join(earlier_version, earlier_version.c.id == earlier.c.version_id)
        .where(
            earlier.c.unit_id == CalibrationJob.unit_id,
            earlier_version.c.procedure_id == version.procedure_id,
            earlier.c.state.in_(COUNTED),
            earlier.c.measured_at < CalibrationJob.measured_at,
        )
        .exists()
    )
    failed = case((CalibrationResult.verdict.in_(FAILED), CalibrationJob.id))
    row = session.execute(
        select(func.count(distinct(CalibrationJob.id)), func.count(distinct(failed)))
        .select_from(CalibrationJob)
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .join(CalibrationResult, CalibrationResult.job_id == CalibrationJob.id)
        .where(
            CalibrationJob.store_id == actor.store_id,
            ProcedureVersion.procedure_id == version.procedure_id,
            CalibrationJob.state.in_(COUNTED),
            CalibrationResult.phase == Phase.AS_FOUND,
            CalibrationResult.verdict.is_not(None),
            again,
        )
    ).one()
    return row[0], row[1]


def _rates(session: Session, actor: Actor, version: ProcedureVersion) -> list[float]:
    """Hours a day of each robot, from its first to its last job that noted its counter."""
    rows = session.execute(
        select(CalibrationJob.unit_id, CalibrationJob.measured_at, CalibrationJob.hours_s)
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .where(
            CalibrationJob.store_id == actor.store_id,
            ProcedureVersion.procedure_id == version.procedure_id,
            CalibrationJob.state.in_(COUNTED),
            CalibrationJob.measured_at.is_not(None),
            CalibrationJob.hours_s.is_not(None),
        )
        .order_by(CalibrationJob.measured_at.desc())
        .limit(_LATEST * 10)
    ).all()
    ends: dict[int, tuple[tuple[float, int], tuple[float, int]]] = {}
    for unit_id, at, hours_s in reversed(rows):
        if at is None or hours_s is None:  # never, by what was asked for
            continue
        here = (at.timestamp() / 86_400, hours_s)
        ends[unit_id] = (ends.get(unit_id, (here, here))[0], here)
    return [
        (last[1] - first[1]) / _SECONDS_AN_HOUR / (last[0] - first[0])
        for first, last in ends.values()
        if last[0] - first[0] >= _LEAST_DAYS and last[1] > first[1]
    ]


def _last_share(series: Iterable[tuple[str, Series]]) -> tuple[float | None, str]:
    """The largest share of its limit that the last recalibration found, and of what."""
    newest: tuple[float, str] | None = None
    latest = None
    for serial, one in series:
        last = one.newest
        share = share_of_limit(last) if len(one.calibrations) > 1 else None
        if share is None:
            continue
        if latest is None or last.at > latest:
            latest, newest = last.at, None
        if last.at == latest and (newest is None or share > newest[0]):
            newest = (share, f"{serial}, {one.key.label}")
    return newest if newest is not None else (None, "")


def share_of_limit(one: Calibration) -> float | None:
    """How far the as-found value lies from the middle of its tolerance, over half its width.

    Of a one-sided limit: the value over the limit, both counted from zero.
    """
    if one.found is None:
        return None
    value, lower, upper = one.found.value, one.lower, one.upper
    if lower is not None and upper is not None:
        return abs(value - (lower + upper) / 2) / ((upper - lower) / 2)
    edge = upper if upper is not None else lower
    if not edge:
        return None
    beyond = value > edge if upper is not None else value < edge
    share = max(value / edge, 0.0)
    return max(share, _BEYOND) if beyond else min(share, 1.0)


def _days_to_limit(series: Series) -> float | None:
    """From the last calibration to the day on which the prediction reaches a limit."""
    outlook = trends.outlook(series)
    if outlook is None or outlook.crosses_on is None:
        return None
    return float(max((outlook.crosses_on - series.newest.at.date()).days, 0))

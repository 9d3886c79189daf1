"""Reviewed calibrations at chosen days, written down as their results alone."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    JobReason,
    JobState,
    Phase,
)
from app.calibration.metrology.decision import Verdict
from app.calibration.procedure_models import ProcedurePoint
from app.kernel import numbers
from app.robots.models import Unit
from tests.makers.calibration import Lab

EXPANDED = 0.005


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=10, tzinfo=UTC)


def a_calibration(
    session: Session,
    lab: Lab,
    on: str,
    found: float | None,
    left: float | None = None,
    *,
    unit: Unit | None = None,
    point: ProcedurePoint | None = None,
    verdict: Verdict | None = Verdict.PASS,
    stated: bool = True,
    hours: int | None = None,
    expanded: float = EXPANDED,
) -> CalibrationJob:
    """A reviewed job with one result as found, and one as left if it was adjusted.

    `stated`: whether somebody said that nothing was adjusted.
    """
    at = day(on)
    measured = point or lab.version.points[0]
    job = CalibrationJob(
        store_id=lab.store.id,
        number=numbers.allot(session, store_id=lab.store.id, series="calibration"),
        unit_id=(unit or lab.unit).id,
        version_id=measured.version_id,
        state=JobState.CERTIFIED,
        reason=JobReason.SCHEDULED,
        started_at=at,
        measured_at=at,
        ended_at=at,
        hours_s=hours * 3600 if hours is not None else None,
        unadjusted_at=at if left is None and stated else None,
        unadjusted_by="Emre Kaya" if left is None and stated else "",
        made_at=at,
        made_by="Emre Kaya",
    )
    session.add(job)
    session.flush()
    phases = {Phase.AS_FOUND: found, Phase.AS_LEFT: left}
    session.add_all(
        CalibrationResult(
            job_id=job.id,
            point_id=measured.id,
            phase=phase,
            readings=2,
            value=value,
            standard=expanded / 2,
            factor=2.0,
            expanded=expanded,
            verdict=verdict if phase is Phase.AS_FOUND else Verdict.PASS,
            content="{}",
            inputs_sha256="0" * 64,
            engine="1",
            computed_at=at,
        )
        for phase, value in phases.items()
        if value is not None
    )
    session.flush()
    return job

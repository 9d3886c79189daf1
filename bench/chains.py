"""A reference found bad above a hundred thousand readings: how long until all results are known."""

import gc
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.calibration import impact, judging, reach
from app.calibration.equipment_models import EquipmentCertificate, EquipmentParent
from app.calibration.impact import Finding
from app.calibration.impact_models import ImpactSubject
from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    JobReason,
    JobState,
    Phase,
    Reading,
    ReadingSource,
)
from app.calibration.metrology.decision import Verdict
from app.calibration.reach import Window
from app.kernel import clock, migrating
from app.kernel.db import Database
from bench.figures import percentile
from tests.makers.calibration import Lab, a_certificate, a_lab, an_equipment

READINGS = 100_000
LINKS = 3
MOST_MS = 300.0
# 30 readings of a point, as a pose test takes them; every job was read with the level
_OF_A_POINT = 30
_RUNS = 20


@dataclass(frozen=True, slots=True)
class Traced:
    """Milliseconds to find what is touched and judge it again; then with the case written down."""

    readings: int
    results: int
    found_ms: float
    case_ms: float


def measure(url: str) -> Traced:
    """National standard over working standard over level over robots."""
    migrating.upgrade(url)
    database = Database(url)
    try:
        with database.transaction() as session:
            lab = a_lab(session)
            top = _chain(session, lab)
            _fill(session, lab)
        # as the service does once it has started: what stays is not looked through for garbage
        gc.collect()
        gc.freeze()
        now = clock.now()
        finding = Finding(
            subject=ImpactSubject.EQUIPMENT,
            key=str(top),
            since=now - timedelta(days=200),
            until=now,
            reason="found off",
            bias="0.004",
            bias_standard="0.001",
            unit="deg",
        )
        runs, results = [], 0
        for _ in range(_RUNS):
            with database.transaction() as session:
                begun = time.perf_counter()
                touched = reach.touched(session, _window(lab, finding))
                results = len(judging.assess(session, finding.error, touched))
                runs.append((time.perf_counter() - begun) * 1000)
        with database.transaction() as session:
            begun = time.perf_counter()
            impact.open_case(session, lab.metrologist, finding)
            session.flush()
            whole = (time.perf_counter() - begun) * 1000
        return Traced(READINGS, results, percentile(runs, 0.95), whole)
    finally:
        gc.unfreeze()
        database.close()


def _window(lab: Lab, finding: Finding) -> Window:
    return Window(
        store_id=lab.store.id,
        subject=finding.subject,
        key=finding.key,
        since=finding.since,
        until=finding.until,
        first_day=finding.since.date(),
        last_day=finding.until.date(),
    )


def _chain(session: Session, lab: Lab) -> int:
    """Links above the level, each calibrated with the one above; the id of the uppermost."""
    today = clock.now().date()
    pieces = [lab.level] + [
        an_equipment(session, lab.store, f"REF-{link}") for link in range(1, LINKS)
    ]
    for link, (child, parent) in enumerate(pairwise(pieces)):
        certificate = a_certificate(
            session,
            child,
            f"CHAIN-{link}",
            calibrated_on=_day(today, 20 + 10 * link),
            due_on=today + timedelta(days=300),
        )
        session.add(EquipmentParent(certificate_id=certificate.id, parent_id=parent.id))
    session.flush()
    return pieces[-1].id


def _day(today: date, days: int) -> date:
    return today - timedelta(days=days)


def _fill(session: Session, lab: Lab) -> None:
    """Jobs with their readings and results, written as rows; all of them with the level."""
    points = [point.id for point in lab.version.points]
    used = (lab.level.id, _newest(session, lab.level.id))
    at = clock.now() - timedelta(days=5)
    jobs = READINGS // (_OF_A_POINT * len(points))
    readings: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for number in range(1, jobs + 2):
        job = _job(lab, number, at)
        session.add(job)
        session.flush()
        for point_id in points:
            results.append(_result(job.id, point_id, at))
            readings += [_reading(job.id, point_id, seq, used, at) for seq in range(_OF_A_POINT)]
    session.execute(insert(Reading), readings)
    session.execute(insert(CalibrationResult), results)


def _newest(session: Session, equipment_id: int) -> int:
    found = session.scalar(
        select(func.max(EquipmentCertificate.id)).where(
            EquipmentCertificate.equipment_id == equipment_id
        )
    )
    assert found is not None
    return found


def _job(lab: Lab, number: int, at: datetime) -> CalibrationJob:
    return CalibrationJob(
        store_id=lab.store.id,
        number=number,
        unit_id=lab.unit.id,
        version_id=lab.version.id,
        state=JobState.CERTIFIED,
        reason=JobReason.SCHEDULED,
        started_at=at,
        ended_at=at,
        made_at=at,
        made_by="Bench",
    )


def _reading(
    job_id: int, point_id: int, seq: int, used: tuple[int, int], at: datetime
) -> dict[str, object]:
    return {
        "job_id": job_id,
        "point_id": point_id,
        "phase": Phase.AS_FOUND,
        "seq": seq,
        "raw_text": "0.010",
        "numbers": "[0.01]",
        "unit": "deg",
        "source": ReadingSource.FILE,
        "file_sha256": "",
        "equipment_id": used[0],
        "equipment_certificate_id": used[1],
        "taken_at": at,
        "taken_by": "Bench",
        "reason": "",
    }


def _result(job_id: int, point_id: int, at: datetime) -> dict[str, object]:
    return {
        "job_id": job_id,
        "point_id": point_id,
        "phase": Phase.AS_FOUND,
        "readings": _OF_A_POINT,
        "value": 0.01,
        "standard": 0.003,
        "dof": 29.0,
        "factor": 2.0,
        "expanded": 0.006,
        "conformance": 1.0,
        "verdict": Verdict.PASS,
        "content": "{}",
        "inputs_sha256": "0" * 64,
        "engine": "1",
        "computed_at": at,
    }

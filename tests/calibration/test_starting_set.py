"""Every procedure of the starting set is measured to a verdict, as its text says."""

from dataclasses import replace

import pytest
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import adjustments, dcc, drawingup, jobs, procedures, readings, review, seeds
from app.calibration.drawingup import Issue
from app.calibration.job_models import (
    CalibrationJob,
    CalibrationResult,
    JobReason,
    JobState,
    Phase,
)
from app.calibration.metrology.decision import Verdict
from app.calibration.readings import Spot
from app.calibration.surroundings import Conditions
from tests.makers.calibration import Lab, an_equipment
from tests.makers.calibration_procedures import fitting_readings
from tests.makers.certificates import HOUSE, dcc_schema, needs_schema
from tests.makers.identity import PIN

pytestmark = pytest.mark.only_on("sqlite")


def measured(session: Session, lab: Lab, code: str) -> CalibrationJob:
    """A robot that is well, measured by a procedure of the starting set with fitting references."""
    seeds.seed(session, lab.store.id, lab.manager)
    version = procedures.released(session, lab.store.id, code=code)
    job = jobs.plan(session, lab.technician, lab.unit, version=version, reason=JobReason.SCHEDULED)
    jobs.start(session, lab.technician, job, Conditions(temperature="22"))
    for need in version.needs:
        gauge = an_equipment(
            session,
            lab.store,
            f"{need.role}-{code}".upper(),
            kind=need.kind,
            unit=need.unit,
            expanded=need.largest_expanded,
        )
        jobs.choose_equipment(session, lab.technician, job, need.role, gauge)
    for point in version.points:
        if point.readings:
            rows = fitting_readings(point)
            lines = "\n".join("; ".join(map(repr, row)) for row in rows)
            readings.paste(session, lab.technician, job, Spot(point, Phase.AS_FOUND), lines)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job, Conditions(temperature="22"))
    return job


@pytest.mark.parametrize("code", seeds.CODES)
def test_a_seeded_procedure_passes_a_robot_that_is_well(
    session: Session, lab: Lab, code: str
) -> None:
    job = measured(session, lab, code)

    assert job.state is JobState.MEASURED
    results = {
        result.point_id: result
        for result in session.scalars(
            select(CalibrationResult).where(CalibrationResult.job_id == job.id)
        )
    }
    for point in job.procedure_version.points:
        wanted = Verdict.PASS if point.lower or point.upper else None
        assert results[point.id].verdict == wanted, (point.label, results[point.id].content)


@needs_schema
@pytest.mark.parametrize("code", seeds.CODES)
def test_the_digital_certificate_of_what_was_measured_is_valid(
    session: Session, lab: Lab, code: str
) -> None:
    job = measured(session, lab, code)
    review.review(session, lab.metrologist, job, pin=PIN)

    shot = drawingup.drawn_up(
        session, lab.metrologist, job, Issue(("en", "de")), house=HOUSE, passed=True
    )
    root = etree.fromstring(dcc.written(replace(shot, number="C-2026-00001")))

    checked = dcc_schema()
    assert checked.validate(root), checked.error_log
    values = root.iterfind(".//{https://ptb.de/dcc}result//{https://ptb.de/si}value")
    assert len(list(values)) >= len(job.procedure_version.points)

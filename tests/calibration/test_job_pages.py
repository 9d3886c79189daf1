"""The pages of jobs: planned by a scan, measured with and without a script, reviewed by PIN."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.calibration import adjustments, jobs, readings
from app.calibration.equipment_models import EquipmentCertificate
from app.calibration.job_models import CalibrationJob, JobState, Reading
from app.calibration.readings import Spot
from app.identity.roles import Role
from app.kernel import clock
from tests.makers.browsing import Browser, a_browser
from tests.makers.calibration import LEVEL, SERIAL, Lab, a_job, a_measured_job
from tests.makers.identity import PIN, a_session

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


def test_an_empty_desk_says_what_to_do(bench: Browser) -> None:
    assert "Nothing was measured yet" in bench.get("/calibration/jobs").text
    assert "Scan a robot" in bench.get("/calibration").text


def test_a_scanned_robot_gets_a_job_by_its_procedures(session: Session, bench: Browser) -> None:
    asked = bench.get(f"/calibration/jobs/new?unit={SERIAL}")
    assert "KNEE-ZERO" in asked.text

    planned = bench.post("/calibration/jobs/new", unit=SERIAL, procedure="KNEE-ZERO")

    assert planned.status_code == 303
    job = session.scalars(select(CalibrationJob)).one()
    session.commit()
    assert planned.headers["location"] == jobs.page(job)
    again = bench.post("/calibration/jobs/new", unit=SERIAL, procedure="KNEE-ZERO")
    assert again.status_code == 409
    unknown = bench.get("/calibration/jobs/new?unit=NOBODY")
    assert "No robot of this store is called so." in unknown.text


def test_a_job_is_measured_without_a_script(session: Session, lab: Lab, bench: Browser) -> None:
    job = a_job(session, lab, started=False, with_equipment=False)
    session.commit()
    here = jobs.page(job)

    bench.post(f"{here}/start", version=str(job.version))
    bench.post(f"{here}/equipment", code=LEVEL)
    for seq in ("1", "1", "2", "2"):
        taken = bench.post(f"{here}/readings", reading="0,011", point=seq, phase="as_found")
        assert taken.status_code == 303
    bench.post(f"{here}/unadjusted")
    bench.post(f"{here}/finish")

    session.expire_all()
    assert session.scalars(select(CalibrationJob)).one().state is JobState.MEASURED
    assert "Pass" in bench.get(here).text


def test_each_enter_shows_verdict_uncertainty_and_margin(
    session: Session, lab: Lab, bench: Browser
) -> None:
    job = a_job(session, lab)
    session.commit()

    taken = bench.post(
        f"{jobs.page(job)}/readings",
        htmx=True,
        reading="0.060",
        point="1",
        phase="as_found",
        version=str(job.version),
    )

    assert taken.status_code == 200
    assert "<main" not in taken.text
    assert 'name="reading"' not in taken.text
    for said in ("Fail", "reading 2 of 2", "−0.0100", "0.0061"):
        assert said in taken.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type a reading"),
        ("NaN", "is not a number"),
        ("1 rad", "This point is read in deg"),
        ("1.2.3", "is not a number"),
        ("0.1 0.2", "This point takes 1 numbers"),
    ],
)
def test_a_refused_reading_stands_at_the_field_with_what_was_typed(
    session: Session, lab: Lab, bench: Browser, typed: str, said: str
) -> None:
    job = a_job(session, lab)
    session.commit()

    plain = bench.post(f"{jobs.page(job)}/readings", reading=typed, point="1")
    part = bench.post(f"{jobs.page(job)}/readings", htmx=True, reading=typed, point="1")

    assert plain.status_code in {409, 422}
    assert part.status_code == 422
    for answer in (plain, part):
        assert said in answer.text
        assert 'id="reading-error"' in answer.text
    assert f'value="{typed}"' in plain.text


def test_overdue_equipment_is_told_at_the_reading(
    session: Session, lab: Lab, bench: Browser
) -> None:
    job = a_job(session, lab)
    long_ago = clock.now().date().replace(year=2020)
    session.execute(update(EquipmentCertificate).values(calibrated_on=long_ago, due_on=long_ago))
    session.commit()

    refused = bench.post(f"{jobs.page(job)}/readings", htmx=True, reading="0.01", point="1")

    assert refused.status_code == 422
    assert LEVEL in refused.text
    assert not session.scalars(select(Reading)).all()


def test_a_scan_in_the_reading_field_is_a_reference(
    session: Session, lab: Lab, bench: Browser
) -> None:
    job = a_job(session, lab, with_equipment=False)
    session.commit()

    scanned = bench.post(f"{jobs.page(job)}/readings", htmx=True, reading=LEVEL, point="1")

    assert scanned.status_code == 200
    assert "reading 1 of 2" in scanned.text


def test_a_plus_asks_for_the_last_reading_once_more(
    session: Session, lab: Lab, bench: Browser
) -> None:
    job = a_job(session, lab)
    first = readings.take(
        session, lab.technician, job, Spot(job.procedure_version.points[0]), "0.5"
    ).rows[0]
    session.commit()

    asked = bench.post(f"{jobs.page(job)}/readings", htmx=True, reading="+", point="1")
    assert f'name="retake" value="{first.id}"' in asked.text
    bench.post(
        f"{jobs.page(job)}/readings",
        htmx=True,
        reading="0.01",
        point="1",
        retake=str(first.id),
        reason="Mistyped",
    )

    session.expire_all()
    rows = session.scalars(select(Reading).order_by(Reading.id)).all()
    assert [row.replaces_id for row in rows] == [None, first.id]


def test_a_second_technician_is_told(session: Session, lab: Lab, bench: Browser) -> None:
    job = a_job(session, lab)
    seen = str(job.version)
    session.commit()
    here = f"{jobs.page(job)}/readings"
    bench.post(here, htmx=True, reading="0.01", point="1", version=seen)

    late = bench.post(here, htmx=True, reading="0.01", point="1", version=seen)

    assert late.status_code == 422
    assert "Somebody else has changed" in late.text


def test_a_pasted_column_is_told_by_its_line(session: Session, lab: Lab, bench: Browser) -> None:
    job = a_job(session, lab)
    session.commit()
    here = f"{jobs.page(job)}/column"

    wrong = bench.post(here, htmx=True, column="0.01\nx1\n", point="1")
    right = bench.post(here, htmx=True, column="0.01\n0.02\n", point="1")

    assert wrong.status_code == 422
    assert "Line 2" in wrong.text
    assert right.status_code == 200
    assert "reading 1 of 2" in right.text


def test_a_review_is_signed_by_pin(
    session: Session, lab: Lab, bench: Browser, office: Browser
) -> None:
    job = a_measured_job(session, lab)
    session.commit()
    here = jobs.page(job)

    assert bench.post(f"{here}/review", pin=PIN).status_code == 403
    wrong = office.post(f"{here}/review", pin="0000", note="All well")
    assert wrong.status_code in {409, 422}
    assert "This PIN is not right." in wrong.text
    assert "All well" in wrong.text
    assert office.post(f"{here}/review", pin=PIN).status_code == 303

    session.expire_all()
    assert session.scalars(select(CalibrationJob)).one().state is JobState.REVIEWED
    assert "K-1" in office.get("/calibration").text


def test_wrong_pins_lock_the_signature(session: Session, lab: Lab, office: Browser) -> None:
    job = a_measured_job(session, lab)
    session.commit()

    for _ in range(5):
        office.post(f"{jobs.page(job)}/review", pin="0000")

    assert "Too many wrong tries" in office.post(f"{jobs.page(job)}/review", pin=PIN).text


def test_a_reading_takes_few_statements(
    session: Session, lab: Lab, bench: Browser, statements_of_app: list[str]
) -> None:
    job = a_job(session, lab)
    readings.take(session, lab.technician, job, Spot(job.procedure_version.points[0]), "0.5")
    seen = str(job.version)
    session.commit()
    bench.get(jobs.page(job))
    statements_of_app.clear()

    bench.post(f"{jobs.page(job)}/readings", htmx=True, reading="0.01", point="1", version=seen)

    apart = ("staff_sessions", "audit_entries", "BEGIN", "COMMIT", "pg_advisory")
    own = [one for one in statements_of_app if not any(word in one for word in apart)]
    assert len(own) <= 15, "\n".join(own)


def test_lists_take_few_statements(
    session: Session, lab: Lab, bench: Browser, statements_of_app: list[str]
) -> None:
    job = a_measured_job(session, lab)
    session.commit()
    for address in ("/calibration", "/calibration/jobs", jobs.page(job)):
        bench.get(address)
        statements_of_app.clear()
        bench.get(address)
        assert len(statements_of_app) <= 15, "\n".join(statements_of_app)


def test_jobs_are_found_by_number_serial_and_procedure(
    session: Session, lab: Lab, bench: Browser
) -> None:
    job = a_job(session, lab)
    adjustments_said = adjustments.of_job(session, job)
    session.commit()
    assert adjustments_said == []

    for text in ("K-1", "demo-g1", "knee-zero"):
        assert "K-1" in bench.get(f"/calibration/jobs?q={text}", htmx=True).text
    assert "No job is like that" in bench.get("/calibration/jobs?q=zzz", htmx=True).text
    assert "No job is like that" in bench.get("/calibration/jobs?state=voided", htmx=True).text


def test_a_store_of_one_person_lets_own_work_be_reviewed(
    session: Session, app: FastAPI, lab: Lab
) -> None:
    cookie = a_session(session, lab.people[Role.MANAGER])
    session.commit()
    manager = a_browser(app, cookie)
    assert "A second person reviews" in manager.get("/calibration").text

    manager.post("/calibration/own-reviews")

    assert "a store with one person" in manager.get("/calibration").text

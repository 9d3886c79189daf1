"""A job over a part of its points: it asks for those, proves those, and says so everywhere."""

from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import wiring
from app.calibration import (
    adjustments,
    certificates,
    chosenpoints,
    dcc,
    demands,
    jobs,
    results,
    review,
    validity,
)
from app.calibration.certificatesheet import Sheet
from app.calibration.job_models import CalibrationJob, JobReason
from app.calibration.readings import Spot, take
from app.kernel.errors import NotFound, Refused
from app.robots import fitting
from app.robots.choosing import Part
from app.robots.occupancy import Work
from tests.makers.books import breaches_of
from tests.makers.browsing import Browser
from tests.makers.calibration import KNEES, Lab, a_point, a_procedure, measure
from tests.makers.calibration_validity import JOINTS, LEFT_KNEE, Legs, a_walker, all_passed
from tests.makers.certificates import a_certificate
from tests.makers.identity import PIN
from tests.makers.programs import a_token

LEFT = JOINTS[1]
WORK = Work(reference="ticket:T-1001")


@pytest.fixture
def legs(session: Session) -> Legs:
    wiring.connect()
    return a_walker(session)


def planned(session: Session, lab: Lab, *targets: str) -> CalibrationJob:
    """Begun and with its level, over what is at some targets."""
    job = jobs.plan(
        session,
        lab.technician,
        lab.unit,
        version=lab.version,
        reason=JobReason.SCHEDULED,
        targets=targets,
    )
    return begun(session, lab, job)


def begun(session: Session, lab: Lab, job: CalibrationJob) -> CalibrationJob:
    jobs.start(session, lab.technician, job)
    jobs.choose_equipment(session, lab.technician, job, "level", lab.level)
    return job


def reviewed(
    session: Session, lab: Lab, job: CalibrationJob, *, text: str = "0.010"
) -> CalibrationJob:
    measure(session, lab, job, text=text)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)
    review.review(session, lab.metrologist, job, pin=PIN, note="Looked at")
    return job


def test_a_job_over_one_knee_is_complete_with_it_and_holds_for_it_alone(
    session: Session, lab: Lab
) -> None:
    job = reviewed(session, lab, planned(session, lab, KNEES[0]))

    begun_now = validity.pass_by(session, lab.metrologist, job)

    assert {row.target for row in begun_now} == {KNEES[0]}
    assert len(results.of_job(session, job)) == 1
    assert list(results.differing(session, job)) == []
    assert breaches_of(session) == []


def test_a_point_that_was_not_chosen_is_not_read(session: Session, lab: Lab) -> None:
    job = planned(session, lab, KNEES[0])
    other = job.procedure_version.points[1]

    with pytest.raises(NotFound, match="is not measured"):
        take(session, lab.technician, job, Spot(other), "0.010")


def test_its_certificate_lists_what_was_measured_and_says_so(session: Session, lab: Lab) -> None:
    made = a_certificate(session, lab, job=reviewed(session, lab, planned(session, lab, KNEES[0])))

    shot = certificates.snapshot_of(made)

    said = "Measured were 1 of the 2 points"
    assert [line.target for line in shot.lines] == [KNEES[0]]
    assert any(said in text[0] for text in Sheet(shot).statements)
    assert said.encode() in dcc.written(shot)
    assert Sheet(shot).outcome == ["Each point measured is within its limits by the decision rule."]


@pytest.mark.only_on("sqlite")
def test_a_job_over_all_points_says_nothing_of_parts(session: Session, lab: Lab) -> None:
    job = planned(session, lab, *KNEES)

    assert not chosenpoints.is_part(job)
    assert chosenpoints.of_job(job) == list(job.procedure_version.points)


@pytest.mark.only_on("sqlite")
def test_what_a_chosen_point_is_computed_from_is_measured_with_it(
    session: Session, lab: Lab
) -> None:
    read = [*(a_point(target, readings=5) for target in KNEES), a_point("joint:waist_joint")]
    spread = replace(
        a_point("robot", label="spread", readings=0, role="", lower=""),
        method="backlash",
        inputs=(1, 2),
    )
    version = a_procedure(session, lab.manager, "SPREAD", points=[*read, spread])

    chosen = chosenpoints.written(version, {4})

    assert chosenpoints.read(chosen) == {1, 2, 4}


@pytest.mark.only_on("sqlite")
def test_a_target_of_which_only_some_points_are_measured_can_fail_but_not_pass(
    session: Session, lab: Lab
) -> None:
    version = a_procedure(
        session,
        lab.manager,
        "TWICE",
        points=[a_point(KNEES[0], label="up"), a_point(KNEES[0], label="down")],
    )

    def one(text: str) -> CalibrationJob:
        job = jobs.plan(
            session,
            lab.technician,
            lab.unit,
            version=version,
            reason=JobReason.SCHEDULED,
            points=[1],
        )
        return reviewed(session, lab, begun(session, lab, job), text=text)

    good = one("0.010")
    assert validity.pass_by(session, lab.metrologist, good) == []
    assert demands.open_of(session, lab.unit.id) == []
    bad = one("0.200")
    assert validity.pass_by(session, lab.metrologist, bad) == []
    assert [row.target for row in demands.open_of(session, lab.unit.id)] == [KNEES[0]]


def test_after_a_swap_only_the_swapped_joint_is_measured(session: Session, legs: Legs) -> None:
    lab = legs.lab
    fitting.fit(session, lab.technician, legs.unit, LEFT_KNEE, part=Part("AK-80", serial="AK-1"))
    all_passed(session, legs)
    before = {row.target: row.job_id for row in validity.current(session, legs.unit.id)}
    fitting.replace(
        session,
        lab.technician,
        legs.unit,
        LEFT_KNEE,
        part=Part("AK-80", serial="AK-2"),
        work=WORK,
    )

    job = jobs.plan_due(
        session, lab.technician, legs.unit, code="JOINT-ZERO", reference=WORK.reference
    )
    reviewed(session, lab, begun(session, lab, job))

    assert [point.target for point in chosenpoints.of_job(job)] == [LEFT]
    now = {row.target: row.job_id for row in validity.current(session, legs.unit.id)}
    assert {target for target, job_id in now.items() if job_id != before[target]} == {LEFT}


@pytest.mark.only_on("sqlite")
def test_a_further_joint_is_taken_up_before_the_job_is_measured(session: Session, lab: Lab) -> None:
    job = planned(session, lab, KNEES[0])

    jobs.measure_also(session, lab.technician, job, {KNEES[1]})

    assert not chosenpoints.is_part(job)


@pytest.mark.only_on("sqlite")
def test_shifts_are_told_from_the_last_time_that_each_point_was_measured(
    session: Session, lab: Lab
) -> None:
    whole = planned(session, lab)
    reviewed(session, lab, whole)
    reviewed(session, lab, planned(session, lab, KNEES[0]), text="0.012")
    job = planned(session, lab)
    measure(session, lab, job, text="0.020")

    found = {one.point.target: one.before for one in review.shifts(session, job)}

    assert found[KNEES[0]] == pytest.approx(0.0125)
    assert found[KNEES[1]] == pytest.approx(0.0105)


@pytest.mark.only_on("sqlite")
def test_no_such_point_is_refused(session: Session, lab: Lab) -> None:
    with pytest.raises(Refused, match="no point at"):
        planned(session, lab, "joint:tail_joint")


@pytest.mark.only_on("sqlite")
def test_a_further_place_is_taken_up_on_the_page_and_by_program(
    session: Session, lab: Lab, bench: Browser, app: FastAPI
) -> None:
    number = planned(session, lab, KNEES[0]).number
    token = a_token(session, lab.manager)
    session.commit()
    page, wanted = f"/calibration/jobs/{number}", {"targets": ["joint:tail_joint"]}
    program = TestClient(app, headers={"Authorization": f"Bearer {token}"})

    refused = program.post(f"/api/v1/calibration/jobs/{number}/also", json=wanted)
    shown = bench.get(page).text
    bench.send(f"{page}/also", {"target": KNEES[1]})

    assert refused.status_code == 422
    assert "Measure further points" in shown
    assert "Measure further points" not in bench.get(page).text


@pytest.mark.only_on("sqlite")
def test_points_are_ticked_on_the_page_of_a_new_job(lab: Lab, bench: Browser) -> None:
    asked = f"/calibration/jobs/new?unit={lab.unit.serial}&procedure=KNEE-ZERO&part=1"
    sent = {"unit": lab.unit.serial, "procedure": "KNEE-ZERO", "part": "1"}

    page = bench.get(asked).text
    empty = bench.send("/calibration/jobs/new", sent)
    done = bench.send("/calibration/jobs/new", sent | {"points": "2"})

    assert KNEES[1] in page
    assert (empty.status_code, "Tick at least one point." in empty.text) == (422, True)
    assert "1 of 2 points" in bench.get(done.headers["location"]).text

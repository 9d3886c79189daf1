"""A robot that came in outside its limits: what was released of it before is looked at again."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.calibration import adjustments, impact, jobs, robotcases
from app.calibration.impact_models import Disposition, ImpactCase, ImpactItem, ImpactSubject
from app.calibration.job_models import CalibrationJob
from app.calibration.metrology.impact import Effect
from app.calibration.robotcases import Shared
from tests.makers.browsing import Browser
from tests.makers.calibration import Lab, a_job, measure
from tests.makers.calibration_validity import JOINTS, Legs, a_walker, all_passed, measured
from tests.makers.certificates import a_reviewed_job
from tests.makers.robots import a_unit


@pytest.fixture(autouse=True)
def connected() -> None:
    wiring.connect()


def failing(session: Session, lab: Lab, *, seqs: tuple[int, ...] = (1, 2)) -> CalibrationJob:
    """Some points far outside as found, the others in their middle; measured."""
    job = a_job(session, lab)
    others = [point.seq for point in job.procedure_version.points if point.seq not in seqs]
    measure(session, lab, job, text="0.200", seqs=seqs)
    measure(session, lab, job, text="0.010", seqs=others)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)
    return job


def items(session: Session, case: ImpactCase) -> list[ImpactItem]:
    return list(session.scalars(select(ImpactItem).where(ImpactItem.case_id == case.id)))


def the_case(session: Session) -> ImpactCase:
    return session.scalars(select(ImpactCase)).one()


def test_what_last_said_that_it_was_good_is_in_the_case(session: Session, lab: Lab) -> None:
    good = a_reviewed_job(session, lab)

    job = failing(session, lab, seqs=(1,))

    case = the_case(session)
    (item,) = items(session, case)
    assert (case.subject, case.subject_key) == (ImpactSubject.ROBOT, str(lab.unit.id))
    assert (case.since, case.until) == (good.measured_at, job.measured_at)
    assert (item.unit_id, item.effect) == (lab.unit.id, Effect.MAY_CHANGE)
    assert case.reason == f"{jobs.label(job)}: left knee joint"


@pytest.mark.only_on("sqlite")
def test_a_first_measurement_that_fails_leaves_nothing_to_look_at(
    session: Session, lab: Lab
) -> None:
    failing(session, lab)

    assert session.scalars(select(ImpactCase)).all() == []


@pytest.mark.only_on("sqlite")
def test_sent_back_and_measured_again_it_stays_one_case(session: Session, lab: Lab) -> None:
    a_reviewed_job(session, lab)
    job = failing(session, lab)

    jobs.reopen(session, lab.technician, job, reason="read once more")
    jobs.finish(session, lab.technician, job)

    assert len(items(session, the_case(session))) == 2


@pytest.mark.only_on("sqlite")
def test_poses_below_the_failed_joint_are_in_the_case(session: Session) -> None:
    legs: Legs = a_walker(session)
    all_passed(session, legs)

    measured(session, legs.lab, legs.zero, legs.unit, text="0.200")

    case = the_case(session)
    rested = session.scalars(select(ImpactItem).where(ImpactItem.case_id == case.id)).all()
    # each joint's last word, and the poses of both ankles and the hip that were taken after it
    assert len(rested) == len(JOINTS) + 3


@pytest.mark.only_on("sqlite")
def test_a_reference_that_lets_other_robots_fail_is_named(session: Session, lab: Lab) -> None:
    a_reviewed_job(session, lab)
    other = a_unit(session, lab.store, "DEMO-G1-0002")
    there = a_job(session, lab, unit=other)
    measure(session, lab, there, text="0.300")
    adjustments.nothing_adjusted(session, lab.technician, there)
    jobs.finish(session, lab.technician, there)

    failing(session, lab)

    found = robotcases.shared(session, lab.metrologist, the_case(session))
    assert Shared("LEVEL-01 · Reference LEVEL-01", f"equipment:{lab.level.id}", 1, 1) in found
    assert Shared("KNEE-ZERO / 1", f"procedure:{lab.version.id}", 1, 1) in found


@pytest.mark.only_on("sqlite")
def test_it_is_closed_like_any_case(session: Session, lab: Lab) -> None:
    a_reviewed_job(session, lab)
    failing(session, lab, seqs=(1,))
    case = the_case(session)

    ids = [item.id for item in items(session, case)]
    impact.dispose(session, lab.metrologist, case, ids, Disposition.NOTIFY, reason="told")
    impact.close(session, lab.metrologist, case)

    assert robotcases.open_of(session, lab.unit) is None


@pytest.mark.only_on("sqlite")
def test_the_pages_of_job_and_robot_lead_to_it(session: Session, lab: Lab, office: Browser) -> None:
    a_reviewed_job(session, lab)
    job = failing(session, lab)
    case = the_case(session)
    page, number = impact.page(case), impact.label(case)
    robot = f"/calibration/robots/{lab.unit.serial}"
    job_page = jobs.page(job)
    session.commit()

    assert number in office.get(job_page).text
    assert number in office.get(robot).text
    assert "Robot as found" in office.get(page).text

"""Intervals: what recalibrations suggest, and that nothing changes unless a person takes it up."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.calibration import intervallook, intervals, procedures
from app.calibration.equipment_models import EquipmentCertificate
from app.calibration.impact_models import IntervalSuggestion
from app.calibration.intervals import DRIFT, HOURS, RELIABILITY, STAIRCASE, Policy, Subject
from app.calibration.metrology.decision import Verdict
from app.calibration.procedure_models import ProcedureVersion, VersionState
from app.calibration.procedureinputs import VersionInput
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, Invalid, Refused
from tests.makers.browsing import Browser
from tests.makers.calibration import Lab, a_certificate, a_procedure
from tests.makers.calibration_trends import a_calibration
from tests.makers.robots import a_unit


@pytest.fixture
def yearly(session: Session, lab: Lab) -> ProcedureVersion:
    """A procedure whose pass holds twelve months or 1,000 hours."""
    version = a_procedure(
        session,
        lab.manager,
        "YEARLY",
        wanted=VersionInput(title="Knees, yearly", valid_months=12, valid_hours=1_000),
    )
    return procedures.loaded(session, version.id)


def suggested(
    session: Session, lab: Lab, subject: Subject, policy: Policy = intervals.HOUSE
) -> dict[str, int]:
    found = intervals.suggestions(session, lab.metrologist, subject, policy)
    return {each.method: each.after_days for each in found}


def certificates(session: Session, lab: Lab, *as_found: bool | None) -> Subject:
    """A level of twelve months whose certificates say this, after its first one."""
    lab.level.interval_months = 12
    for place, ok in enumerate(as_found, start=2):
        row = a_certificate(
            session,
            lab.level,
            f"D-K-{place}",
            calibrated_on=clock.now().date() - timedelta(days=29 - place),
            due_on=None,
        )
        row.as_found_ok = ok
    session.flush()
    return intervals.of_equipment(lab.level)


def test_one_of_four_found_bad_shortens_by_the_published_formula(
    session: Session, lab: Lab
) -> None:
    subject = certificates(session, lab, True, True, True, False)

    # C = 1 - 2 P(K <= 3 | 4, 0.95) = 0.6290; 365 * 10^(0.6290 (0.75 - 0.95)) = 273 days
    assert suggested(session, lab, subject)[RELIABILITY] == 273


def test_equipment_found_good_keeps_its_interval(session: Session, lab: Lab) -> None:
    subject = certificates(session, lab, True, None, True)

    assert suggested(session, lab, subject) == {RELIABILITY: 365}


def test_a_first_certificate_says_nothing_of_the_interval(session: Session, lab: Lab) -> None:
    assert suggested(session, lab, certificates(session, lab)) == {}


def test_a_procedure_is_judged_by_recalibrations_alone(
    session: Session, lab: Lab, yearly: ProcedureVersion
) -> None:
    point = yearly.points[0]
    a_calibration(session, lab, "2023-01-01", 0.090, 0.0, verdict=Verdict.FAIL, point=point)
    a_calibration(session, lab, "2024-01-01", 0.010, point=point)

    found = suggested(session, lab, intervals.of_version(yearly))

    # the first failure was no recalibration; the last was found at a fifth of its limit
    assert found == {RELIABILITY: 365, STAIRCASE: 548}


def test_hours_of_use_shorten_what_the_calendar_allows(
    session: Session, lab: Lab, yearly: ProcedureVersion
) -> None:
    point = yearly.points[0]
    a_calibration(session, lab, "2024-01-01", 0.0, point=point, hours=0)
    a_calibration(session, lab, "2024-04-10", 0.0, point=point, hours=400)

    # 4 hours a day: 1,000 hours last 250 days
    assert suggested(session, lab, intervals.of_version(yearly))[HOURS] == 250


def test_drift_suggests_the_time_to_the_limit(
    session: Session, lab: Lab, yearly: ProcedureVersion
) -> None:
    point = yearly.points[0]
    for on, value in (("2024-01-01", 0.0), ("2024-04-10", 0.010), ("2024-07-19", 0.020)):
        a_calibration(session, lab, on, value, point=point)
    calm = a_unit(session, lab.store, "DEMO-G1-0009")
    for on, value in (("2024-01-01", 0.0), ("2024-04-10", 0.0), ("2024-07-19", 0.0)):
        a_calibration(session, lab, on, value, point=point, unit=calm)

    # 0.0001 t + 0.005 = 0.05 after 450 days, 250 after the last calibration
    assert abs(suggested(session, lab, intervals.of_version(yearly))[DRIFT] - 250) <= 1


def test_taking_up_a_suggestion_changes_the_equipment_and_keeps_the_evidence(
    session: Session, lab: Lab
) -> None:
    subject = certificates(session, lab, True, True, True, False)

    intervals.decide(
        session,
        lab.metrologist,
        subject,
        method=RELIABILITY,
        expected_days=273,
        policy=intervals.HOUSE,
        accepted=True,
    )

    row = session.scalars(select(IntervalSuggestion)).one()
    assert lab.level.interval_months == 8
    assert (row.before_days, row.after_days, row.accepted) == (365, 273, True)
    assert json.loads(row.evidence)["in_tolerance"] == "3"


def test_taking_it_up_for_a_procedure_drafts_its_next_version(
    session: Session, lab: Lab, yearly: ProcedureVersion
) -> None:
    point = yearly.points[0]
    a_calibration(session, lab, "2024-01-01", 0.0, point=point)
    a_calibration(session, lab, "2024-07-01", 0.010, point=point)
    subject = intervals.of_version(yearly)

    intervals.decide(
        session,
        lab.manager,
        subject,
        method=STAIRCASE,
        expected_days=548,
        policy=intervals.HOUSE,
        accepted=True,
    )

    draft = intervals.draft_of(session, subject)
    assert (draft.state, draft.valid_months, yearly.valid_months) == (VersionState.DRAFT, 18, 12)


def test_declining_needs_a_reason_and_changes_nothing(session: Session, lab: Lab) -> None:
    subject = certificates(session, lab, True, False)
    (found,) = (
        each
        for each in intervals.suggestions(session, lab.metrologist, subject)
        if each.method == RELIABILITY
    )

    def decline(reason: str) -> None:
        intervals.decide(
            session,
            lab.metrologist,
            subject,
            method=RELIABILITY,
            expected_days=found.after_days,
            policy=intervals.HOUSE,
            accepted=False,
            reason=reason,
        )

    with pytest.raises(Refused, match="say why"):
        decline(" ")
    decline("One bad one, after a fall")

    assert lab.level.interval_months == 12
    (row,) = intervals.decisions(session, subject)
    assert (row.accepted, row.reason) == (False, "One bad one, after a fall")


def test_a_suggestion_that_is_another_by_now_is_not_taken_up(session: Session, lab: Lab) -> None:
    subject = certificates(session, lab, True, True, True, False)

    with pytest.raises(Conflict, match="another one by now"):
        intervals.decide(
            session,
            lab.metrologist,
            subject,
            method=RELIABILITY,
            expected_days=300,
            policy=intervals.HOUSE,
            accepted=True,
        )


def test_who_only_measures_decides_no_interval(session: Session, lab: Lab) -> None:
    subject = certificates(session, lab, True, False)

    with pytest.raises(Forbidden):
        intervals.decide(
            session,
            lab.technician,
            subject,
            method=RELIABILITY,
            expected_days=1,
            policy=intervals.HOUSE,
            accepted=True,
        )


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"target": "1,5"}, "target"), ({"lengthen": "3"}, "lengthen"), ({"shorten": "x"}, "shorten")],
)
def test_a_policy_that_cannot_be_is_told_at_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Policy.read(typed)

    assert list(refused.value.problems) == [field]


def test_pages_show_and_take_a_decision(session: Session, lab: Lab, office: Browser) -> None:
    subject = certificates(session, lab, True, True, True, False)
    session.commit()

    listed = office.get("/calibration/intervals")
    page = office.get(subject.page)
    refused = office.post(
        subject.page, token="a", method=RELIABILITY, days="273", verdict="decline"
    )
    taken = office.post(subject.page, token="b", method=RELIABILITY, days="273", verdict="accept")

    assert "3 of 4" in listed.text
    assert "273 days" in page.text
    assert (refused.status_code, "Please say why" in refused.text) == (422, True)
    assert taken.status_code == 303
    assert "taken up" in office.get(subject.page).text


def test_the_list_takes_a_constant_number_of_statements(
    session: Session,
    lab: Lab,
    office: Browser,
    yearly: ProcedureVersion,
    statements_of_app: list[str],
) -> None:
    certificates(session, lab, True)
    assert yearly.valid_months
    session.commit()
    statements_of_app.clear()
    office.get("/calibration/intervals")
    first = len(statements_of_app)
    for place in range(3):
        a_procedure(
            session,
            lab.manager,
            f"P-{place}",
            wanted=VersionInput(title="One more", valid_months=12),
        )
    session.commit()
    statements_of_app.clear()

    office.get("/calibration/intervals")

    assert len(statements_of_app) == first <= 15
    assert len(intervallook.listed(session, lab.metrologist)) == 5


def drifting(session: Session, lab: Lab, *errors: float) -> Subject:
    """A level whose error at zero was found like this, a year apart each time; U 0.004."""
    lab.level.interval_months = 12
    today = clock.now().date()
    for place, error in enumerate(errors, start=2):
        a_certificate(
            session,
            lab.level,
            f"D-K-{place}",
            error=f"{error}",
            calibrated_on=today - timedelta(days=365 * (len(errors) - place + 2) - 300),
            due_on=None,
        )
    session.flush()
    return intervals.of_equipment(lab.level)


@pytest.mark.only_on("sqlite")
def test_an_error_that_drifts_shortens_to_the_time_within_its_uncertainty(
    session: Session, lab: Lab
) -> None:
    """0.008 a year leaves U = 0.004 after half a year; a steady one drifts nowhere."""
    session.execute(update(EquipmentCertificate).values(withdrawn_at=clock.now()))

    found = suggested(session, lab, drifting(session, lab, 0.0, 0.008, 0.0161, 0.0239))

    assert found[DRIFT] == pytest.approx(183, abs=25)


@pytest.mark.only_on("sqlite")
def test_a_steady_error_says_nothing_of_the_interval(session: Session, lab: Lab) -> None:
    session.execute(update(EquipmentCertificate).values(withdrawn_at=clock.now()))

    assert DRIFT not in suggested(session, lab, drifting(session, lab, 0.001, 0.001, 0.001))

"""The pages of trends and the same for programs: what is drawn stands in the table beside."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.calibration import import_checks, procedures
from app.calibration.impact_models import CalibrationFile
from app.calibration.metrology.decision import Verdict
from app.kernel import clock
from app.web.charts import BOTTOM, TOP, Frame, Reach, within_limits
from tests.calibration.test_intervals import certificates
from tests.makers.browsing import Browser
from tests.makers.calibration import Lab
from tests.makers.calibration_trends import a_calibration, day
from tests.makers.programs import a_token

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

LIFE = (("2024-01-01", 0.010), ("2024-04-10", 0.020), ("2024-07-19", 0.031))


@pytest.fixture
def life(session: Session, lab: Lab) -> None:
    """Three calibrations of the lab's robot, drifting."""
    procedures.loaded(session, lab.version.id)
    for on, value in LIFE:
        a_calibration(session, lab, on, value)
    session.commit()


@pytest.fixture
def program(session: Session, app: FastAPI, lab: Lab) -> TestClient:
    token = a_token(session, lab.manager)
    session.commit()
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.usefixtures("life")
def test_a_robots_trend_is_drawn_and_said(lab: Lab, bench: Browser) -> None:
    page = bench.get(f"/calibration/trends/{lab.unit.serial}?target=joint:left_knee_joint")

    assert page.status_code == 200
    assert 'class="ci"' in page.text
    for value in ("0.0100", "0.0200", "0.0310"):
        assert value in page.text
    assert "the prediction and U reach a limit on" in page.text


def test_a_robot_without_calibrations_says_what_comes_next(lab: Lab, bench: Browser) -> None:
    page = bench.get(f"/calibration/trends/{lab.unit.serial}")

    assert "a trend needs three" in page.text


@pytest.mark.usefixtures("life")
def test_the_fleets_page_counts_and_leads_to_a_robot(
    session: Session, lab: Lab, bench: Browser
) -> None:
    today = clock.now().date().isoformat()
    a_calibration(session, lab, today, 0.09, 0.0, verdict=Verdict.FAIL)
    session.commit()

    page = bench.get("/calibration/trends?by=model&months=12")
    robot = bench.get(f"/calibration/trends?serial={lab.unit.serial.lower()}")

    assert 'class="bar"' in page.text
    assert robot.headers["location"] == f"/calibration/trends/{lab.unit.serial}"
    for by in ("procedure", "target", "lot", "nonsense"):
        assert bench.get(f"/calibration/trends?by={by}&months=x").status_code == 200


@pytest.mark.usefixtures("life")
def test_a_longer_life_takes_no_more_statements(
    session: Session, lab: Lab, bench: Browser, statements_of_app: list[str]
) -> None:
    address = f"/calibration/trends/{lab.unit.serial}"
    statements_of_app.clear()
    bench.get(address)
    short = len(statements_of_app)
    for month in range(1, 13):
        a_calibration(session, lab, f"2025-{month:02}-01", 0.031 + month / 1000)
    session.commit()
    statements_of_app.clear()

    bench.get(address)

    assert len(statements_of_app) == short <= 15


@pytest.mark.usefixtures("life")
def test_programs_get_the_same_figures(lab: Lab, program: TestClient) -> None:
    trend = program.get(f"/api/v1/calibration/trends/{lab.unit.serial}").json()
    fleet = program.get("/api/v1/calibration/failures?by=model&months=120").json()

    (series,) = trend["items"]
    assert [one["as_found"]["value"] for one in series["calibrations"]] == [0.010, 0.020, 0.031]
    assert series["outlook"]["crosses_on"]
    assert (fleet["items"][0]["calibrations"], fleet["items"][0]["failed"]) == (3, 0)


def test_programs_decide_intervals_by_the_same_verb(
    session: Session, lab: Lab, program: TestClient
) -> None:
    certificates(session, lab, True, True, True, False)
    session.commit()

    (row,) = program.get("/api/v1/calibration/intervals").json()["items"]
    here = f"/api/v1/calibration/intervals/{row['kind']}/{row['id']}"
    (first, *_) = program.get(here).json()["suggestions"]
    refused = program.post(
        f"{here}/decisions",
        json={"method": first["method"], "days": first["after_days"], "accepted": False},
    )
    taken = program.post(
        f"{here}/decisions",
        json={"method": first["method"], "days": first["after_days"], "accepted": True},
    )

    assert (first["after_days"], first["months"], first["changes"]) == (273, 8, True)
    assert (refused.status_code, taken.status_code) == (422, 201)


def test_check_finds_an_import_without_its_values(session: Session, lab: Lab) -> None:
    session.execute(
        insert(CalibrationFile).values(
            store_id=lab.store.id,
            unit_id=lab.unit.id,
            kind="yarp",
            name="a.xml",
            sha256="0" * 64,
            size=1,
            mapping="{}",
            job_key=0,
            imported_at=clock.now(),
            imported_by="Emre Kaya",
        )
    )

    (breach,) = import_checks.breaches(session)

    assert "has 0 values" in breach
    session.execute(delete(CalibrationFile))
    assert not list(import_checks.breaches(session))


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    half=st.floats(0, 1e5),
    lower=st.none() | st.floats(-1e6, 0),
    upper=st.none() | st.floats(1, 1e6),
)
def test_every_mark_stands_in_the_window_and_what_is_beyond_is_marked(
    values: list[float], half: float, lower: float | None, upper: float | None
) -> None:
    readings = [(day(f"2024-01-{at + 1:02}"), value, half) for at, value in enumerate(values)]
    expected = [Reach(day("2025-01-01"), values[0], values[0] - half, values[0] + half)]

    chart = within_limits(readings, Frame(lower=lower, upper=upper, expected=expected))

    for spot, value in zip(chart.spots, values, strict=True):
        assert TOP - 0.2 <= spot.top <= spot.y <= spot.bottom <= BOTTOM + 0.2
        beyond = (lower is not None and value < lower) or (upper is not None and value > upper)
        assert spot.is_beyond == beyond
    assert len(chart.limits) == (lower is not None) + (upper is not None)
    assert chart.band.startswith("M")

"""Drift of a robot's figures: computed by hand once, and what breaks a row of calibrations."""

import math
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import failures, procedures, trends
from app.calibration.failures import Grouping
from app.calibration.metrology.decision import Verdict
from app.calibration.trends import Outlook, Series
from app.kernel import clock
from app.robots.models import Unit
from app.robots.slot_models import Slot
from tests.makers.bulletins import a_component, lotted, sitting
from tests.makers.calibration import KNEES, Lab
from tests.makers.calibration_trends import a_calibration
from tests.makers.robots import a_unit


@pytest.fixture(autouse=True)
def whole(session: Session, lab: Lab) -> None:
    """The released version with its points."""
    procedures.loaded(session, lab.version.id)


def series_of(session: Session, lab: Lab, unit: Unit | None = None) -> Series:
    (series,) = trends.of_unit(session, lab.metrologist, unit or lab.unit)
    return series


def outlook_of(session: Session, lab: Lab) -> Outlook:
    outlook = trends.outlook(series_of(session, lab))
    assert outlook is not None
    return outlook


def test_drift_is_as_found_now_less_as_left_before(session: Session, lab: Lab) -> None:
    a_calibration(session, lab, "2024-01-01", 0.010, 0.001)
    a_calibration(session, lab, "2024-07-01", 0.021)
    a_calibration(session, lab, "2025-01-01", 0.033)

    series = series_of(session, lab)

    drifts = [one.drift for one in series.calibrations]
    assert drifts[0] is None
    assert drifts[1:] == [pytest.approx(0.020), pytest.approx(0.012)]
    # 0.020 over the combined U of two calibrations with 0.005 each
    assert series.calibrations[1].normalised == pytest.approx(0.020 / (0.005 * math.sqrt(2)))


def test_a_straight_drift_crosses_on_the_day_that_is_worked_out_by_hand(
    session: Session, lab: Lab
) -> None:
    # 0.010, 0.020, 0.030 at days 0, 100, 200: 0.0001 a day without any spread. With U = 0.005 the
    # limit 0.05 is reached when 0.010 + 0.0001 t + 0.005 = 0.05, so after 350 days.
    a_calibration(session, lab, "2024-01-01", 0.010)
    a_calibration(session, lab, "2024-04-10", 0.020)
    a_calibration(session, lab, "2024-07-19", 0.030)

    outlook = outlook_of(session, lab)

    assert outlook.per_year == pytest.approx(0.0001 * 365.25)
    assert outlook.crosses_on in {date(2024, 12, 15), date(2024, 12, 16)}
    assert outlook.expected[0].value == pytest.approx(0.010)
    assert outlook.expected[0].day == date(2024, 1, 1)


def test_an_adjustment_is_no_jump_in_the_trend_and_moves_the_crossing(
    session: Session, lab: Lab
) -> None:
    # the same drift, but set to 0 at day 200: -0.020 + 0.0001 t + 0.005 = 0.05 after 650 days
    a_calibration(session, lab, "2024-01-01", 0.010)
    a_calibration(session, lab, "2024-04-10", 0.020)
    a_calibration(session, lab, "2024-07-19", 0.030, 0.0)

    series = series_of(session, lab)
    outlook = outlook_of(session, lab)

    assert [value for _, value in trends.unadjusted(series)] == [
        pytest.approx(-0.020),
        pytest.approx(-0.010),
        pytest.approx(0.0),
    ]
    assert outlook.crosses_on in {date(2025, 10, 11), date(2025, 10, 12)}


def test_the_prediction_interval_is_that_of_one_further_reading(session: Session, lab: Lab) -> None:
    # y = 0, 3, 3 (thousandths) at 0, 100, 200 days: slope 0.015, residuals -0.5, 1, -0.5;
    # s = sqrt(1.5); at t = 200: half width = 12.7062 s sqrt(1 + 1/3 + 1/2)
    for on, value in (("2024-01-01", 0.0), ("2024-04-10", 0.003), ("2024-07-19", 0.003)):
        a_calibration(session, lab, on, value)

    expected = {each.day: each for each in outlook_of(session, lab).expected}[date(2024, 7, 19)]

    half = 12.7062047 * math.sqrt(1.5) * math.sqrt(1 + 1 / 3 + 1 / 2) / 1000
    assert expected.value == pytest.approx(0.0035)
    assert (expected.high - expected.low) / 2 == pytest.approx(half, rel=1e-6)


def test_an_as_left_that_nobody_stated_breaks_the_row(session: Session, lab: Lab) -> None:
    a_calibration(session, lab, "2024-01-01", 0.010)
    a_calibration(session, lab, "2024-04-10", 0.020, stated=False)
    a_calibration(session, lab, "2024-07-19", 0.030)
    a_calibration(session, lab, "2024-10-27", 0.040)

    series = series_of(session, lab)

    assert [one.drift is None for one in series.calibrations] == [True, False, True, False]
    assert trends.outlook(series) is None


def test_two_calibrations_or_one_day_give_no_trend(session: Session, lab: Lab) -> None:
    for value in (0.010, 0.011, 0.012):
        a_calibration(session, lab, "2024-01-01", value)

    assert trends.outlook(series_of(session, lab)) is None


def test_a_robot_stands_among_those_of_its_model(session: Session, lab: Lab) -> None:
    units = [a_unit(session, lab.store, f"DEMO-G1-1{at:03}") for at in range(8)]
    for place, unit in enumerate(units):
        a_calibration(session, lab, "2024-01-01", 0.0, unit=unit)
        a_calibration(session, lab, "2024-07-01", 0.001 + 0.0001 * place, unit=unit)
    a_calibration(session, lab, "2024-01-01", 0.0)
    a_calibration(session, lab, "2024-07-01", 0.049)

    standing = trends.standing(session, lab.metrologist, lab.unit, series_of(session, lab))
    calm = trends.standing(session, lab.metrologist, units[0], series_of(session, lab, units[0]))

    assert standing is not None
    assert calm is not None
    assert (standing.robots, standing.percentile, standing.is_outlier) == (9, 100.0, True)
    assert (calm.percentile, calm.is_outlier) == (0.0, False)


def test_control_limits_come_from_the_drifts_before_the_last(session: Session, lab: Lab) -> None:
    values = (0.0, 0.001, 0.003, 0.004, 0.044)
    for month, value in enumerate(values, start=1):
        a_calibration(session, lab, f"2024-{month:02}-01", value)

    series = series_of(session, lab)
    limits = trends.controls(series)

    # drifts 0.001, 0.002, 0.001, then 0.040: centre 4/3, mean moving range 1, 3 / 1.128
    assert limits is not None
    assert limits.centre == pytest.approx(0.004 / 3)
    assert limits.upper == pytest.approx(0.004 / 3 + 0.003 / 1.128)
    assert not limits.contain(series.drifts[-1][1])


def test_failures_are_counted_by_job_whatever_failed_in_it(session: Session, lab: Lab) -> None:
    first, second = procedures.loaded(session, lab.version.id).points
    today = clock.now().date().isoformat()
    a_calibration(session, lab, today, 0.010)
    job = a_calibration(session, lab, today, 0.090, 0.0, verdict=Verdict.FAIL, point=first)
    a_calibration(session, lab, today, 0.090, 0.0, verdict=Verdict.FAIL, point=second)

    by_procedure = failures.by(session, lab.metrologist, Grouping.PROCEDURE, months=12)
    by_target = failures.by(session, lab.metrologist, Grouping.TARGET, months=12)
    by_model = failures.by(session, lab.metrologist, Grouping.MODEL, months=12)

    assert job.id
    assert [(one.name, one.calibrations, one.failed) for one in by_procedure] == [
        ("KNEE-ZERO", 3, 2)
    ]
    assert {(one.name.split(" · ")[0], one.calibrations, one.failed) for one in by_target} == {
        (KNEES[0], 2, 1),
        (KNEES[1], 1, 1),
    }
    assert [one.failed for one in by_model] == [2]
    assert by_procedure[0].bounds.lower == pytest.approx(0.0943, abs=1e-4)


def test_failures_of_last_year_are_left_out(session: Session, lab: Lab) -> None:
    a_calibration(session, lab, "2020-01-01", 0.090, verdict=Verdict.FAIL)

    assert not failures.by(session, lab.metrologist, Grouping.PROCEDURE, months=12)


def test_failures_are_told_by_the_lot_of_what_sat_there(session: Session, lab: Lab) -> None:
    first, second = procedures.loaded(session, lab.version.id).points
    slots = {slot.path: slot for slot in session.scalars(select(Slot))}
    slots["left_knee.actuator"].joint_name = KNEES[0].removeprefix("joint:")
    slots["right_knee.actuator"].joint_name = KNEES[1].removeprefix("joint:")
    bad = a_component(session, lab.unit, "A-1", lot="L-7")
    sitting(session, lab.unit, slots["left_knee.actuator"], bad)
    lotted(session, lab.unit, slots["right_knee.actuator"], part_number="AK-80", lot="L-8")
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    a_calibration(session, lab, tomorrow, 0.090, 0.0, verdict=Verdict.FAIL, point=first)
    a_calibration(session, lab, tomorrow, 0.001, point=second)

    found = failures.by(session, lab.metrologist, Grouping.LOT, months=12)

    assert [(one.name, one.calibrations, one.failed) for one in found] == [
        ("AK-80 · L-7", 1, 1),
        ("AK-80 · L-8", 1, 0),
    ]

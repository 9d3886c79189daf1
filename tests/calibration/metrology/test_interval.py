"""Interval suggestions against NCSLI and NASA examples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import NotDetermined, OutOfRange, TooFewReadings
from app.calibration.metrology.interval import (
    clamp,
    days_until_hours,
    fit_drift,
    interval_for_reliability,
    interval_for_uncertainty,
    reliability_test,
    staircase,
)
from app.calibration.metrology.limits import Limits
from tests.calibration.metrology.strategies import modest, sizes

# NCSLI 2019 tutorial: in tolerance, calibrations, interval (d), target; confidence, new interval.
A3_CASES = [
    (15, 20, 365, 0.95, 0.9949, 231),
    (14, 20, 365, 0.95, 0.9993, 205),
    (16, 20, 730, 0.95, 0.9682, 523),
    (42, 50, 365, 0.90, 0.7557, 329),
]


@pytest.mark.parametrize("case", A3_CASES)
def test_method_a3(case: tuple[int, int, float, float, float, int]) -> None:
    k, n, interval, target, confidence, suggested = case
    found = reliability_test(interval, in_tolerance=k, calibrations=n, target=target)

    assert found.confidence == pytest.approx(confidence, abs=5e-5)
    assert round(found.suggested) == suggested


def test_a3_keeps_the_interval_without_enough_evidence() -> None:
    good = reliability_test(365, in_tolerance=19, calibrations=20, target=0.95)
    thin = reliability_test(
        365, in_tolerance=42, calibrations=50, target=0.9, needed_confidence=0.8
    )

    assert good.suggested == 365
    assert thin.suggested == 365
    assert thin.confidence == pytest.approx(0.7557, abs=5e-5)


def test_a3_refuses_more_passes_than_calibrations() -> None:
    with pytest.raises(OutOfRange):
        reliability_test(365, in_tolerance=21, calibrations=20, target=0.95)
    with pytest.raises(TooFewReadings):
        reliability_test(365, in_tolerance=0, calibrations=0, target=0.95)


# NASA-HDBK-8739.19-5 Tables 7-2 to 7-7: days since adjustment and drift.
NASA_DAYS = [70, 86, 104, 135, 167, 173]
NASA_DRIFTS = [0.100, 0.110, 0.251, 0.299, 0.403, 0.615]


def test_nasa_drift_model_and_its_two_intervals() -> None:
    model = fit_drift(NASA_DAYS, NASA_DRIFTS, order=2)
    by_uncertainty = interval_for_uncertainty(
        model, start_uncertainty=0.28, target=0.5, horizon=2000
    )
    by_reliability = interval_for_reliability(
        model,
        start_value=10.03,
        start_uncertainty=0.28,
        limits=Limits(9.0, 11.0),
        coverage=0.9,
        horizon=2000,
    )

    assert model.coefficients[0] == pytest.approx(0.00015741, abs=5e-9)
    assert model.coefficients[1] == pytest.approx(1.674e-5, abs=5e-9)
    assert model.residual_sd == pytest.approx(0.0708, abs=5e-5)
    assert by_uncertainty == pytest.approx(327.15, abs=5e-3)
    assert by_reliability == pytest.approx(140.1, abs=5e-2)


def test_drift_intervals_at_the_ends() -> None:
    model = fit_drift(NASA_DAYS, NASA_DRIFTS)

    assert interval_for_uncertainty(model, start_uncertainty=1, target=0.5, horizon=99) == 0
    assert interval_for_uncertainty(model, start_uncertainty=0, target=50, horizon=99) is None
    assert (
        interval_for_reliability(
            model,
            start_value=0,
            start_uncertainty=0.01,
            limits=Limits(-9.0, None),
            coverage=0.95,
            horizon=99,
        )
        is None
    )


def test_times_lie_within_reason() -> None:
    with pytest.raises(OutOfRange, match="elapsed time"):
        fit_drift([1, -2, 3], [1, 2, 3])
    with pytest.raises(OutOfRange, match="horizon"):
        interval_for_uncertainty(
            fit_drift(NASA_DAYS, NASA_DRIFTS), start_uncertainty=0, target=1, horizon=1e12
        )


def test_a_drift_model_needs_times_that_differ() -> None:
    with pytest.raises(NotDetermined):
        fit_drift([100, 100, 100], [1, 2, 3], order=2)
    with pytest.raises(OutOfRange, match="order 1 to 3"):
        fit_drift(NASA_DAYS, NASA_DRIFTS, order=4)
    with pytest.raises(TooFewReadings):
        fit_drift([1], [1])


def test_the_staircase_lengthens_keeps_and_shortens() -> None:
    def step(share: float) -> float:
        return staircase(100, found_share=share, lengthen=1.25, shorten=0.6)

    assert [step(0.5), step(0.8), step(0.9), step(1.0), step(1.01)] == [125, 125, 100, 100, 60]


def test_staircase_factors_stay_in_bounds() -> None:
    with pytest.raises(OutOfRange):
        staircase(100, found_share=0.5, lengthen=3, shorten=0.6)
    with pytest.raises(OutOfRange):
        staircase(100, found_share=0.5, lengthen=1.2, shorten=1.1)


def test_running_hours_are_turned_into_days() -> None:
    assert days_until_hours(hours_now=900, hours_due=1000, hours_per_day=4) == 25
    assert days_until_hours(hours_now=1000, hours_due=1000, hours_per_day=4) == 0
    assert days_until_hours(hours_now=1, hours_due=1000, hours_per_day=0) == math.inf


@modest
@given(sizes, sizes)
def test_a_suggestion_stays_between_half_and_double(suggested: float, current: float) -> None:
    assert 0.5 * current <= clamp(suggested, current) <= 2 * current


@modest
@given(st.integers(1, 60), st.floats(0.5, 0.99), st.data())
def test_more_failures_never_lengthen_the_interval(
    n: int, target: float, data: st.DataObject
) -> None:
    fewer, more = sorted(data.draw(st.lists(st.integers(0, n), min_size=2, max_size=2)))

    worse = reliability_test(365, in_tolerance=fewer, calibrations=n, target=target)
    better = reliability_test(365, in_tolerance=more, calibrations=n, target=target)
    assert worse.suggested <= better.suggested <= 365


@modest
@given(st.floats(0.01, 100))
def test_a_change_of_the_time_unit_changes_no_interval(scale: float) -> None:
    model = fit_drift([day * scale for day in NASA_DAYS], NASA_DRIFTS, order=2)
    found = interval_for_uncertainty(
        model, start_uncertainty=0.28, target=0.5, horizon=2000 * scale
    )

    assert found == pytest.approx(327.1533 * scale, rel=1e-6)

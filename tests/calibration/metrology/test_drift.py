"""Shifts, control charts and the day a limit is reached."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.drift import control_limits, crossing_date, fit_trend, shift
from app.calibration.metrology.errors import OutOfRange, ShapeMismatch, TooFewReadings
from app.calibration.metrology.limits import Limits
from tests.calibration.metrology.strategies import modest, values

FIRST = date(2024, 1, 1)
DAYS = [FIRST + timedelta(days=100 * i) for i in range(4)]


def test_a_shift_is_told_in_combined_uncertainties() -> None:
    moved = shift(now=10.0, now_expanded=0.3, before=8.0, before_expanded=0.4)

    assert (moved.amount, moved.normalised) == pytest.approx((2.0, 4.0))
    assert moved.notable
    assert not shift(now=1, now_expanded=0.3, before=0, before_expanded=0.4).notable


def test_a_shift_needs_an_uncertainty() -> None:
    with pytest.raises(OutOfRange):
        shift(now=1, now_expanded=0, before=0, before_expanded=0)


def test_control_limits_come_from_moving_ranges() -> None:
    chart = control_limits([10.0, 11.0, 10.0, 11.0])

    assert chart.centre == 10.5
    assert chart.upper == pytest.approx(10.5 + 3 / 1.128)
    assert chart.contain(12)
    assert not chart.contain(7)


def test_a_trend_counts_days_from_the_first() -> None:
    line = fit_trend(DAYS, [0.0, 1.0, 2.0, 3.0])

    assert (line.slope, line.intercept) == pytest.approx((0.01, 0.0))


def test_an_exact_trend_crosses_on_its_day() -> None:
    def reached(upper: float, expanded: float = 0.0) -> date | None:
        limits = Limits(None, upper)
        return crossing_date(DAYS, [0.0, 1.0, 2.0, 3.0], limits=limits, expanded=expanded)

    assert reached(5.005) == FIRST + timedelta(days=500)
    assert reached(5.005, expanded=1.0) == FIRST + timedelta(days=400)
    assert reached(2.0) == DAYS[-1]
    assert reached(1000.0) is None


def test_scatter_brings_the_date_forward() -> None:
    limits = Limits(None, 6.0)
    smooth = crossing_date(DAYS, [0.0, 1.0, 2.0, 3.0], limits=limits, expanded=0)
    rough = crossing_date(DAYS, [0.1, 0.9, 1.9, 3.1], limits=limits, expanded=0)

    assert smooth is not None
    assert rough is not None
    assert rough < smooth


def test_a_trend_needs_three_dates_with_their_values() -> None:
    with pytest.raises(TooFewReadings):
        fit_trend(DAYS[:2], [1.0, 2.0])
    with pytest.raises(ShapeMismatch):
        fit_trend(DAYS, [1.0, 2.0, 3.0])
    with pytest.raises(TooFewReadings):
        crossing_date([], [], limits=Limits(0.0, 1.0), expanded=0)


@modest
@given(st.lists(values, min_size=4, max_size=4), st.floats(0, 100), st.floats(0, 100))
def test_a_larger_u_never_postpones_the_date(
    history: list[float], one: float, other: float
) -> None:
    less, more = sorted((one, other))
    limits = Limits(-5000.0, 5000.0)
    early = crossing_date(DAYS, history, limits=limits, expanded=more)
    late = crossing_date(DAYS, history, limits=limits, expanded=less)

    assert (early or date.max) <= (late or date.max)

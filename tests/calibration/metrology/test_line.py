"""The straight line against NIST and the GUM."""

import math
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.calibration.metrology.errors import (
    NotDetermined,
    OutOfRange,
    ShapeMismatch,
    TooFewReadings,
)
from app.calibration.metrology.line import first_crossing, fit_line, line_at, prediction_interval
from tests.calibration.metrology.strategies import modest, orders, values

# NIST StRD Norris: (x, y).
NORRIS = [
    *((0.2, 0.1), (337.4, 338.8), (118.2, 118.1), (884.6, 888.0), (10.1, 9.2), (226.5, 228.1)),
    *((666.3, 668.5), (996.3, 998.5), (448.6, 449.1), (777.0, 778.9), (558.2, 559.2)),
    *((0.4, 0.3), (0.6, 0.1), (775.5, 778.1), (666.9, 668.8), (338.0, 339.3), (447.5, 448.9)),
    *((11.6, 10.8), (556.0, 557.7), (228.1, 228.3), (995.8, 998.0), (887.6, 888.8)),
    *((120.2, 119.6), (0.3, 0.3), (0.3, 0.6), (556.8, 557.6), (339.1, 339.3), (887.2, 888.0)),
    *((999.0, 998.5), (779.0, 778.9), (11.1, 10.2), (118.3, 117.6), (229.2, 228.9)),
    *((669.1, 668.4), (448.9, 449.2), (0.5, 0.2)),
]


def test_nist_norris_to_twelve_digits() -> None:
    line = fit_line(*zip(*NORRIS, strict=True))

    assert line.points == 36
    assert line.intercept == pytest.approx(-0.262323073774029, rel=1e-12)
    assert line.slope == pytest.approx(1.00211681802045, rel=1e-13)
    assert line.u_intercept == pytest.approx(0.232818234301152, rel=1e-12)
    assert line.u_slope == pytest.approx(0.429796848199937e-3, rel=1e-12)
    assert line.residual_sd == pytest.approx(0.884796396144373, rel=1e-12)


# JCGM 100:2008 H.3: thermometer readings and corrections, degrees Celsius.
GUM_READINGS = [
    *(21.521, 22.012, 22.512, 23.003, 23.507, 23.999, 24.513, 25.002, 25.503, 26.010, 26.511),
]
GUM_CORRECTIONS = [
    *(-0.171, -0.169, -0.166, -0.159, -0.164, -0.165, -0.156, -0.157, -0.159, -0.161, -0.160),
]


def test_gum_h_3_thermometer() -> None:
    line = fit_line([t - 20 for t in GUM_READINGS], GUM_CORRECTIONS)
    at_thirty = line_at(line, 10)

    assert (line.intercept, line.u_intercept) == pytest.approx((-0.1712, 0.0029), abs=5e-5)
    assert (line.slope, line.u_slope) == pytest.approx((0.00218, 0.00067), abs=5e-6)
    assert line.correlation == pytest.approx(-0.930, abs=5e-4)
    assert line.residual_sd == pytest.approx(0.0035, abs=5e-5)
    assert line.dof == 9
    assert at_thirty.value == pytest.approx(-0.1494, abs=5e-5)
    assert at_thirty.standard_uncertainty == pytest.approx(0.0041, abs=5e-5)


def test_the_lines_uncertainty_follows_from_its_covariance() -> None:
    line = fit_line([1, 2, 4, 7], [2, 3, 3, 9])
    x = 5.5

    variance = line.u_intercept**2 + x**2 * line.u_slope**2 + 2 * x * line.covariance
    assert line_at(line, x).standard_uncertainty == pytest.approx(math.sqrt(variance))


def test_the_prediction_interval_contains_scatter_and_line() -> None:
    line = fit_line([0, 1, 2, 3], [0, 1.1, 1.9, 3.0])
    interval = prediction_interval(line, 4, coverage=0.95)
    point = line_at(line, 4)

    expected = 4.302652729911275 * math.hypot(line.residual_sd, point.standard_uncertainty)
    assert interval.half_width == pytest.approx(expected)
    assert (interval.lower + interval.upper) / 2 == pytest.approx(point.value)


def test_a_line_on_exact_points_crosses_where_it_must() -> None:
    line = fit_line([0, 1, 2], [0, 1, 2])

    assert line.correlation == 0
    crossing = first_crossing(line, start=2, horizon=100, lower=None, upper=10, margin=1)
    assert crossing == pytest.approx(9)
    assert first_crossing(line, start=2, horizon=5, lower=-1, upper=10) is None
    assert first_crossing(line, start=2, horizon=5, lower=None, upper=1) == 2
    with pytest.raises(OutOfRange, match="rise"):
        first_crossing(line, start=5, horizon=2, lower=None, upper=1)


def test_unusable_points_are_refused() -> None:
    with pytest.raises(TooFewReadings):
        fit_line([1, 2], [1, 2])
    with pytest.raises(ShapeMismatch):
        fit_line([1, 2, 3], [1, 2, 3, 4])
    with pytest.raises(NotDetermined, match="equal"):
        fit_line([1, 1, 1], [1, 2, 3])


pairs = st.lists(st.tuples(st.integers(-100, 100), values), min_size=3, max_size=10)


@modest
@given(pairs, orders)
def test_order_does_not_change_a_bit(data: list[tuple[int, float]], order: Random) -> None:
    assume(len({x for x, _ in data}) > 1)
    one = fit_line(*zip(*data, strict=True))
    other = fit_line(*zip(*order.sample(data, len(data)), strict=True))

    assert (one.slope, one.intercept) == (other.slope, other.intercept)
    assert (one.residual_sd, one.covariance) == (other.residual_sd, other.covariance)


@modest
@given(pairs, values, st.floats(0.01, 100))
def test_shift_and_scale_of_x_are_undone(
    data: list[tuple[int, float]], shift: float, scale: float
) -> None:
    assume(len({x for x, _ in data}) > 1)
    xs, ys = zip(*data, strict=True)
    line = fit_line(xs, ys)
    moved = fit_line([scale * x + shift for x in xs], ys)

    assert moved.slope * scale == pytest.approx(line.slope, rel=1e-6, abs=1e-6)
    assert line_at(moved, scale * 7 + shift).value == pytest.approx(
        line_at(line, 7).value, rel=1e-6, abs=1e-6
    )


@modest
@given(pairs)
def test_a_prediction_is_wider_than_the_line_and_grows_outwards(
    data: list[tuple[int, float]],
) -> None:
    assume(len({x for x, _ in data}) > 1)
    line = fit_line(*zip(*data, strict=True))
    near, far = (prediction_interval(line, line.x_mean + d).half_width for d in (1, 200))

    assert far >= near >= line_at(line, line.x_mean + 1).standard_uncertainty


@modest
@given(pairs, st.floats(0, 10))
def test_more_margin_never_postpones_the_crossing(
    data: list[tuple[int, float]], margin: float
) -> None:
    assume(len({x for x, _ in data}) > 1)
    line = fit_line(*zip(*data, strict=True))

    def crossing(more: float) -> float:
        found = first_crossing(line, start=100, horizon=5000, lower=-3000, upper=3000, margin=more)
        return math.inf if found is None else found

    assert crossing(margin) <= crossing(0)

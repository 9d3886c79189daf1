"""Six-axis sensors."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import NotDetermined, OutOfRange, ShapeMismatch
from app.calibration.metrology.force_torque import (
    centre_of_pressure,
    centre_of_pressure_error,
    channel_accuracy,
    channel_repeatability,
    crosstalk,
    fit_sensor_matrix,
    weight_error,
    zero_temperature_drift,
)
from tests.calibration.metrology.strategies import modest

FULL_SCALE = (1000.0, 1000.0, 2000.0, 60.0, 60.0, 60.0)
# Newton per count on the force channels, newton metre per count on the moments, some coupling.
TRUE_MATRIX = [
    [(0.1 if i < 3 else 0.004) * ((i == j) + 0.01 * (i - j)) for j in range(6)] for i in range(6)
]
TRUE_OFFSET = [3.0, -2.0, 5.0, 0.1, -0.2, 0.05]


def raw_readings(count: int) -> list[list[float]]:
    source = Random(7)
    return [[32000 + source.uniform(-5000, 5000) for _ in range(6)] for _ in range(count)]


def true_wrench(raw: list[float]) -> list[float]:
    return [
        math.fsum(c * r for c, r in zip(row, raw, strict=True)) + shift
        for row, shift in zip(TRUE_MATRIX, TRUE_OFFSET, strict=True)
    ]


@pytest.mark.parametrize("loads", [7, 24])
def test_matrix_and_offset_are_recovered(loads: int) -> None:
    raw = raw_readings(loads)
    found = fit_sensor_matrix(raw, [true_wrench(row) for row in raw])

    for row, expected in zip(found.matrix, TRUE_MATRIX, strict=True):
        assert row == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found.offset == pytest.approx(TRUE_OFFSET, abs=1e-6)
    assert found.residual_sd == pytest.approx((0,) * 6, abs=1e-8)
    assert found.dof == loads - 7
    assert found.wrench(raw[0]) == pytest.approx(true_wrench(raw[0]))


def test_too_few_or_dependent_loads_are_refused() -> None:
    raw = raw_readings(8)
    with pytest.raises(NotDetermined, match="cannot settle"):
        fit_sensor_matrix(raw[:6], [true_wrench(row) for row in raw[:6]])
    only_one_channel = [[float(i), *raw[0][1:]] for i in range(8)]
    with pytest.raises(NotDetermined, match="condition"):
        fit_sensor_matrix(only_one_channel, [true_wrench(row) for row in only_one_channel])
    with pytest.raises(ShapeMismatch):
        fit_sensor_matrix([row[:5] for row in raw], [true_wrench(row) for row in raw])


def test_channel_figures_are_shares_of_full_scale() -> None:
    reference = [[100.0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 6.0]]
    measured = [[102.0, 0, -10, 0, 0, 0], [0, 0, 0, 0, 0, 5.4]]

    accuracy = channel_accuracy(measured, reference, full_scale=FULL_SCALE)
    assert accuracy == pytest.approx((0.002, 0, 0.005, 0, 0, 0.01))
    repeatability = channel_repeatability(measured, full_scale=FULL_SCALE)
    assert repeatability[2] == pytest.approx(10 / math.sqrt(2) / 2000)
    with pytest.raises(ShapeMismatch, match="6 full scales"):
        channel_accuracy(measured, reference, full_scale=(1.0, 2.0))


def test_crosstalk_looks_at_the_channels_that_are_not_loaded() -> None:
    loads = [[[0.0] * 6] for _ in range(6)]
    loads[2] = [[4.0, 0, 2000, 0, 0.6, 0], [-5.0, 0, -2000, 0, 0.3, 0]]
    found = crosstalk(loads, full_scale=FULL_SCALE)

    assert found[0][2] == pytest.approx(0.005)
    assert found[4][2] == pytest.approx(0.01)
    assert found[2][2] == 0
    with pytest.raises(ShapeMismatch):
        crosstalk(loads[:5], full_scale=FULL_SCALE)


def test_zero_drift_is_the_slope_on_temperature() -> None:
    zeros = [[0.5 * t, 0, 0, 0, 0, -0.01 * t] for t in (20, 25, 30)]

    assert zero_temperature_drift([20, 25, 30], zeros) == pytest.approx((0.5, 0, 0, 0, 0, -0.01))


def test_both_feet_carry_the_weight() -> None:
    assert weight_error([170, 180], mass=35, gravity=9.81) == pytest.approx(6.65 / 343.35)


def test_the_centre_of_pressure_follows_the_moments() -> None:
    found = centre_of_pressure([0, 0, 200, 4, -10, 0], least_force=20)

    assert found == pytest.approx((0.05, 0.02))
    assert centre_of_pressure_error(found, (0.05, 0.03)) == pytest.approx(0.01)
    with pytest.raises(OutOfRange, match="no centre of pressure"):
        centre_of_pressure([0, 0, 5, 0, 0, 0], least_force=20)


@modest
@given(st.floats(0.01, 100), st.floats(-1e5, 1e5))
def test_another_raw_unit_gives_the_same_wrench(scale: float, shift: float) -> None:
    raw = raw_readings(12)
    wrenches = [true_wrench(row) for row in raw]
    other = [[scale * value + shift for value in row] for row in raw]
    found = fit_sensor_matrix(other, wrenches)

    assert found.wrench(other[3]) == pytest.approx(wrenches[3], rel=1e-6)

"""Accelerometers and gyroscopes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import (
    NotDetermined,
    OutOfRange,
    ShapeMismatch,
    TooFewReadings,
)
from app.calibration.metrology.imu import (
    fit_accelerometer,
    gyro_scale,
    six_position,
    static_noise,
)
from app.calibration.metrology.rotation import matrix_from_rpy
from tests.calibration.metrology.strategies import modest

G = 9.8123
BIAS = (0.05, -0.03, 0.1)
SCALE = (1.01, 0.98, 1.003)


def shown(force: tuple[float, float, float]) -> tuple[float, float, float]:
    """What an accelerometer with that bias and scale reads."""
    x, y, z = (s * f + b for s, f, b in zip(SCALE, force, BIAS, strict=True))
    return x, y, z


def test_six_positions_give_bias_scale_and_cross_axis() -> None:
    up = [shown((G, 0, 0)), shown((0, G, 0)), shown((0.01 * G, 0, G))]
    down = [shown((-G, 0, 0)), shown((0, -G, 0)), shown((-0.01 * G, 0, -G))]
    found = six_position(up, down, gravity=G)

    assert found.bias == pytest.approx(BIAS)
    assert found.scale == pytest.approx(SCALE)
    assert found.gains[0][2] == pytest.approx(0.0101)
    assert found.gains[1][2] == pytest.approx(0)


def test_six_positions_are_six() -> None:
    with pytest.raises(ShapeMismatch):
        six_position([shown((G, 0, 0))], [shown((-G, 0, 0))], gravity=G)


def test_a_minute_at_rest_gives_bias_and_noise_density() -> None:
    found = static_noise([1.0, 3.0] * 50, sample_time=0.01)

    assert found.bias == 2
    assert found.density == pytest.approx(math.sqrt(100 / 99) * 0.1)
    assert found.standard_uncertainty == pytest.approx(math.sqrt(100 / 99) / 10)


def test_gyro_scale_is_the_integrated_turn() -> None:
    rates = [0.01, 0.51, 1.01, 0.51, 0.01]

    found = gyro_scale(rates, sample_time=0.5, bias=0.01, turned=1.0)
    assert found == pytest.approx(1.0)
    with pytest.raises(OutOfRange, match="turn"):
        gyro_scale(rates, sample_time=0.5, bias=0, turned=0)


def attitudes() -> list[tuple[float, float, float]]:
    """Gravity as seen by a body in twenty attitudes."""
    rows = (matrix_from_rpy((0.9 * i, 0.55 * i, 0))[2] for i in range(20))
    return [(G * row[0], G * row[1], G * row[2]) for row in rows]


def test_nine_parameters_are_recovered_from_attitudes() -> None:
    raw = [shown(force) for force in attitudes()]
    model = fit_accelerometer(raw, gravity=G)

    assert model.scale == pytest.approx([1 / s for s in SCALE], abs=1e-8)
    assert model.bias == pytest.approx([-b for b in BIAS], abs=1e-7)
    assert model.misalignment == pytest.approx((0, 0, 0), abs=1e-8)
    assert model.corrected(raw[4]) == pytest.approx(attitudes()[4], abs=1e-7)
    assert model.solution.dof == 11


def test_attitudes_have_to_differ() -> None:
    with pytest.raises(NotDetermined):
        fit_accelerometer([(0, 0, G)] * 12, gravity=G)
    with pytest.raises(TooFewReadings, match="at least 10"):
        fit_accelerometer(attitudes()[:9], gravity=G)


small = st.floats(-0.5, 0.5)


@modest
@given(st.tuples(small, small, small), st.tuples(*[st.floats(0.8, 1.2)] * 3))
def test_any_bias_and_scale_are_recovered(
    bias: tuple[float, float, float], scale: tuple[float, float, float]
) -> None:
    def reading(axis: int, sign: int) -> list[float]:
        return [bias[i] + (sign * G * scale[i] if i == axis else 0.0) for i in range(3)]

    found = six_position(
        [reading(axis, 1) for axis in range(3)],
        [reading(axis, -1) for axis in range(3)],
        gravity=G,
    )

    assert found.bias == pytest.approx(bias, abs=1e-12)
    assert found.scale == pytest.approx(scale)

"""Torque constants and weights on levers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import OutOfRange, ShapeMismatch
from app.calibration.metrology.torque import (
    buoyancy_factor,
    hysteresis,
    reference_torque,
    static_friction,
    torque_constant,
)
from tests.calibration.metrology.strategies import modest


def test_the_torque_constant_is_the_slope() -> None:
    found = torque_constant([0, 1, 2, 3], [0.5, 2.5, 4.6, 6.5], full_scale=10)

    assert found.constant == pytest.approx(2.01)
    assert found.zero == pytest.approx(0.51)
    assert found.linearity == pytest.approx(0.007)
    assert found.u_constant == pytest.approx(math.sqrt(0.007 / 2 / 5))


def test_hysteresis_compares_the_branches_step_by_step() -> None:
    assert hysteresis([0, 5, 10], [0.1, 5.3, 10], full_scale=10) == pytest.approx(0.03)
    with pytest.raises(ShapeMismatch):
        hysteresis([0, 5], [0], full_scale=10)


def test_reference_torque_joins_its_relative_uncertainties() -> None:
    theta, u_theta = math.radians(30), 0.002
    found = reference_torque(
        mass=(2.0, 0.002), gravity=(9.81, 0.001), arm=(0.5, 0.0005), tilt=(theta, u_theta)
    )
    relative = math.hypot(0.001, 0.001 / 9.81, 0.001, math.tan(theta) * u_theta)

    assert found.torque == pytest.approx(9.81 * math.cos(theta))
    assert found.standard_uncertainty == pytest.approx(found.torque * relative)


def test_a_level_arm_does_not_feel_a_small_tilt() -> None:
    found = reference_torque(mass=(1, 0), gravity=(9.81, 0), arm=(1, 0), tilt=(0, 0.01))

    assert found.standard_uncertainty == 0


def test_a_reference_needs_a_mass() -> None:
    with pytest.raises(OutOfRange, match="mass"):
        reference_torque(mass=(0, 0), gravity=(9.81, 0), arm=(1, 0), tilt=(0, 0))


def test_friction_is_half_the_break_away_difference() -> None:
    assert static_friction(1.5, -0.5) == 1
    assert static_friction(-0.5, 1.5) == 1


def test_steel_loses_fifteen_parts_in_a_hundred_thousand_in_air() -> None:
    assert 1 - buoyancy_factor(8000) == pytest.approx(1.5e-4)


@modest
@given(st.floats(0.1, 10), st.floats(-5, 5), st.floats(0.1, 100))
def test_a_straight_motor_is_recovered_in_any_unit(
    constant: float, zero: float, scale: float
) -> None:
    currents = [0.0, 1.0, 2.5, 4.0]
    torques = [scale * (constant * i + zero) for i in currents]
    found = torque_constant(currents, torques, full_scale=50 * scale)

    assert found.constant == pytest.approx(scale * constant)
    assert found.zero == pytest.approx(scale * zero, abs=1e-9 * scale)
    assert found.linearity == pytest.approx(0, abs=1e-12)

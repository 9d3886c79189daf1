"""Uncertainty through a model, against the GUM and NIST."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import OutOfRange, ShapeMismatch, TooFewReadings
from app.calibration.metrology.propagation import (
    correlation,
    covariance_of_means,
    independent_covariance,
    propagate,
)
from tests.calibration.metrology.strategies import modest, sizes, values

# JCGM 100:2008 H.2: five simultaneous readings of an impedance (V, mA, rad).
VOLTAGE = [5.007, 4.994, 5.005, 4.990, 4.999]
CURRENT = [19.663, 19.639, 19.640, 19.685, 19.678]
PHASE = [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]


def resistance(x: Sequence[float]) -> float:
    return 1000 * x[0] / x[1] * math.cos(x[2])


def reactance(x: Sequence[float]) -> float:
    return 1000 * x[0] / x[1] * math.sin(x[2])


def impedance(x: Sequence[float]) -> float:
    return 1000 * x[0] / x[1]


MEANS = [math.fsum(column) / 5 for column in (VOLTAGE, CURRENT, PHASE)]


def test_gum_h_2_inputs_and_their_correlations() -> None:
    covariance = covariance_of_means([VOLTAGE, CURRENT, PHASE])

    assert pytest.approx([4.999, 19.661, 1.04446], abs=5e-6) == MEANS
    us = [math.sqrt(covariance[i][i]) for i in range(3)]
    assert us[0] == pytest.approx(0.0032, abs=5e-5)
    assert us[1] == pytest.approx(0.0095, abs=5e-5)
    assert us[2] == pytest.approx(0.00075, abs=5e-6)
    assert correlation(covariance, 0, 1) == pytest.approx(-0.36, abs=5e-3)
    assert correlation(covariance, 0, 2) == pytest.approx(0.86, abs=5e-3)
    assert correlation(covariance, 1, 2) == pytest.approx(-0.65, abs=5e-3)


def test_gum_h_2_outputs_and_their_correlations() -> None:
    covariance = covariance_of_means([VOLTAGE, CURRENT, PHASE])
    out = propagate([resistance, reactance, impedance], MEANS, covariance)

    assert out.values == pytest.approx((127.732, 219.847, 254.260), abs=5e-4)
    us = [out.standard_uncertainty(i) for i in range(3)]
    assert us == pytest.approx([0.07107, 0.29558, 0.23634], abs=5e-6)
    assert us == pytest.approx([0.071, 0.295, 0.236], abs=1e-3)  # as printed
    assert correlation(out.covariance, 0, 1) == pytest.approx(-0.588, abs=5e-4)
    assert correlation(out.covariance, 0, 2) == pytest.approx(-0.485, abs=5e-4)
    assert correlation(out.covariance, 1, 2) == pytest.approx(0.993, abs=5e-4)


def test_gum_h_2_without_correlations_would_be_wrong() -> None:
    covariance = covariance_of_means([VOLTAGE, CURRENT, PHASE])
    diagonal = independent_covariance([math.sqrt(covariance[i][i]) for i in range(3)])

    assert propagate([resistance], MEANS, diagonal).standard_uncertainty() > 2 * 0.071


def test_gum_h_1_end_gauge_as_a_model() -> None:
    def length(x: Sequence[float]) -> float:
        standard, difference, alpha, theta, delta_alpha, delta_theta = x
        return standard + difference - standard * (delta_alpha * theta + alpha * delta_theta)

    out = propagate(
        [length],
        [0.050000623, 2.15e-7, 11.5e-6, -0.1, 0.0, 0.0],
        independent_covariance(
            [
                25e-9,
                math.sqrt(5.8**2 + 3.9**2 + 6.7**2) * 1e-9,
                2e-6 / math.sqrt(3),
                math.hypot(0.2, 0.5 / math.sqrt(2)),
                1e-6 / math.sqrt(3),
                0.05 / math.sqrt(3),
            ]
        ),
    )

    assert out.values[0] * 1e3 == pytest.approx(50.000838, abs=5e-7)
    assert out.standard_uncertainty() * 1e9 == pytest.approx(31.6639, abs=5e-4)


def test_nist_tn_1900_e13_linear_expansion() -> None:
    def expansion(x: Sequence[float]) -> float:
        cold, warm, low, high = x
        return (warm - cold) / (cold * (high - low))

    out = propagate(
        [expansion],
        [1.4999, 1.5021, 288.15, 373.10],
        independent_covariance([0.0001, 0.0002, 0.02, 0.05]),
    )

    assert out.values[0] == pytest.approx(1.7266e-5, abs=1e-9)
    assert out.standard_uncertainty() == pytest.approx(1.76e-6, abs=1e-8)


def test_nist_uncertainty_machine_stefan_boltzmann() -> None:
    def stefan_boltzmann(x: Sequence[float]) -> float:
        h, gas, rydberg, electron, alpha = x
        above = 32 * math.pi**5 * h * gas**4 * rydberg**4
        return above / (15 * electron**4 * 0.001**4 * 299792458**6 * alpha**8)

    out = propagate(
        [stefan_boltzmann],
        [6.62606957e-34, 8.3144621, 10973731.568539, 0.00054857990946, 0.0072973525698],
        independent_covariance([2.9e-41, 7.5e-6, 5.5e-5, 2.2e-13, 2.4e-12]),
    )

    assert out.values[0] == pytest.approx(5.67037e-8, abs=5e-14)
    assert out.standard_uncertainty() == pytest.approx(2.05e-13, abs=5e-16)


def test_an_exact_input_carries_nothing() -> None:
    out = propagate([impedance], [5.0, 20.0, 1.0], independent_covariance([0.1, 0, 0]))

    assert out.sensitivities[0] == pytest.approx((50, 0, 0))
    assert out.standard_uncertainty() == pytest.approx(5)


def test_shapes_must_fit() -> None:
    with pytest.raises(ShapeMismatch):
        propagate([impedance], [1.0, 2.0], [[1.0, 0.0]])
    with pytest.raises(ShapeMismatch):
        covariance_of_means([[1, 2], [1, 2, 3]])
    with pytest.raises(TooFewReadings):
        covariance_of_means([[1.0]])


def test_an_exact_quantity_has_no_correlation() -> None:
    with pytest.raises(OutOfRange, match="no correlation"):
        correlation(independent_covariance([0, 1]), 0, 1)


@modest
@given(st.lists(st.tuples(values, values, sizes), min_size=1, max_size=5))
def test_a_linear_model_adds_in_squares(inputs: list[tuple[float, float, float]]) -> None:
    factors = [factor for factor, _, _ in inputs]

    def model(x: Sequence[float]) -> float:
        return math.fsum(c * v for c, v in zip(factors, x, strict=True))

    out = propagate(
        [model], [v for _, v, _ in inputs], independent_covariance([u for _, _, u in inputs])
    )

    expected = math.hypot(*(c * u for c, _, u in inputs))
    assert out.standard_uncertainty() == pytest.approx(expected, rel=1e-6, abs=1e-6)

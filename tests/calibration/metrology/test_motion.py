"""Velocity, settling and compliance."""

import math

import pytest

from app.calibration.metrology.errors import NotDetermined, OutOfRange, TooFewReadings
from app.calibration.metrology.motion import settling, static_compliance, velocity_figures


def test_velocity_figures_are_relative_to_the_command() -> None:
    figures = velocity_figures(1.0, [[0.9, 1.1], [1.0, 1.2]])

    assert figures.accuracy_percent == pytest.approx(5)
    assert figures.repeatability_percent == pytest.approx(300 * 0.1 / math.sqrt(2))
    assert figures.fluctuation == pytest.approx(0.2)
    with pytest.raises(TooFewReadings):
        velocity_figures(1.0, [[1.0, 1.1]])


def test_settling_runs_from_the_first_entry_to_the_last() -> None:
    result = settling([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [5.0, 0.5, 2.0, 1.5, 0.8, 0.2], band=1.0)

    assert result.time == pytest.approx(0.3)
    assert result.overshoot == 2.0


def test_a_robot_that_never_leaves_its_band_settles_at_once() -> None:
    result = settling([0.0, 0.1, 0.2], [5.0, 0.5, 0.2], band=1.0)

    assert (result.time, result.overshoot) == (0, 0)


def test_a_record_that_ends_too_early_is_refused() -> None:
    with pytest.raises(NotDetermined, match="not settled"):
        settling([0.0, 0.1], [5.0, 2.0], band=1.0)
    with pytest.raises(OutOfRange, match="rise"):
        settling([0.1, 0.1], [5.0, 0.0], band=1.0)


def test_compliance_is_stated_in_millimetres_per_100_newton() -> None:
    assert static_compliance(0.0005, 50) == pytest.approx(1.0)

"""Capacity, energy, resistance and health of batteries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.battery import (
    capacity,
    cell_spread,
    energy,
    pulse_resistance,
    state_of_health,
)
from app.calibration.metrology.errors import OutOfRange, ShapeMismatch, TooFewReadings
from tests.calibration.metrology.strategies import modest


def test_a_constant_current_gives_current_times_hours() -> None:
    found = capacity([0, 1800, 3600], [5, 5, 5], relative_gain_uncertainty=0.002)

    assert found.charge == pytest.approx(5)
    assert found.standard_uncertainty == pytest.approx(0.01)


def test_a_shunts_zero_counts_over_the_whole_time() -> None:
    found = capacity([0, 7200], [4, 4], relative_gain_uncertainty=0.001, zero_uncertainty=0.003)

    assert found.standard_uncertainty == pytest.approx(0.01)


def test_energy_is_the_integral_of_power() -> None:
    assert energy([0, 3600], [50, 46], [10, 10]) == pytest.approx(480)


def test_health_is_the_share_of_the_rated_capacity() -> None:
    assert state_of_health(9.0, 10.0) == pytest.approx(90)
    with pytest.raises(OutOfRange):
        state_of_health(9.0, 0)


def test_resistance_is_the_drop_over_the_step() -> None:
    assert pulse_resistance(
        voltage_before=50.0, voltage_after=49.0, current_before=0, current_after=20
    ) == pytest.approx(0.05)
    with pytest.raises(OutOfRange, match="did not change"):
        pulse_resistance(voltage_before=50, voltage_after=49, current_before=3, current_after=3)


def test_cell_spread_is_in_millivolts() -> None:
    assert cell_spread([3.651, 3.660, 3.648]) == pytest.approx(12)


def test_a_record_has_rising_times() -> None:
    with pytest.raises(OutOfRange, match="does not rise"):
        capacity([0, 10, 10], [1, 1, 1])
    with pytest.raises(ShapeMismatch):
        energy([0, 10], [1, 1], [1, 1, 1])
    with pytest.raises(TooFewReadings):
        capacity([0], [1])


@modest
@given(st.lists(st.floats(0, 50), min_size=3, max_size=20), st.data())
def test_a_discharge_may_be_cut_anywhere(currents: list[float], data: st.DataObject) -> None:
    times = [10.0 * i for i in range(len(currents))]
    cut = data.draw(st.integers(1, len(currents) - 2))

    whole = capacity(times, currents).charge
    parts = (
        capacity(times[: cut + 1], currents[: cut + 1]).charge
        + capacity(times[cut:], currents[cut:]).charge
    )
    assert parts == pytest.approx(whole)

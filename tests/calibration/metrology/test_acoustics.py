"""Sound levels."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.acoustics import (
    SURVEY_DIFFERENCE,
    background_correction,
    mean_level,
)
from app.calibration.metrology.errors import OutOfRange, TooFewReadings
from tests.calibration.metrology.strategies import modest


def test_levels_average_by_energy() -> None:
    assert mean_level([60, 60]) == pytest.approx(60)
    assert mean_level([70, 60]) == pytest.approx(10 * math.log10(5.5e6))
    with pytest.raises(TooFewReadings):
        mean_level([])


def test_background_is_taken_off_where_the_method_allows() -> None:
    assert background_correction(source=70, background=60) == pytest.approx(0.4576, abs=5e-5)
    with pytest.raises(OutOfRange, match=r"5\.0 dB over"):
        background_correction(source=65, background=60)
    survey = background_correction(source=65, background=60, least_difference=SURVEY_DIFFERENCE)
    assert survey == pytest.approx(1.65, abs=5e-3)
    with pytest.raises(OutOfRange):
        background_correction(source=62, background=60, least_difference=SURVEY_DIFFERENCE)


@modest
@given(st.lists(st.floats(0, 140), min_size=1, max_size=10), st.floats(-50, 50))
def test_the_mean_level_lies_within_and_moves_along(levels: list[float], shift: float) -> None:
    middle = mean_level(levels)

    assert min(levels) - 1e-9 <= middle <= max(levels) + 1e-9
    assert mean_level([level + shift for level in levels]) == pytest.approx(middle + shift)

"""Mean, spread and outliers against NIST's and the GUM's published figures."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.descriptive import (
    differences,
    grubbs,
    max_abs,
    mean,
    pooled_sd,
    root_mean_square,
    root_sum_square,
    sample_sd,
    sd_of_mean,
    share_of_full_scale,
)
from app.calibration.metrology.errors import (
    MeasurementRefused,
    NotANumber,
    OutOfRange,
    ShapeMismatch,
    TooFewReadings,
)
from app.kernel.errors import Refused
from tests.calibration.metrology.strategies import (
    NOT_NUMBERS,
    modest,
    orders,
    readings,
    values,
)

# JCGM 100:2008 4.4.3, Table 1: twenty temperatures, degrees Celsius.
GUM_TEMPERATURES = [
    *(96.90, 98.18, 98.25, 98.61, 99.03, 99.49, 99.56, 99.74, 99.89, 100.07),
    *(100.33, 100.42, 100.68, 100.95, 101.11, 101.20, 101.57, 101.84, 102.36, 102.72),
]


def test_gum_table_1_gives_the_printed_mean_spread_and_uncertainty() -> None:
    assert mean(GUM_TEMPERATURES) == pytest.approx(100.145, abs=5e-4)
    assert sample_sd(GUM_TEMPERATURES) == pytest.approx(1.489, abs=5e-4)
    assert sd_of_mean(GUM_TEMPERATURES) == pytest.approx(0.333, abs=5e-4)


# NIST StRD univariate NumAcc1 to 4: data, mean, s, relative tolerance of s.
NUM_ACC = [
    ([10000001.0, 10000003.0, 10000002.0], 10000002.0, 1.0, 1e-15),
    ([1.2, *[1.1, 1.3] * 500], 1.2, 0.1, 1e-13),
    ([1000000.2, *[1000000.1, 1000000.3] * 500], 1000000.2, 0.1, 1e-8),
    ([10000000.2, *[10000000.1, 10000000.3] * 500], 10000000.2, 0.1, 1e-7),
]


@pytest.mark.parametrize(("data", "centre", "spread", "tolerance"), NUM_ACC)
def test_nist_numacc_is_reproduced(
    data: list[float], centre: float, spread: float, tolerance: float
) -> None:
    assert mean(data) == pytest.approx(centre, rel=1e-15)
    assert sample_sd(data) == pytest.approx(spread, rel=tolerance)


def test_pooling_weighs_series_by_their_degrees_of_freedom() -> None:
    pooled = pooled_sd([[1.0, 3.0], [10.0, 11.0, 12.0]])

    assert pooled.dof == 3
    assert pooled.sd == pytest.approx(math.sqrt((2 + 2) / 3))


def test_root_mean_and_root_sum_square() -> None:
    assert root_mean_square([3, 4]) == pytest.approx(math.sqrt(12.5))
    assert root_sum_square([3, 4]) == 5
    assert max_abs([1, -7, 3]) == 7


def test_grubbs_critical_value_is_the_tabulated_one() -> None:
    # ISO 5725-2 Table 5, one outlying observation at 5 %, two-sided: n = 10 gives 2.290.
    test = grubbs([10.0, 10.1, 9.9, 10.0, 10.2, 9.8, 10.1, 9.9, 10.0, 14.0])

    assert test.critical == pytest.approx(2.290, abs=5e-4)
    assert test.index == 9
    assert test.suspicious


def test_equal_readings_have_no_outlier_and_no_spread() -> None:
    assert grubbs([0.1, 0.1, 0.1]).statistic == 0
    assert sample_sd([0.1, 0.1, 0.1]) == 0


@pytest.mark.parametrize("bad", NOT_NUMBERS)
def test_a_reading_that_is_no_number_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(NotANumber, match=r"Value no\. 2"):
        mean([1.0, bad, 3.0])


def test_too_few_readings_are_refused() -> None:
    with pytest.raises(TooFewReadings, match="0 given, at least 1"):
        mean([])
    with pytest.raises(TooFewReadings, match="1 given, at least 2"):
        sample_sd([1.0])


def test_numbers_of_no_physical_size_are_refused() -> None:
    with pytest.raises(NotANumber):
        mean([1e200])
    with pytest.raises(NotANumber):
        mean([10**400])


def test_lists_that_belong_together_have_equal_length() -> None:
    with pytest.raises(ShapeMismatch, match="as many"):
        differences([1, 2], [1])


def test_full_scale_is_above_zero() -> None:
    assert share_of_full_scale(2, 8) == 0.25
    with pytest.raises(OutOfRange):
        share_of_full_scale(2, 0)


def test_a_refusal_is_the_stores_and_a_value_error() -> None:
    assert issubclass(MeasurementRefused, Refused)
    assert issubclass(MeasurementRefused, ValueError)


@modest
@given(readings, orders)
def test_order_does_not_change_a_bit(data: list[float], order: Random) -> None:
    shuffled = order.sample(data, len(data))

    assert mean(shuffled) == mean(data)
    assert sample_sd(shuffled) == sample_sd(data)


@modest
@given(readings, st.sampled_from([2.0, -4.0, 0.5, 1024.0]))
def test_a_change_of_unit_scales_mean_and_spread(data: list[float], factor: float) -> None:
    scaled = [factor * value for value in data]

    assert mean(scaled) == pytest.approx(factor * mean(data))
    assert sample_sd(scaled) == pytest.approx(abs(factor) * sample_sd(data))


@modest
@given(readings, values)
def test_a_shift_moves_the_mean_and_keeps_the_spread(data: list[float], shift: float) -> None:
    moved = [value + shift for value in data]

    assert mean(moved) == pytest.approx(mean(data) + shift, abs=1e-9)
    assert sample_sd(moved) == pytest.approx(sample_sd(data), abs=1e-9)


@modest
@given(readings)
def test_the_mean_lies_among_the_readings(data: list[float]) -> None:
    assert min(data) <= mean(data) <= max(data)

"""Printing a value with its uncertainty."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import NotANumber, OutOfRange
from app.calibration.metrology.rounding import round_result, round_uncertainty
from tests.calibration.metrology.strategies import modest, values


@pytest.mark.parametrize(
    ("expanded", "digits", "printed"),
    [
        (0.058502, 2, "0.059"),
        (0.01234, 2, "0.012"),
        (0.0996, 2, "0.10"),
        (31.6639, 2, "32"),
        (1234.0, 2, "1.2E+3"),
        (0.014, 1, "0.02"),  # 0.01 would hide 29 %
        (0.0102, 1, "0.01"),  # cuts 2 %
        (0.96, 1, "1"),
        (2e-9, 2, "2.0E-9"),
    ],
)
def test_u_keeps_its_leading_digits(expanded: float, digits: int, printed: str) -> None:
    assert round_uncertainty(expanded, digits=digits) == Decimal(printed)


def test_the_value_ends_where_its_uncertainty_ends() -> None:
    result = round_result(10000.02512, 0.0585)

    assert (str(result.value), str(result.expanded)) == ("10000.025", "0.058")


def test_a_value_smaller_than_its_uncertainty_becomes_zero_at_that_place() -> None:
    assert str(round_result(0.0001, 0.5).value) == "0.00"


@pytest.mark.parametrize("expanded", [0, -1])
def test_u_is_above_zero(expanded: float) -> None:
    with pytest.raises(OutOfRange):
        round_uncertainty(expanded)


def test_three_digits_and_nan_are_refused() -> None:
    with pytest.raises(OutOfRange, match="1 or 2 digits"):
        round_uncertainty(1.0, digits=3)
    with pytest.raises(NotANumber):
        round_result(math.nan, 1.0)


@modest
@given(st.floats(1e-12, 1e12), st.sampled_from([1, 2]))
def test_rounding_never_cuts_more_than_five_percent(expanded: float, digits: int) -> None:
    printed = round_uncertainty(expanded, digits=digits)

    assert float(printed) >= expanded * (0.95 - 1e-12)
    assert len(printed.as_tuple().digits) == digits


@modest
@given(values, st.floats(1e-6, 1e3))
def test_value_and_u_share_their_last_place(value: float, expanded: float) -> None:
    result = round_result(value, expanded)

    assert result.value.as_tuple().exponent == result.expanded.as_tuple().exponent
    assert abs(float(result.value) - value) <= expanded / 10 + 1e-9

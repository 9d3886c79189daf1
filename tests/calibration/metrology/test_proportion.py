"""What k successes in n trials prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.distributions import binomial_cdf
from app.calibration.metrology.errors import OutOfRange, TooFewReadings
from app.calibration.metrology.proportion import least_success, most_success, success_bounds
from tests.calibration.metrology.strategies import modest


def test_ten_of_ten_prove_74_percent() -> None:
    assert least_success(10, 10) == pytest.approx(0.741, abs=5e-4)
    assert least_success(10, 10) == pytest.approx(0.05**0.1, rel=1e-12)
    assert most_success(0, 10) == pytest.approx(1 - 0.05**0.1, rel=1e-12)


def test_all_and_nothing_reach_the_ends() -> None:
    assert success_bounds(10, 10).upper == 1
    assert success_bounds(0, 10).lower == 0
    assert success_bounds(10, 10).lower == pytest.approx(0.025**0.1, rel=1e-12)


def test_successes_are_among_the_trials() -> None:
    with pytest.raises(OutOfRange):
        success_bounds(11, 10)
    with pytest.raises(OutOfRange):
        success_bounds(-1, 10)
    with pytest.raises(TooFewReadings):
        success_bounds(0, 0)
    with pytest.raises(OutOfRange, match="between 0 and 1"):
        success_bounds(5, 10, confidence=1)


trials = st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@modest
@given(trials)
def test_the_bounds_surround_the_share_and_leave_their_tails(case: tuple[int, int]) -> None:
    k, n = case
    bounds = success_bounds(k, n)

    assert bounds.lower <= k / n <= bounds.upper
    if k > 0:
        assert 1 - binomial_cdf(k - 1, n, bounds.lower) == pytest.approx(0.025)
    if k < n:
        assert binomial_cdf(k, n, bounds.upper) == pytest.approx(0.025)


@modest
@given(trials)
def test_failures_mirror_successes(case: tuple[int, int]) -> None:
    k, n = case

    assert success_bounds(n - k, n).lower == pytest.approx(1 - success_bounds(k, n).upper)


@modest
@given(trials)
def test_one_more_success_never_lowers_a_bound(case: tuple[int, int]) -> None:
    k, n = case

    assert least_success(min(k + 1, n), n) >= least_success(k, n)
    assert success_bounds(k, n, confidence=0.99).lower <= success_bounds(k, n).lower

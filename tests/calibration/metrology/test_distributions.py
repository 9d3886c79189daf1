"""Quantiles against tables and against what can be written down in closed form."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.distributions import (
    beta_cdf,
    beta_quantile,
    binomial_cdf,
    normal_cdf,
    normal_quantile,
    student_cdf,
    student_quantile,
)
from app.calibration.metrology.errors import NotANumber, OutOfRange
from tests.calibration.metrology.strategies import modest, shares


def test_normal_probabilities_of_whole_deviations() -> None:
    # JCGM 100:2008 Table G.1.
    assert normal_cdf(1) - normal_cdf(-1) == pytest.approx(0.6827, abs=5e-5)
    assert normal_cdf(2) - normal_cdf(-2) == pytest.approx(0.9545, abs=5e-5)
    assert normal_cdf(-37) > 0
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-14)


# JCGM 100:2008 Table G.2, two-sided, columns 95 % and 99 %.
STUDENT_TABLE = [
    (1, 12.71, 63.66),
    (2, 4.30, 9.92),
    (5, 2.57, 4.03),
    (10, 2.23, 3.17),
    (16, 2.12, 2.92),
    (19, 2.09, 2.86),
    (30, 2.04, 2.75),
    (100, 1.984, 2.626),
    (math.inf, 1.960, 2.576),
]


@pytest.mark.parametrize(("dof", "t95", "t99"), STUDENT_TABLE)
def test_students_quantile_is_the_tabulated_one(dof: float, t95: float, t99: float) -> None:
    assert student_quantile(0.975, dof) == pytest.approx(t95, abs=5e-3)
    assert student_quantile(0.995, dof) == pytest.approx(t99, abs=5e-3)


@pytest.mark.parametrize("p", [0.001, 0.1, 0.6, 0.97725, 0.9999])
def test_student_agrees_with_its_closed_forms(p: float) -> None:
    centred = 2 * p - 1

    assert student_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-12)
    assert student_quantile(p, 2) == pytest.approx(
        centred * math.sqrt(2 / (1 - centred**2)), rel=1e-12
    )


def test_student_meets_the_normal_without_a_step() -> None:
    below, above = student_quantile(0.999, 1e6), student_quantile(0.999, 1.000001e6)

    assert below == pytest.approx(above, rel=1e-10)
    assert student_cdf(2.5, 1e6) == pytest.approx(student_cdf(2.5, 1.000001e6), rel=1e-10)
    assert student_quantile(0.5, 7) == 0
    assert student_quantile(0.999, math.inf) == normal_quantile(0.999)


def test_many_dof_undo_their_quantile_too() -> None:
    assert student_cdf(student_quantile(0.99, 3e6), 3e6) == pytest.approx(0.99, rel=1e-13)
    assert student_cdf(-1e75, 3e6) == 0


def test_beta_of_one_parameter_is_a_power() -> None:
    assert beta_quantile(0.05, 10, 1) == pytest.approx(0.05**0.1, rel=1e-14)
    assert beta_cdf(0.3, 4, 1) == pytest.approx(0.3**4, rel=1e-14)
    assert beta_cdf(0, 2, 3) == 0
    assert beta_cdf(1, 2, 3) == 1


@pytest.mark.parametrize(("k", "n", "p"), [(0, 5, 0.5), (3, 10, 0.3), (60, 200, 0.3)])
def test_binomial_sums_its_terms(k: int, n: int, p: float) -> None:
    terms = math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))

    assert binomial_cdf(k, n, p) == pytest.approx(terms, rel=1e-12)


def test_binomial_ends() -> None:
    assert binomial_cdf(-1, 5, 0.5) == 0
    assert binomial_cdf(5, 5, 0.5) == 1


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.1])
def test_a_quantile_needs_a_probability(p: float) -> None:
    with pytest.raises(OutOfRange, match="between 0 and 1"):
        student_quantile(p, 5)


def test_dof_below_one_and_nan_are_refused() -> None:
    with pytest.raises(OutOfRange, match="fewer than one"):
        student_quantile(0.9, 0.5)
    with pytest.raises(NotANumber):
        student_cdf(math.nan, 5)


@modest
@given(shares, st.floats(1, 500))
def test_student_cdf_undoes_its_quantile(p: float, dof: float) -> None:
    assert student_cdf(student_quantile(p, dof), dof) == pytest.approx(p, rel=1e-11)


@modest
@given(shares, st.floats(1, 500))
def test_student_is_symmetric(p: float, dof: float) -> None:
    assert student_quantile(1 - p, dof) == pytest.approx(-student_quantile(p, dof), abs=1e-9)


@modest
@given(shares, st.floats(0.2, 200), st.floats(0.2, 200))
def test_beta_cdf_undoes_its_quantile(p: float, a: float, b: float) -> None:
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, rel=1e-9)

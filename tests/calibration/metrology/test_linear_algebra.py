"""Least squares and eigenvalues of small matrices."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.calibration.metrology.errors import NotANumber, NotDetermined, ShapeMismatch
from app.calibration.metrology.gauss_newton import gauss_newton
from app.calibration.metrology.linear_algebra import (
    condition_number,
    dot,
    least_squares,
    product,
    quadratic_form,
    symmetric_eigen,
    times_vector,
    transpose,
)
from tests.calibration.metrology.strategies import modest, small, values


def test_least_squares_gives_coefficients_covariance_and_condition() -> None:
    fit = least_squares([(1, 0), (1, 1), (1, 2)], [1, 3, 5.3])

    assert fit.coefficients == pytest.approx((0.95, 2.15))
    assert fit.dof == 1
    assert fit.covariance[1][1] == pytest.approx(fit.residual_sd**2 / 2)
    assert fit.covariance[0][1] == pytest.approx(-(fit.residual_sd**2) / 2)


def test_as_many_observations_as_parameters_leave_no_residual() -> None:
    fit = least_squares([(2, 0), (0, 4)], [6, 8])

    assert fit.coefficients == pytest.approx((3, 2))
    assert (fit.residual_sd, fit.dof) == (0, 0)


def test_condition_is_the_ratio_of_singular_values() -> None:
    assert condition_number(((3.0, 0.0), (0.0, 0.5))) == pytest.approx(6)
    assert condition_number(((1.0, 1.0), (1.0, 1.0))) > 1e15
    assert condition_number(((1.0, 0.0), (1.0, 0.0))) == math.inf


def test_an_open_problem_is_refused() -> None:
    with pytest.raises(NotDetermined, match="condition number"):
        least_squares([(1, 1), (2, 2), (3, 3)], [1, 2, 3])
    with pytest.raises(NotDetermined, match="cannot settle"):
        least_squares([(1, 1)], [1])
    with pytest.raises(ShapeMismatch):
        least_squares([(1, 1), (1,)], [1, 2])
    with pytest.raises(ShapeMismatch):
        least_squares([(1, 1), (1, 2)], [1])
    with pytest.raises(NotANumber):
        least_squares([(1, math.nan), (1, 2)], [1, 2])


def test_eigenvalues_rise_and_need_a_square() -> None:
    eigenvalues, vectors = symmetric_eigen(((2.0, 1.0), (1.0, 2.0)))

    assert eigenvalues == pytest.approx((1, 3))
    assert abs(dot(vectors[0], vectors[1])) < 1e-12
    with pytest.raises(ShapeMismatch):
        symmetric_eigen(((1.0, 2.0),))


def test_gauss_newton_finds_an_exponential() -> None:
    times = (0.0, 1.0, 2.0, 3.0)
    solution = gauss_newton(
        lambda p: [p[0] * math.exp(p[1] * t) for t in times],
        [2 * math.exp(-0.5 * t) for t in times],
        start=(1.0, 0.0),
        scales=(1.0, 1.0),
    )

    assert solution.parameters == pytest.approx((2, -0.5))
    assert solution.residual_sd == pytest.approx(0, abs=1e-9)
    assert solution.dof == 2


def test_gauss_newton_says_when_it_does_not_settle() -> None:
    with pytest.raises(NotDetermined):
        gauss_newton(
            lambda p: [math.atan(p[0]), 2 * math.atan(p[0])],
            [0.0, 0.0],
            start=(3.0,),
            scales=(1.0,),
        )


squares = st.lists(st.lists(small, min_size=3, max_size=3), min_size=4, max_size=7)


@modest
@given(squares, st.lists(values, min_size=3, max_size=3))
def test_a_linear_model_is_recovered_exactly(rows: list[list[float]], truth: list[float]) -> None:
    design = tuple(tuple(row) for row in rows)
    assume(condition_number(design) < 1e3)
    fit = least_squares(design, times_vector(design, truth))

    assert fit.coefficients == pytest.approx(truth, abs=1e-7)


@modest
@given(squares, st.lists(values, min_size=7, max_size=7))
def test_residuals_are_perpendicular_to_the_design(
    rows: list[list[float]], observed: list[float]
) -> None:
    design = tuple(tuple(row) for row in rows)
    assume(condition_number(design) < 1e3)
    fit = least_squares(design, observed[: len(design)])

    assert all(abs(dot(column, fit.residuals)) < 1e-8 for column in transpose(design))


@modest
@given(squares)
def test_eigenvectors_rebuild_the_matrix(rows: list[list[float]]) -> None:
    design = tuple(tuple(row) for row in rows)
    matrix = product(transpose(design), design)
    eigenvalues, vectors = symmetric_eigen(matrix)

    assert list(eigenvalues) == sorted(eigenvalues)
    for value, vector in zip(eigenvalues, vectors, strict=True):
        assert quadratic_form(matrix, vector) == pytest.approx(value, abs=1e-10)
        assert times_vector(matrix, vector) == pytest.approx(
            tuple(value * v for v in vector), abs=1e-10
        )

"""Least squares for models that are not linear in their parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    Matrix,
    Vector,
    finite_all,
    positive,
    same_length,
)
from app.calibration.metrology.errors import NotDetermined
from app.calibration.metrology.linear_algebra import (
    MAX_CONDITION,
    LeastSquares,
    least_squares,
    subtract,
    transpose,
)
from app.kernel.text import msg

_RELATIVE_STEP = 1e-6
_MOST_ITERATIONS = 50
_CONVERGED = 1e-10

Predict = Callable[[Vector], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Solution:
    """Parameters (p), their covariance (p x p), residuals (n), s, dof n-p, cond(J), iterations."""

    parameters: Vector
    covariance: Matrix
    residuals: Vector
    residual_sd: float
    dof: int
    condition: float
    iterations: int


def gauss_newton(
    predict: Predict,
    observed: Sequence[float],
    *,
    start: Sequence[float],
    scales: Sequence[float],
    max_condition: float = MAX_CONDITION,
) -> Solution:
    """Parameters that minimise |observed - predict(parameters)|^2, n > p.

    Steps (J'J)^-1 J'r with J by central differences; cov = s^2 (J'J)^-1. `scales` are the
    parameters' natural sizes (> 0): steps, convergence and cond(J) refer to parameters / scales.
    Raises `NotDetermined` for cond(J) over the bound or when 50 steps do not settle.
    """
    sizes = tuple(positive(msg("scale of a parameter"), scale) for scale in scales)
    current = finite_all(msg("starting values"), start)
    same_length(msg("starting values"), current, msg("scales"), sizes)
    values = finite_all(msg("observations"), observed, at_least=len(current) + 1)
    problem = _Problem(predict, values, sizes, max_condition)
    for iteration in range(1, _MOST_ITERATIONS + 1):
        fit = problem.linearised(current)
        current = tuple(p + b * s for p, b, s in zip(current, fit.coefficients, sizes, strict=True))
        if max(abs(step) for step in fit.coefficients) <= _CONVERGED:
            return problem.solution(current, fit, iteration)
    raise NotDetermined(msg("The fit did not settle: check the poses and the model."))


@dataclass(frozen=True, slots=True)
class _Problem:
    predict: Predict
    observed: Vector
    sizes: Vector
    max_condition: float

    def linearised(self, current: Vector) -> LeastSquares:
        """The linear problem about the current parameters, in scaled units."""
        columns = []
        for i, size in enumerate(self.sizes):
            step = _RELATIVE_STEP * size
            high, low = (
                self.predicted((*current[:i], current[i] + shift, *current[i + 1 :]))
                for shift in (step, -step)
            )
            columns.append(tuple(change / (2 * _RELATIVE_STEP) for change in subtract(high, low)))
        return least_squares(
            transpose(tuple(columns)), self.residuals(current), max_condition=self.max_condition
        )

    def solution(self, current: Vector, fit: LeastSquares, iterations: int) -> Solution:
        """Back to the parameters' own units."""
        covariance = tuple(
            tuple(value * a * b for value, b in zip(row, self.sizes, strict=True))
            for row, a in zip(fit.covariance, self.sizes, strict=True)
        )
        return Solution(
            parameters=current,
            covariance=covariance,
            residuals=self.residuals(current),
            residual_sd=fit.residual_sd,
            dof=fit.dof,
            condition=fit.condition,
            iterations=iterations,
        )

    def residuals(self, parameters: Vector) -> Vector:
        return subtract(self.observed, self.predicted(parameters))

    def predicted(self, parameters: Vector) -> Vector:
        predicted = finite_all(msg("predictions"), self.predict(parameters))
        same_length(msg("predictions"), predicted, msg("observations"), self.observed)
        return predicted

"""Carrying uncertainties through a measurement model given as a function."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    Matrix,
    Vector,
    finite,
    finite_all,
    matrix,
    not_negative,
    same_length,
)
from app.calibration.metrology.descriptive import mean
from app.calibration.metrology.errors import OutOfRange, ShapeMismatch
from app.calibration.metrology.linear_algebra import dot, product, transpose
from app.kernel.text import msg

Model = Callable[[Sequence[float]], float]


@dataclass(frozen=True, slots=True)
class PropagatedOutputs:
    """Outputs y (m), their covariance (m x m) and the sensitivities dy/dx (m x n)."""

    values: Vector
    covariance: Matrix
    sensitivities: Matrix

    def standard_uncertainty(self, index: int = 0) -> float:
        """u(y_index), in the output's unit."""
        return math.sqrt(max(self.covariance[index][index], 0.0))


def propagate(
    models: Iterable[Model], values: Sequence[float], covariance: Iterable[Sequence[float]]
) -> PropagatedOutputs:
    """Outputs of models of n inputs, with all covariances (JCGM 100:2008 5.2.2, JCGM 102 6.2).

    `values` has n inputs, `covariance` is n x n in their units. Sensitivities are central
    differences over +-u(x_i) (JCGM 100:2008 5.1.3 NOTE 2): exact for models up to quadratic.
    """
    inputs = finite_all(msg("inputs"), values)
    spread = matrix(msg("covariance"), covariance, columns=len(inputs))
    if len(spread) != len(inputs):
        raise ShapeMismatch(msg("The covariance must have a row and a column per input."))
    steps = [
        math.sqrt(not_negative(msg("variance of an input"), spread[i][i]))
        for i in range(len(inputs))
    ]
    functions = tuple(models)
    jacobian = tuple(
        tuple(_sensitivity(model, inputs, i, step) for i, step in enumerate(steps))
        for model in functions
    )
    outputs = finite_all(msg("outputs of the model"), (model(inputs) for model in functions))
    return PropagatedOutputs(
        outputs, product(product(jacobian, spread), transpose(jacobian)), jacobian
    )


def independent_covariance(standard_uncertainties: Sequence[float]) -> Matrix:
    """Covariance (n x n) of n inputs that share no error, from their standard uncertainties."""
    us = [not_negative(msg("standard uncertainty"), u) for u in standard_uncertainties]
    return tuple(tuple(u * u if i == j else 0.0 for j in range(len(us))) for i, u in enumerate(us))


def covariance_of_means(series: Sequence[Sequence[float]]) -> Matrix:
    """Covariance of the means of q series of n >= 2 readings taken together (JCGM 100:2008 5.2.3).

    `series` is q x n; reading j of every series belongs to the same moment.
    """
    rows = tuple(finite_all(msg("readings"), one, at_least=2) for one in series)
    for row in rows:
        same_length(msg("readings of one series"), rows[0], msg("readings of another"), row)
    deviations = [tuple(value - mean(row) for value in row) for row in rows]
    size = len(rows[0])
    return tuple(
        tuple(dot(one, other) / (size * (size - 1)) for other in deviations) for one in deviations
    )


def correlation(covariance: Matrix, one: int, other: int) -> float:
    """r = u(x_i, x_j) / (u(x_i) u(x_j)) from a covariance matrix (JCGM 100:2008 5.2.2).

    Raises `OutOfRange` when either quantity has no uncertainty.
    """
    scale = math.sqrt(covariance[one][one] * covariance[other][other])
    if not scale > 0:
        raise OutOfRange(msg("A quantity without uncertainty has no correlation."))
    return covariance[one][other] / scale


def _sensitivity(model: Model, inputs: Vector, index: int, step: float) -> float:
    """dy/dx_index; an exactly known input carries nothing, so its sensitivity is not asked for."""
    if step == 0:
        return 0.0
    before, after = inputs[:index], inputs[index + 1 :]
    high = model((*before, inputs[index] + step, *after))
    low = model((*before, inputs[index] - step, *after))
    return finite(msg("sensitivity coefficient"), (high - low) / (2 * step))

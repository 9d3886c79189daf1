"""Small dense linear algebra: products, least squares by Householder, eigenvalues by Jacobi.

Matrices are tuples of rows. Every inner product is one `math.fsum`, so the order of the terms does
not matter and a repeated computation gives the same bits.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import Matrix, Vector, finite_all, matrix, same_length
from app.calibration.metrology.errors import NotDetermined, ShapeMismatch
from app.kernel.text import msg

MAX_CONDITION = 1e4  # beyond, one part in ten thousand of noise may turn a parameter around
_SWEEPS = 60
_NEGLIGIBLE = 1e-15


def dot(one: Iterable[float], other: Iterable[float]) -> float:
    """Inner product of two vectors of equal length."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def norm(vector: Iterable[float]) -> float:
    """Euclidean length of a vector, in the unit of its components."""
    return math.hypot(*vector)


def subtract(one: Iterable[float], other: Iterable[float]) -> Vector:
    """one - other, component by component."""
    return tuple(a - b for a, b in zip(one, other, strict=True))


def transpose(rows: Matrix) -> Matrix:
    """The matrix with rows and columns exchanged."""
    return tuple(zip(*rows, strict=True))


def times_vector(rows: Matrix, vector: Sequence[float]) -> Vector:
    """Matrix (m x n) times vector (n): vector (m)."""
    return tuple(dot(row, vector) for row in rows)


def product(one: Matrix, other: Matrix) -> Matrix:
    """Matrix product of (m x n) and (n x p)."""
    columns = transpose(other)
    return tuple(tuple(dot(row, column) for column in columns) for row in one)


def quadratic_form(rows: Matrix, vector: Sequence[float]) -> float:
    """v' M v of a square matrix: the variance that a covariance gives to a combination."""
    return math.fsum(
        a * value * b
        for row, a in zip(rows, vector, strict=True)
        for value, b in zip(row, vector, strict=True)
    )


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """A linear fit of p parameters to n observations.

    `covariance` (p x p) is s^2 (X'X)^-1 with s^2 = residual sum / (n-p); with n = p there is no
    residual to judge by, and `residual_sd` and `covariance` are zero.
    """

    coefficients: Vector
    residuals: Vector
    residual_sd: float
    covariance: Matrix
    dof: int
    condition: float


def least_squares(
    design: Iterable[Sequence[float]],
    observed: Sequence[float],
    *,
    max_condition: float = MAX_CONDITION,
) -> LeastSquares:
    """Coefficients that minimise |observed - design coefficients|^2.

    `design` is n x p with n >= p >= 1, `observed` has n values. The condition number is that of
    the design as given: scale its columns first where their units differ.
    Raises `ShapeMismatch`, `NotANumber`, or `NotDetermined` when the condition exceeds the bound.
    """
    rows = matrix(msg("design matrix"), design)
    values = finite_all(msg("observations"), observed)
    same_length(msg("rows of the design matrix"), rows, msg("observations"), values)
    number, parameters = len(rows), len(rows[0])
    if number < parameters:
        raise NotDetermined(
            msg(
                "{count} observations cannot settle {parameters} parameters.",
                count=number,
                parameters=parameters,
            )
        )
    triangle, rotated = _householder(rows, values)
    condition = _condition(triangle)
    require_condition(condition, at_most=max_condition)
    coefficients = _back_substitute(triangle, rotated)
    residuals = subtract(values, times_vector(rows, coefficients))
    dof = number - parameters
    variance = dot(residuals, residuals) / dof if dof else 0.0
    return LeastSquares(
        coefficients,
        residuals,
        math.sqrt(variance),
        _covariance(triangle, variance),
        dof,
        condition,
    )


def condition_number(rows: Matrix) -> float:
    """Largest over smallest singular value of an n x p matrix, n >= p; infinity at lost rank."""
    return _condition(_householder(rows, (0.0,) * len(rows))[0])


def require_condition(condition: float, *, at_most: float) -> None:
    """Raises `NotDetermined` where the readings leave the parameters open."""
    if not condition <= at_most:
        raise NotDetermined(
            msg(
                "The readings do not settle the parameters: condition number {condition}, "
                "at most {limit} is allowed. Vary the poses or loads more.",
                condition=f"{condition:.3g}",
                limit=f"{at_most:.3g}",
            )
        )


def column_scales(rows: Matrix) -> Vector:
    """Length of each column (1 for a column of zeros), to divide by before judging condition."""
    return tuple(norm(column) or 1.0 for column in transpose(rows))


def scale_columns(rows: Matrix, scales: Sequence[float]) -> Matrix:
    """Each column divided by its scale."""
    return tuple(
        tuple(value / scale for value, scale in zip(row, scales, strict=True)) for row in rows
    )


def symmetric_eigen(rows: Matrix) -> tuple[Vector, Matrix]:
    """Eigenvalues, rising, and their unit eigenvectors (as rows) of a symmetric matrix.

    Cyclic Jacobi rotations; raises `ShapeMismatch` unless the matrix is square.
    """
    size = len(rows)
    if any(len(row) != size for row in rows):
        raise ShapeMismatch(msg("A matrix with eigenvalues has as many rows as columns."))
    work = [list(row) for row in rows]
    vectors = [[float(i == j) for j in range(size)] for i in range(size)]
    scale = max((abs(value) for row in work for value in row), default=0.0)
    for _ in range(_SWEEPS):
        if all(abs(work[i][j]) <= _NEGLIGIBLE * scale for i in range(size) for j in range(i)):
            break
        for i in range(size):
            for j in range(i + 1, size):
                _rotate_symmetric(work, vectors, i, j)
    order = sorted(range(size), key=lambda i: work[i][i])
    return tuple(work[i][i] for i in order), tuple(tuple(vectors[i]) for i in order)


def _rotate_symmetric(work: list[list[float]], vectors: list[list[float]], i: int, j: int) -> None:
    """One Jacobi rotation that makes element (i, j) zero."""
    if work[i][j] == 0:
        return
    theta = 0.5 * math.atan2(2 * work[i][j], work[i][i] - work[j][j])
    cosine, sine = math.cos(theta), math.sin(theta)
    for row in work:
        row[i], row[j] = cosine * row[i] + sine * row[j], cosine * row[j] - sine * row[i]
    for table in (work, vectors):
        upper, lower = table[i], table[j]
        table[i] = [cosine * a + sine * b for a, b in zip(upper, lower, strict=True)]
        table[j] = [cosine * b - sine * a for a, b in zip(upper, lower, strict=True)]


def _householder(rows: Matrix, values: Vector) -> tuple[list[list[float]], list[float]]:
    """The triangle R (p x p) of the design, and Q' observed (its first p elements)."""
    columns = [list(column) for column in transpose(rows)]
    target = list(values)
    for k, pivot in enumerate(columns):
        length = norm(pivot[k:])
        if length == 0:
            continue
        mirror = [value / length for value in pivot[k:]]
        mirror[0] += math.copysign(1.0, mirror[0])
        square = dot(mirror, mirror)
        for column in [*columns[k:], target]:
            factor = 2 * dot(mirror, column[k:]) / square
            column[k:] = [c - factor * v for c, v in zip(column[k:], mirror, strict=True)]
    size = len(columns)
    return [[columns[j][i] for j in range(size)] for i in range(size)], target[:size]


def _condition(triangle: list[list[float]]) -> float:
    """Ratio of extreme singular values, by one-sided Jacobi on the columns."""
    columns = [
        [row[j] if j >= i else 0.0 for i, row in enumerate(triangle)] for j in range(len(triangle))
    ]
    for _ in range(_SWEEPS):
        turned = [
            _orthogonalise(columns, i, j)
            for i in range(len(columns))
            for j in range(i + 1, len(columns))
        ]
        if not any(turned):
            break
    values = [norm(column) for column in columns]
    return max(values) / min(values) if min(values) > 0 else math.inf


def _orthogonalise(columns: list[list[float]], i: int, j: int) -> bool:
    """Turn two columns until they are perpendicular; False if they already were."""
    left, right = columns[i], columns[j]
    overlap = dot(left, right)
    if abs(overlap) <= _NEGLIGIBLE * norm(left) * norm(right):
        return False
    theta = 0.5 * math.atan2(2 * overlap, dot(left, left) - dot(right, right))
    cosine, sine = math.cos(theta), math.sin(theta)
    columns[i] = [cosine * a + sine * b for a, b in zip(left, right, strict=True)]
    columns[j] = [cosine * b - sine * a for a, b in zip(left, right, strict=True)]
    return True


def _back_substitute(triangle: list[list[float]], target: Sequence[float]) -> Vector:
    size = len(triangle)
    solution = [0.0] * size
    for i in reversed(range(size)):
        rest = dot(triangle[i][i + 1 :], solution[i + 1 :])
        solution[i] = (target[i] - rest) / triangle[i][i]
    return tuple(solution)


def _covariance(triangle: list[list[float]], variance: float) -> Matrix:
    """variance (R'R)^-1, from the inverse of the triangle."""
    size = len(triangle)
    units = [[float(i == j) for i in range(size)] for j in range(size)]
    inverse = transpose(tuple(_back_substitute(triangle, unit) for unit in units))
    return tuple(tuple(variance * dot(one, other) for other in inverse) for one in inverse)

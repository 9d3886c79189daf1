"""Inertial units: six-position check, gyroscope bias and scale, static accelerometer fit.

Specific force in m/s^2, angular rate in rad/s.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    DIMENSIONS,
    Matrix,
    Vector,
    Vector3,
    finite,
    finite_all,
    positive,
    vector3,
    vectors3,
)
from app.calibration.metrology.descriptive import mean, sample_sd
from app.calibration.metrology.errors import OutOfRange, ShapeMismatch
from app.calibration.metrology.gauss_newton import Solution, gauss_newton
from app.kernel.text import msg

LEAST_ATTITUDES = 10  # nine parameters; 36 to 50 attitudes are usual
_MISALIGNMENTS = 3


@dataclass(frozen=True, slots=True)
class SixPosition:
    """Bias per axis (m/s^2), scale per axis, and cross-axis gains.

    `gains[i][j]` is what axis i shows per unit of true acceleration along axis j; its diagonal is
    the scale.
    """

    bias: Vector3
    scale: Vector3
    gains: Matrix


def six_position(
    up: Sequence[Sequence[float]], down: Sequence[Sequence[float]], *, gravity: float
) -> SixPosition:
    """b = (a_up + a_dn)/2 and scale = (a_up - a_dn)/(2 g) per axis (IEEE Std 1293).

    `up[j]` and `down[j]` (3 x 3 each) are the mean readings of all axes with axis j pointing up
    and down; `gravity` is local.
    """
    g = positive(msg("gravity"), gravity)
    upper = vectors3(msg("readings with an axis up"), up)
    lower = vectors3(msg("readings with an axis down"), down)
    if len(upper) != DIMENSIONS or len(lower) != DIMENSIONS:
        raise ShapeMismatch(msg("Six positions are three axes up and three down."))
    gains = tuple(
        tuple((upper[j][i] - lower[j][i]) / (2 * g) for j in range(DIMENSIONS))
        for i in range(DIMENSIONS)
    )
    x, y, z = ((upper[i][i] + lower[i][i]) / 2 for i in range(DIMENSIONS))
    return SixPosition((x, y, z), (gains[0][0], gains[1][1], gains[2][2]), gains)


@dataclass(frozen=True, slots=True)
class StaticNoise:
    """Bias and its white-noise density, in the signal's unit and unit/sqrt(Hz)."""

    bias: float
    density: float
    standard_uncertainty: float


def static_noise(signal: Sequence[float], *, sample_time: float) -> StaticNoise:
    """Bias = mean and density = s sqrt(dt) of n >= 2 samples at rest, `sample_time` in s.

    The short check (60 s) of a store; it takes the noise to be white. u = s / sqrt(n).
    """
    values = finite_all(msg("samples"), signal, at_least=2)
    spread = sample_sd(values)
    density = spread * math.sqrt(positive(msg("sample time"), sample_time))
    return StaticNoise(mean(values), density, spread / math.sqrt(len(values)))


def gyro_scale(rates: Sequence[float], *, sample_time: float, bias: float, turned: float) -> float:
    """Scale of a gyroscope: integrated rate, bias taken off, over the known turn (rad, not 0).

    Trapezoid over n >= 2 samples (rad/s) `sample_time` seconds apart; 1 is perfect.
    """
    values = finite_all(msg("rates"), rates, at_least=2)
    step = positive(msg("sample time"), sample_time)
    offset, angle = finite(msg("bias"), bias), finite(msg("angle turned"), turned)
    if angle == 0:
        raise OutOfRange(msg("A gyroscope's scale needs a turn."))
    inner = math.fsum(values) - (values[0] + values[-1]) / 2
    return step * (inner - offset * (len(values) - 1)) / angle


@dataclass(frozen=True, slots=True)
class AccelerometerModel:
    """a = T K (raw + b): misalignments of T (rad), scales of K, biases b (m/s^2).

    `solution` has the parameters in this order with their covariance; its residuals are
    (g^2 - |a|^2) / g^2.
    """

    misalignment: Vector3
    scale: Vector3
    bias: Vector3
    solution: Solution

    def corrected(self, raw: Sequence[float]) -> Vector3:
        """True specific force (m/s^2) of a raw reading."""
        parameters = (*self.misalignment, *self.scale, *self.bias)
        return _corrected(parameters, vector3(msg("raw reading"), raw))


def fit_accelerometer(raw: Sequence[Sequence[float]], *, gravity: float) -> AccelerometerModel:
    """Nine parameters from N >= 10 attitudes at rest (Tedaldi, Pretto and Menegatti, ICRA 2014).

    `raw` is N x 3 mean readings (m/s^2). Minimises sum (g^2 - |h(raw)|^2)^2; T is upper
    triangular with unit diagonal. Raises `NotDetermined` when the attitudes do not differ enough.
    """
    g = positive(msg("gravity"), gravity)
    readings = vectors3(msg("raw readings"), raw, at_least=LEAST_ATTITUDES)

    def predict(parameters: Vector) -> Vector:
        forces = (_corrected(parameters, reading) for reading in readings)
        return tuple(math.fsum((f / g) * (f / g) for f in force) for force in forces)

    solution = gauss_newton(
        predict,
        (1.0,) * len(readings),
        start=(0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
        scales=(1.0,) * (_MISALIGNMENTS + DIMENSIONS) + (g,) * DIMENSIONS,
    )
    p = solution.parameters
    return AccelerometerModel((p[0], p[1], p[2]), (p[3], p[4], p[5]), (p[6], p[7], p[8]), solution)


def _corrected(parameters: Vector, raw: Vector3) -> Vector3:
    yz, zy, zx, kx, ky, kz, bx, by, bz = parameters
    x, y, z = kx * (raw[0] + bx), ky * (raw[1] + by), kz * (raw[2] + bz)
    return x - yz * y + zy * z, y - zx * z, z

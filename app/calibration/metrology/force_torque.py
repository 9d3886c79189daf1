"""Six-axis force-torque sensors: calibration matrix, figures per channel, check on the feet.

A wrench is (Fx, Fy, Fz, Mx, My, Mz) in N and N m. Mounting changes the matrix: calibrate in place.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    Matrix,
    Vector,
    finite,
    finite_all,
    matrix,
    positive,
    same_length,
)
from app.calibration.metrology.descriptive import max_abs, sample_sd, share_of_full_scale
from app.calibration.metrology.errors import OutOfRange, ShapeMismatch
from app.calibration.metrology.line import fit_line
from app.calibration.metrology.linear_algebra import (
    MAX_CONDITION,
    column_scales,
    least_squares,
    scale_columns,
    times_vector,
    transpose,
)
from app.kernel.text import msg

CHANNELS = 6
LEAST_LOADS = CHANNELS + 1


@dataclass(frozen=True, slots=True)
class SensorMatrix:
    """w = matrix raw + offset, with the residual sd per channel and the condition of the loads.

    `residual_sd` is 0 for exactly 7 loads, which leave nothing to judge by.
    """

    matrix: Matrix
    offset: Vector
    residual_sd: Vector
    dof: int
    condition: float

    def wrench(self, raw: Sequence[float]) -> Vector:
        """Wrench (6) of a raw reading (6)."""
        signals = finite_all(msg("raw reading"), raw, at_least=CHANNELS)
        return tuple(
            a + b for a, b in zip(times_vector(self.matrix, signals), self.offset, strict=True)
        )


def fit_sensor_matrix(
    raw: Sequence[Sequence[float]],
    wrenches: Sequence[Sequence[float]],
    *,
    max_condition: float = MAX_CONDITION,
) -> SensorMatrix:
    """[C o] = W R' (R R')^-1 over N >= 7 independent loads (24 and more are better).

    `raw` is N x 6 in the sensor's own units, `wrenches` N x 6; also for a hanging leg, whose
    wrenches come from its model weight in several attitudes. Solved by QR on centred, scaled
    columns. Raises `NotDetermined` for dependent loads.
    """
    signals = matrix(msg("raw readings"), raw, columns=CHANNELS)
    loads = matrix(msg("reference wrenches"), wrenches, columns=CHANNELS)
    same_length(msg("raw readings"), signals, msg("reference wrenches"), loads)
    centre = tuple(math.fsum(column) / len(signals) for column in transpose(signals))
    centred = tuple(
        (*(value - middle for value, middle in zip(row, centre, strict=True)), 1.0)
        for row in signals
    )
    scales = column_scales(centred)
    design = scale_columns(centred, scales)
    fits = [
        least_squares(design, channel, max_condition=max_condition) for channel in transpose(loads)
    ]
    rows = tuple(
        tuple(b / scale for b, scale in zip(fit.coefficients, scales, strict=True)) for fit in fits
    )
    gains = tuple(row[:CHANNELS] for row in rows)
    shifts = times_vector(gains, centre)
    return SensorMatrix(
        matrix=gains,
        offset=tuple(row[CHANNELS] - shift for row, shift in zip(rows, shifts, strict=True)),
        residual_sd=tuple(fit.residual_sd for fit in fits),
        dof=fits[0].dof,
        condition=fits[0].condition,
    )


def channel_accuracy(
    measured: Sequence[Sequence[float]],
    reference: Sequence[Sequence[float]],
    *,
    full_scale: Sequence[float],
) -> Vector:
    """Per channel max |w_i - w_ref,i| / FS_i over N >= 1 loads (N x 6 each); dimensionless."""
    shown = matrix(msg("measured wrenches"), measured, columns=CHANNELS)
    true = matrix(msg("reference wrenches"), reference, columns=CHANNELS)
    same_length(msg("measured wrenches"), shown, msg("reference wrenches"), true)
    return tuple(
        share_of_full_scale(max(abs(a - b) for a, b in zip(one, other, strict=True)), scale)
        for one, other, scale in zip(
            transpose(shown), transpose(true), _scales(full_scale), strict=True
        )
    )


def crosstalk(
    single_loads: Sequence[Sequence[Sequence[float]]], *, full_scale: Sequence[float]
) -> Matrix:
    """crosstalk[i][j] = max |w_i| / FS_i while only channel j is loaded; the diagonal is 0.

    `single_loads` holds, per loaded channel j, its measured wrenches (n_j x 6).
    """
    if len(single_loads) != CHANNELS:
        raise ShapeMismatch(
            msg("Cross-talk needs loads on 6 channels, not {n}.", n=len(single_loads))
        )
    scales = _scales(full_scale)
    per_load = [
        transpose(matrix(msg("measured wrenches"), loads, columns=CHANNELS))
        for loads in single_loads
    ]
    return tuple(
        tuple(
            0.0 if i == j else share_of_full_scale(max_abs(per_load[j][i]), scales[i])
            for j in range(CHANNELS)
        )
        for i in range(CHANNELS)
    )


def channel_repeatability(
    repeats: Sequence[Sequence[float]], *, full_scale: Sequence[float]
) -> Vector:
    """Per channel s / FS_i of one load applied n >= 2 times (n x 6); dimensionless."""
    shown = matrix(msg("measured wrenches"), repeats, columns=CHANNELS)
    return tuple(
        share_of_full_scale(sample_sd(channel), scale)
        for channel, scale in zip(transpose(shown), _scales(full_scale), strict=True)
    )


def zero_temperature_drift(
    temperatures: Sequence[float], zeros: Sequence[Sequence[float]]
) -> Vector:
    """Per channel slope of the unloaded wrench on temperature (N/K, N m/K), n >= 3 (n x 6)."""
    shown = matrix(msg("unloaded wrenches"), zeros, columns=CHANNELS)
    return tuple(fit_line(temperatures, channel).slope for channel in transpose(shown))


def weight_error(vertical_forces: Sequence[float], *, mass: float, gravity: float) -> float:
    """|sum Fz - m g| / (m g) of a robot standing still on all its feet; dimensionless.

    `vertical_forces` (N, upwards) has one value per foot, mass in kg, local gravity in m/s^2.
    """
    weight = positive(msg("weight"), mass * positive(msg("gravity"), gravity))
    return abs(math.fsum(finite_all(msg("vertical forces"), vertical_forces)) - weight) / weight


def centre_of_pressure(wrench: Sequence[float], *, least_force: float) -> tuple[float, float]:
    """CoP = (-My/Fz, Mx/Fz) (m) in the sensor's plane.

    Raises `OutOfRange` when |Fz| is below `least_force` (N): a swinging foot has none.
    """
    force = finite_all(msg("wrench"), wrench, at_least=CHANNELS)
    if abs(force[2]) < positive(msg("least force"), least_force):
        raise OutOfRange(msg("The foot carries {force} N: no centre of pressure.", force=force[2]))
    return -force[4] / force[2], force[3] / force[2]


def centre_of_pressure_error(measured: Sequence[float], plumb_mark: Sequence[float]) -> float:
    """Distance (m) between a centre of pressure and the mark under a plumb line."""
    return math.hypot(
        finite(msg("centre of pressure"), measured[0]) - finite(msg("plumb mark"), plumb_mark[0]),
        finite(msg("centre of pressure"), measured[1]) - finite(msg("plumb mark"), plumb_mark[1]),
    )


def _scales(full_scale: Sequence[float]) -> Vector:
    scales = finite_all(msg("full scales"), full_scale)
    if len(scales) != CHANNELS:
        raise ShapeMismatch(msg("There are 6 full scales, not {n}.", n=len(scales)))
    return scales

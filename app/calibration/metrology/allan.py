"""Allan deviation and the noise coefficients read from it (IEEE Std 952, NIST SP 1065).

A record is n rates y (rad/s, m/s^2 or fractional frequency) at a fixed sample time; its phase is
the running sum times that time. Frequency biases are taken off first, which changes nothing but
the rounding.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from app.calibration.metrology.checks import Vector, count, finite_all, positive
from app.calibration.metrology.descriptive import mean
from app.calibration.metrology.errors import TooFewReadings
from app.kernel.text import msg

FLICKER_FLOOR = math.sqrt(2 * math.log(2) / math.pi)  # 0.664: sigma_min = 0.664 B
_SLOPE_TOLERANCE = 0.15


@dataclass(frozen=True, slots=True)
class AllanPoint:
    """Averaging time (s), Allan deviation in the rate's unit, and its relative error."""

    tau: float
    deviation: float
    relative_error: float


def allan_deviation(rates: Sequence[float], *, factor: int = 1) -> float:
    """Deviation of neighbouring averages of `factor` samples, not overlapping (SP 1065 5.2.1).

    In the rate's unit; needs n >= 2 factor samples.
    """
    phase = _phase(rates, factor, spans=2)[::factor]
    steps = [c - 2 * b + a for a, b, c in zip(phase, phase[1:], phase[2:], strict=False)]
    return _root(steps, factor)


def overlapping_allan_deviation(rates: Sequence[float], *, factor: int = 1) -> float:
    """The same from every start: sigma^2 = sum (x_i+2m - 2 x_i+m + x_i)^2 / (2 (m tau0)^2 (N-2m)).

    N = n+1 phase points (SP 1065 5.2.4); in the rate's unit; needs n >= 2 factor samples.
    """
    phase = _phase(rates, factor, spans=2)
    return _root(_second_differences(phase, factor), factor)


def modified_allan_deviation(rates: Sequence[float], *, factor: int = 1) -> float:
    """The same with phase averaged over `factor` samples (SP 1065 5.2.5); n >= 3 factor - 1."""
    phase = _phase(rates, factor, spans=3, spare=1)
    sums = list(accumulate(_second_differences(phase, factor), initial=0.0))
    windows = [
        (after - before) / factor for before, after in zip(sums, sums[factor:], strict=False)
    ]
    return _root(windows, factor)


def octave_factors(samples: int) -> tuple[int, ...]:
    """Averaging factors 1, 2, 4, ... of which a record still holds two; needs >= 2 samples."""
    most = count(msg("number of samples"), samples, at_least=2) // 2
    return tuple(2**power for power in range(most.bit_length()))


def allan_curve(
    rates: Sequence[float], *, sample_time: float, factors: Sequence[int] | None = None
) -> tuple[AllanPoint, ...]:
    """Overlapping deviation at each factor (octaves if none are given), `sample_time` in s.

    The relative error is 1 / sqrt(2 (T/tau - 1)) for a record of length T.
    """
    step = positive(msg("sample time"), sample_time)
    chosen = octave_factors(len(rates)) if factors is None else factors
    return tuple(
        AllanPoint(
            factor * step,
            overlapping_allan_deviation(rates, factor=factor),
            1 / math.sqrt(2 * (len(rates) / factor - 1)),
        )
        for factor in chosen
    )


@dataclass(frozen=True, slots=True)
class NoiseCoefficients:
    """What an Allan curve says of a sensor; `None` where the curve has no part of that slope.

    `white_noise` N in unit/sqrt(Hz) (angle random walk), `rate_random_walk` K in unit sqrt(Hz),
    `bias_instability` B in the rate's unit: an upper bound unless the curve turned
    (`minimum_reached`).
    """

    white_noise: float | None
    bias_instability: float
    minimum_reached: bool
    rate_random_walk: float | None


def noise_coefficients(curve: Sequence[AllanPoint]) -> NoiseCoefficients:
    """N = sigma sqrt(tau) on the -1/2 slope, K = sigma sqrt(3/tau) on the +1/2, B = min / 0.664.

    IEEE Std 952 annex C. `curve` has n >= 2 points of rising tau; raises `TooFewReadings`.
    """
    if len(curve) < 2:  # noqa: PLR2004 - a slope takes two points
        raise TooFewReadings(msg("A slope needs two points of the Allan curve."))
    deviations = [point.deviation for point in curve]
    lowest = deviations.index(min(deviations))
    return NoiseCoefficients(
        white_noise=_on_slope(curve, -0.5, lambda p: p.deviation * math.sqrt(p.tau)),
        bias_instability=deviations[lowest] / FLICKER_FLOOR,
        minimum_reached=0 < lowest < len(curve) - 1,
        rate_random_walk=_on_slope(curve, 0.5, lambda p: p.deviation * math.sqrt(3 / p.tau)),
    )


def degrees_per_root_hour(white_noise: float) -> float:
    """Angle random walk in degrees/sqrt(h) from N in rad/s/sqrt(Hz)."""
    return math.degrees(white_noise) * 60


def _on_slope(
    curve: Sequence[AllanPoint], slope: float, coefficient: Callable[[AllanPoint], float]
) -> float | None:
    """Geometric mean of the coefficient over the points where the curve has that slope."""
    members = {
        point
        for before, after in pairwise(curve)
        if before.deviation > 0
        and after.deviation > 0
        and abs(
            math.log(after.deviation / before.deviation) / math.log(after.tau / before.tau) - slope
        )
        <= _SLOPE_TOLERANCE
        for point in (before, after)
    }
    if not members:
        return None
    return math.exp(math.fsum(math.log(coefficient(p)) for p in members) / len(members))


def _phase(rates: Sequence[float], factor: int, *, spans: int, spare: int = 0) -> Vector:
    """Phase in units of the sample time, n+1 points, from at least `spans` x factor samples."""
    length = count(msg("averaging factor"), factor, at_least=1)
    values = finite_all(msg("rates"), rates, at_least=max(2, spans * length - spare))
    centre = mean(values)
    return tuple(accumulate((value - centre for value in values), initial=0.0))


def _second_differences(phase: Vector, factor: int) -> list[float]:
    return [
        c - 2 * b + a for a, b, c in zip(phase, phase[factor:], phase[2 * factor :], strict=False)
    ]


def _root(differences: Sequence[float], factor: int) -> float:
    squares = math.fsum(step * step for step in differences)
    return math.sqrt(squares / (2 * factor * factor * len(differences)))

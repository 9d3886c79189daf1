"""Mean, standard deviation and outliers of a set of readings."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    count,
    finite_all,
    positive,
    probability,
    same_length,
)
from app.calibration.metrology.distributions import student_quantile
from app.kernel.text import msg


def mean(readings: Iterable[float]) -> float:
    """Arithmetic mean of n >= 1 readings, in their unit (JCGM 100:2008 4.2.1).

    Raises `TooFewReadings` for none, `NotANumber` for NaN or infinity.
    """
    return _mean(finite_all(msg("readings"), readings))


def sample_sd(readings: Iterable[float]) -> float:
    """Experimental standard deviation of n >= 2 readings, divisor n-1 (JCGM 100:2008 4.2.2).

    Two passes: the one-pass sum of squares fails NIST's NumAcc3 and NumAcc4.
    """
    values = finite_all(msg("readings"), readings, at_least=2)
    centre = _mean(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))


def sd_of_mean(readings: Iterable[float]) -> float:
    """Type A standard uncertainty of the mean, s/sqrt(n), n >= 2 (JCGM 100:2008 4.2.3)."""
    values = finite_all(msg("readings"), readings, at_least=2)
    return sample_sd(values) / math.sqrt(len(values))


def root_mean_square(values: Iterable[float]) -> float:
    """Square root of the mean square of n >= 1 values, in their unit."""
    numbers = finite_all(msg("values"), values)
    return math.sqrt(math.fsum(number * number for number in numbers) / len(numbers))


def root_sum_square(values: Iterable[float]) -> float:
    """Square root of the sum of squares: independent uncertainties added (JCGM 100:2008 5.1.2)."""
    return math.sqrt(math.fsum(number * number for number in finite_all(msg("values"), values)))


@dataclass(frozen=True, slots=True)
class PooledSd:
    """A standard deviation joined from several series, and its degrees of freedom."""

    sd: float
    dof: int


def pooled_sd(series: Iterable[Sequence[float]]) -> PooledSd:
    """Pool the spread of series with own means (JCGM 100:2008 4.2.4, H.3.6).

    Each series holds n_i >= 2 readings; the degrees of freedom add up to sum(n_i - 1).
    """
    checked = [finite_all(msg("readings"), one, at_least=2) for one in series]
    dof = count(msg("number of series"), sum(len(one) - 1 for one in checked), at_least=1)
    squares = math.fsum((len(one) - 1) * sample_sd(one) ** 2 for one in checked)
    return PooledSd(math.sqrt(squares / dof), dof)


@dataclass(frozen=True, slots=True)
class GrubbsTest:
    """The reading farthest from the mean, and whether that is farther than chance allows."""

    index: int
    statistic: float
    critical: float

    @property
    def suspicious(self) -> bool:
        return self.statistic > self.critical


def grubbs(readings: Sequence[float], *, significance: float = 0.05) -> GrubbsTest:
    """Two-sided Grubbs test for one outlier among n >= 3 readings (ISO 5725-2 7.3.4).

    It flags only; leaving a reading out stays a person's decision with a reason.
    Readings that are all equal have no outlier: the statistic is 0.
    """
    values = finite_all(msg("readings"), readings, at_least=3)
    probability(msg("significance"), significance)
    number = len(values)
    centre, spread = _mean(values), sample_sd(values)
    distances = [abs(value - centre) for value in values]
    index = distances.index(max(distances))
    t = student_quantile(1 - significance / (2 * number), number - 2)
    critical = (number - 1) / math.sqrt(number) * math.sqrt(t * t / (number - 2 + t * t))
    return GrubbsTest(index, distances[index] / spread if spread > 0 else 0.0, critical)


def max_abs(values: Iterable[float]) -> float:
    """Largest magnitude among n >= 1 values, in their unit."""
    return max(abs(number) for number in finite_all(msg("values"), values))


def share_of_full_scale(value: float, full_scale: float) -> float:
    """A figure as a share of a channel's full scale (both in one unit), dimensionless."""
    return value / positive(msg("full scale"), full_scale)


def differences(one: Sequence[float], other: Sequence[float]) -> tuple[float, ...]:
    """one - other, element by element; raises `ShapeMismatch` when lengths differ."""
    first, second = finite_all(msg("values"), one), finite_all(msg("values"), other)
    same_length(msg("values"), first, msg("values to compare with"), second)
    return tuple(a - b for a, b in zip(first, second, strict=True))


def _mean(values: Sequence[float]) -> float:
    # The second step makes the mean of equal readings that very reading, so that their spread is 0.
    rough = math.fsum(values) / len(values)
    return rough + math.fsum(value - rough for value in values) / len(values)

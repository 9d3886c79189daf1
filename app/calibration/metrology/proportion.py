"""What k successes in n trials prove (Clopper and Pearson, Biometrika 26, 1934)."""

from dataclasses import dataclass

from app.calibration.metrology.checks import between, count, probability
from app.calibration.metrology.distributions import beta_quantile
from app.kernel.text import msg


@dataclass(frozen=True, slots=True)
class SuccessBounds:
    """Bounds of a success probability, 0 to 1."""

    lower: float
    upper: float


def success_bounds(successes: int, trials: int, *, confidence: float = 0.95) -> SuccessBounds:
    """Two-sided exact bounds: Beta(alpha/2; k, n-k+1) and Beta(1-alpha/2; k+1, n-k).

    0 <= k <= n, n >= 1; raises `TooFewReadings` or `OutOfRange`.
    """
    half = (1 - probability(msg("confidence"), confidence)) / 2
    return SuccessBounds(_lower(successes, trials, half), _upper(successes, trials, half))


def least_success(successes: int, trials: int, *, confidence: float = 0.95) -> float:
    """One-sided lower bound: 10 of 10 prove no more than 74.1 % at 95 %."""
    return _lower(successes, trials, 1 - probability(msg("confidence"), confidence))


def most_success(successes: int, trials: int, *, confidence: float = 0.95) -> float:
    """One-sided upper bound."""
    return _upper(successes, trials, 1 - probability(msg("confidence"), confidence))


def _lower(successes: int, trials: int, tail: float) -> float:
    _check(successes, trials)
    return beta_quantile(tail, successes, trials - successes + 1) if successes else 0.0


def _upper(successes: int, trials: int, tail: float) -> float:
    _check(successes, trials)
    failures = trials - successes
    return beta_quantile(1 - tail, successes + 1, failures) if failures else 1.0


def _check(successes: int, trials: int) -> None:
    count(msg("number of trials"), trials, at_least=1)
    between(msg("number of successes"), successes, 0, trials)

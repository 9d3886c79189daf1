"""Normal, Student, beta and binomial distributions, from `math` alone.

Student's t accepts fractional degrees of freedom, as Welch-Satterthwaite gives them.
Accuracy is better than 1e-12 relative for 1 to 1e6 degrees of freedom.
"""

import math
from functools import lru_cache
from statistics import NormalDist

from app.calibration.metrology.bisection import last_where
from app.calibration.metrology.checks import (
    between,
    count,
    degrees_of_freedom,
    finite,
    probability,
)
from app.calibration.metrology.errors import NotDetermined
from app.kernel.text import msg

_STANDARD_NORMAL = NormalDist()
_MANY_DOF = 1e6  # from here on Wallace's transformation is good to twelve digits
_SHAPES = (1e-3, 1e9)
_STIRLING_FROM = 20.0
_TINY = 1e-300
_CONVERGED = 4e-16
_HALF = 0.5
_T = msg("t")


def normal_cdf(z: float) -> float:
    """P(Z <= z) of the standard normal; keeps relative accuracy in the lower tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_quantile(p: float) -> float:
    """The z with P(Z <= z) = p, 0 < p < 1."""
    return _STANDARD_NORMAL.inv_cdf(probability(msg("probability"), p))


def student_cdf(t: float, dof: float) -> float:
    """P(T <= t) of Student's distribution; `dof` >= 1, fractions allowed, infinity is normal."""
    upper_tail = _student_upper_tail(abs(finite(_T, t)), degrees_of_freedom(dof))
    return upper_tail if t < 0 else 1 - upper_tail


def student_quantile(p: float, dof: float) -> float:
    """The t with P(T <= t) = p, 0 < p < 1 (JCGM 100:2008 Table G.2 is its two-sided form).

    `dof` >= 1, fractions allowed; infinity gives the normal quantile.
    """
    probability(msg("probability"), p)
    nu = degrees_of_freedom(dof)
    if p == _HALF:
        return 0.0
    if nu > _MANY_DOF:
        return _from_normal(normal_quantile(p), nu)
    tail = min(p, 1 - p)
    high = 1.0
    while _student_upper_tail(high, nu) > tail:
        high *= 2
    t = last_where(lambda x: _student_upper_tail(x, nu) >= tail, 0.0, high)
    return t if p > _HALF else -t


def beta_cdf(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b), 0 <= x <= 1, 0.001 <= a, b <= 1e9."""
    between(msg("x"), x, 0, 1)
    between(msg("a"), a, *_SHAPES)
    between(msg("b"), b, *_SHAPES)
    return _incomplete_beta(x, 1 - x, a, b)


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = p, 0 < p < 1, 0.001 <= a, b <= 1e9."""
    probability(msg("probability"), p)
    between(msg("a"), a, *_SHAPES)
    between(msg("b"), b, *_SHAPES)
    return last_where(lambda x: _incomplete_beta(x, 1 - x, a, b) <= p, 0.0, 1.0)


def binomial_cdf(successes: int, trials: int, p: float) -> float:
    """P(K <= successes) in `trials` >= 1 independent trials of success probability 0 < p < 1."""
    count(msg("number of trials"), trials, at_least=1)
    probability(msg("probability"), p)
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    return _incomplete_beta(1 - p, p, trials - successes, successes + 1)


def _student_upper_tail(t: float, nu: float) -> float:
    """P(T > t) for t >= 0."""
    if nu > _MANY_DOF:
        return normal_cdf(-_to_normal(t, nu))
    square = t * t
    return 0.5 * _incomplete_beta(nu / (nu + square), square / (nu + square), nu / 2, 0.5)


def _from_normal(z: float, nu: float) -> float:
    """Student deviate of equal probability for many dof; the inverse of `_to_normal`."""
    if nu == math.inf:
        return z
    scaled = z * (8 * nu + 3) / (8 * nu + 1)
    return math.copysign(math.sqrt(nu * math.expm1(scaled * scaled / nu)), z)


def _to_normal(t: float, nu: float) -> float:
    """Normal deviate of equal probability, wrong by less than t^3/nu^2 (Wallace 1959)."""
    if nu == math.inf:
        return t
    return math.sqrt(nu * math.log1p(t * t / nu)) * (8 * nu + 1) / (8 * nu + 3)


def _incomplete_beta(x: float, complement: float, a: float, b: float) -> float:
    """I_x(a, b); 1-x is passed beside x, since either may be too close to 1 to be subtracted."""
    if x <= 0:
        return 0.0
    if complement <= 0:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_fraction(complement, x, b, a)
    return _beta_fraction(x, complement, a, b)


def _beta_fraction(x: float, complement: float, a: float, b: float) -> float:
    """I_x(a, b) by continued fraction in Lentz's form (DLMF 8.17.22), x below the mean."""
    log_x = math.log(x) if x < _HALF else math.log1p(-complement)
    log_complement = math.log(complement) if complement < _HALF else math.log1p(-x)
    front = math.exp(a * log_x + b * log_complement - _log_beta(a, b)) / a
    numerator, denominator = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    fraction = denominator
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for coefficient in (even, odd):
            denominator = 1 / _away_from_zero(1 + coefficient * denominator)
            numerator = _away_from_zero(1 + coefficient / numerator)
            fraction *= numerator * denominator
        if abs(numerator * denominator - 1) < _CONVERGED:
            return front * fraction
    raise NotDetermined(msg("The beta function does not converge for a = {a}, b = {b}.", a=a, b=b))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=256)
def _log_beta(a: float, b: float) -> float:
    """ln B(a, b) without the cancellation of three large lgamma values."""
    small, large = min(a, b), max(a, b)
    if large < _STIRLING_FROM:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    ratio = (
        small
        - (large - 0.5) * math.log1p(small / large)
        - small * math.log(a + b)
        + _stirling_rest(large)
        - _stirling_rest(a + b)
    )
    return math.lgamma(small) + ratio


def _stirling_rest(a: float) -> float:
    """What Stirling's formula lacks of ln Gamma(a) for a >= 20 (DLMF 5.11.1)."""
    square = a * a
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / a

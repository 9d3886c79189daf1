"""Probability of conformance of one item, and the risks over a whole fleet (JCGM 106:2012)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.calibration.metrology.checks import degrees_of_freedom, finite, not_negative, positive
from app.calibration.metrology.distributions import normal_cdf, student_cdf
from app.calibration.metrology.limits import Limits
from app.kernel.text import msg

_REACH = 10.0  # standard deviations beyond which a normal density is nothing
_NODES = 12
_MOST_PANELS = 400
# made once: these are asked for each result of a case
_VALUE = msg("value")
_STANDARD = msg("standard uncertainty")
_NEWTON_STEPS = 8  # from the cosine start, four already reach the last bit


def conformance_probability(
    value: float, *, standard_uncertainty: float, limits: Limits, dof: float = math.inf
) -> float:
    """p_c, the probability that the true value lies within the limits (JCGM 106:2012 7.3, 7.4).

    All in the quantity's unit; a finite `dof` uses Student's t. 1 - p_c is the risk of accepting
    this item, p_c the risk of rejecting it.
    """
    return 1 - nonconformance_probability(
        value, standard_uncertainty=standard_uncertainty, limits=limits, dof=dof
    )


def nonconformance_probability(
    value: float, *, standard_uncertainty: float, limits: Limits, dof: float = math.inf
) -> float:
    """Probability that the true value lies outside, from its two tails (JCGM 106:2012 7.3)."""
    below, above = tail_probabilities(
        value, standard_uncertainty=standard_uncertainty, limits=limits, dof=dof
    )
    return math.fsum((below, above))


def tail_probabilities(
    value: float, *, standard_uncertainty: float, limits: Limits, dof: float = math.inf
) -> tuple[float, float]:
    """Probabilities that the true value lies below the lower and above the upper limit.

    An open side has probability 0. Small tails keep their relative accuracy.
    """
    y = finite(_VALUE, value)
    u = positive(_STANDARD, standard_uncertainty)
    nu = degrees_of_freedom(dof)
    below = 0.0 if limits.lower is None else _cdf((limits.lower - y) / u, nu)
    above = 0.0 if limits.upper is None else _cdf((y - limits.upper) / u, nu)
    return below, above


@dataclass(frozen=True, slots=True)
class GlobalRisk:
    """Shares of a fleet: out of tolerance yet accepted (PFA), in tolerance yet rejected (PFR).

    `accepted` is the share of all items accepted.
    """

    false_accept: float
    false_reject: float
    accepted: float

    @property
    def conditional_false_accept(self) -> float:
        """Share of the accepted items that are out of tolerance (CPFA)."""
        return self.false_accept / self.accepted if self.accepted > 0 else 0.0


def global_risk(
    *,
    limits: Limits,
    fleet_mean: float,
    fleet_sd: float,
    standard_uncertainty: float,
    guard: float = 0.0,
) -> GlobalRisk:
    """Global consumer's and producer's risk, normal fleet and measurement (JCGM 106:2012 9.5).

    All in the quantity's unit; `guard` w >= 0 moves the acceptance limits inwards. It needs a
    prior, so it is information beside a verdict and never the verdict.
    """
    finite(msg("mean of the fleet"), fleet_mean)
    positive(msg("standard deviation of the fleet"), fleet_sd)
    positive(msg("standard uncertainty"), standard_uncertainty)
    not_negative(msg("guard band"), guard)
    lower = -math.inf if limits.lower is None else limits.lower
    upper = math.inf if limits.upper is None else limits.upper
    fleet = _Fleet(fleet_mean, fleet_sd, standard_uncertainty, lower + guard, upper - guard)
    edges = [edge for edge in (limits.lower, limits.upper) if edge is not None]
    reach = _REACH * standard_uncertainty
    bends = [edge + shift for edge in edges for shift in (-reach, -guard, guard, reach)]
    first, last = fleet_mean - _REACH * fleet_sd, fleet_mean + _REACH * fleet_sd
    low, high = min(max(lower, first), last), max(min(upper, last), first)
    step = min(fleet_sd, standard_uncertainty)
    false_accept = math.fsum(
        _integral(fleet.accepted_at, a, b, bends, step) for a, b in ((first, low), (high, last))
    )
    false_reject = _integral(fleet.rejected_at, low, high, bends, step)
    return GlobalRisk(false_accept, false_reject, fleet.accepted)


@dataclass(frozen=True, slots=True)
class _Fleet:
    """True values N(centre, sigma), measured with u, accepted from `lowest` to `highest`."""

    centre: float
    sigma: float
    u: float
    lowest: float
    highest: float

    @property
    def accepted(self) -> float:
        spread = math.hypot(self.sigma, self.u)
        return self._acceptance(self.centre, spread)

    def accepted_at(self, eta: float) -> float:
        """Density of items that are truly eta and accepted."""
        return self._density(eta) * self._acceptance(eta, self.u)

    def rejected_at(self, eta: float) -> float:
        """Density of items that are truly eta and rejected."""
        if self.lowest > self.highest:
            return self._density(eta)
        above = normal_cdf((eta - self.highest) / self.u)
        below = normal_cdf((self.lowest - eta) / self.u)
        return self._density(eta) * (above + below)

    def _acceptance(self, centre: float, spread: float) -> float:
        if self.lowest > self.highest:
            return 0.0
        return normal_cdf((self.highest - centre) / spread) - normal_cdf(
            (self.lowest - centre) / spread
        )

    def _density(self, eta: float) -> float:
        z = (eta - self.centre) / self.sigma
        return math.exp(-0.5 * z * z) / (self.sigma * math.sqrt(2 * math.pi))


def _cdf(z: float, nu: float) -> float:
    return normal_cdf(z) if nu == math.inf else student_cdf(z, nu)


def _integral(
    density: Callable[[float], float], low: float, high: float, bends: Sequence[float], step: float
) -> float:
    """Gauss-Legendre over panels about one standard deviation wide, cut where the curve bends."""
    if not low < high:
        return 0.0
    cuts = [low, *sorted(bend for bend in bends if low < bend < high), high]
    return math.fsum(term for a, b in pairwise(cuts) for term in _panel_terms(density, a, b, step))


def _panel_terms(
    density: Callable[[float], float], low: float, high: float, step: float
) -> list[float]:
    # Far from every limit the curve is as smooth as the fleet, so a cap loses nothing.
    wide = high - low > _MOST_PANELS * step
    panels = _MOST_PANELS if wide else max(1, math.ceil((high - low) / step))
    half = (high - low) / (2 * panels)
    return [
        half * weight * density(low + half * (2 * panel + 1 + node))
        for panel in range(panels)
        for node, weight in _gauss_legendre(_NODES)
    ]


@lru_cache(maxsize=4)
def _gauss_legendre(order: int) -> tuple[tuple[float, float], ...]:
    """Nodes in (-1, 1) and weights of Gauss-Legendre quadrature (DLMF 3.5.15)."""
    found = []
    for i in range(1, order + 1):
        x = math.cos(math.pi * (i - 0.25) / (order + 0.5))
        for _ in range(_NEWTON_STEPS):
            value, slope = _legendre(order, x)
            x -= value / slope
        slope = _legendre(order, x)[1]
        found.append((x, 2 / ((1 - x * x) * slope * slope)))
    return tuple(found)


def _legendre(order: int, x: float) -> tuple[float, float]:
    """P_n(x) and its derivative by the three-term recurrence."""
    before, value = 1.0, x
    for k in range(2, order + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, order * (x * value - before) / (x * x - 1)

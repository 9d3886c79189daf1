"""Suggesting the next calibration interval; a person accepts it or not (ILAC-G24:2022)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.bisection import last_where
from app.calibration.metrology.budget import coverage_factor
from app.calibration.metrology.checks import (
    between,
    count,
    enough,
    finite,
    finite_all,
    matrix,
    not_negative,
    positive,
    probability,
    same_length,
)
from app.calibration.metrology.distributions import binomial_cdf
from app.calibration.metrology.errors import OutOfRange
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.linear_algebra import (
    column_scales,
    least_squares,
    quadratic_form,
    scale_columns,
)
from app.kernel.text import msg

SMALLEST_CHANGE = 0.5
LARGEST_CHANGE = 2.0
COMFORT = 0.8  # share of the limit within which a staircase may go up (ILAC-G24 method 1)
_MOST_ORDER = 3
_LONGEST = 1e9
_SCAN_STEPS = 2000


def clamp(suggested: float, current: float) -> float:
    """The suggestion, held between half and double the current interval (both in one unit)."""
    now = positive(msg("current interval"), current)
    wanted = positive(msg("suggested interval"), suggested)
    return min(max(wanted, SMALLEST_CHANGE * now), LARGEST_CHANGE * now)


def staircase(
    current: float, *, found_share: float, lengthen: float, shorten: float, comfort: float = COMFORT
) -> float:
    """Next interval after one as-found result (ILAC-G24:2022 / OIML D 10 method 1).

    `found_share` is |as-found error| over its limit: at most `comfort` lengthens the interval by
    the factor `lengthen` >= 1, above 1 shortens it by `shorten` <= 1, between keeps it. The
    factors are the store's policy, so there is no default. Unit as `current`; clamped.
    """
    share = not_negative(msg("share of the limit"), found_share)
    up = between(msg("lengthening factor"), lengthen, 1, LARGEST_CHANGE)
    down = between(msg("shortening factor"), shorten, SMALLEST_CHANGE, 1)
    between(msg("comfort share"), comfort, 0, 1)
    if share > 1:
        return clamp(current * down, current)
    return clamp(current * up, current) if share <= comfort else positive(msg("interval"), current)


@dataclass(frozen=True, slots=True)
class IntervalTest:
    """Outcome of method A3: the confidence that the interval is too long, and the suggestion."""

    confidence: float
    observed: float
    suggested: float


def reliability_test(
    current: float,
    *,
    in_tolerance: int,
    calibrations: int,
    target: float,
    needed_confidence: float = 0.5,
) -> IntervalTest:
    """NCSLI RP-1 method A3: shorten when too few of n calibrations were found in tolerance.

    With k/n below the target R*, C = 1 - 2 P(K <= k | n, R*) and I = I0 10^(C (k/n - R*)), used
    only when C passes `needed_confidence`. At or above the target the interval is kept: the
    method's evidence is one-sided. Unit as `current`; clamped. Raises for k > n or n < 1.
    """
    now = positive(msg("current interval"), current)
    count(msg("number of calibrations"), calibrations, at_least=1)
    between(msg("number in tolerance"), in_tolerance, 0, calibrations)
    goal = probability(msg("reliability target"), target)
    needed = probability(msg("confidence needed"), needed_confidence)
    observed = in_tolerance / calibrations
    if observed >= goal:
        return IntervalTest(0.0, observed, now)
    confidence = max(0.0, 1 - 2 * binomial_cdf(in_tolerance, calibrations, goal))
    if confidence <= needed:
        return IntervalTest(confidence, observed, now)
    return IntervalTest(
        confidence, observed, clamp(now * 10 ** (confidence * (observed - goal)), now)
    )


def days_until_hours(*, hours_now: float, hours_due: float, hours_per_day: float) -> float:
    """Days until a running-hour counter reaches its due value (ILAC-G24:2022 method 3).

    0 when it has been reached, infinity for a robot that stands still.
    """
    left = finite(msg("hours due"), hours_due) - not_negative(msg("hours now"), hours_now)
    rate = not_negative(msg("hours per day"), hours_per_day)
    if left <= 0:
        return 0.0
    return left / rate if rate > 0 else math.inf


@dataclass(frozen=True, slots=True)
class DriftModel:
    """Drift b1 t + b2 t^2 + ... since the last adjustment, fitted to n observed drifts.

    `residual_sd` s_yx has n - order degrees of freedom; `covariance` is that of the coefficients.
    """

    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    residual_sd: float
    dof: int

    def drift(self, elapsed: float) -> float:
        """Expected drift after `elapsed`, in the quantity's unit."""
        return math.fsum(b * elapsed**power for power, b in enumerate(self.coefficients, start=1))

    def standard_uncertainty(self, elapsed: float) -> float:
        """Prediction uncertainty of that drift: s_yx and the coefficients' own."""
        powers = [elapsed**power for power in range(1, len(self.coefficients) + 1)]
        spread = max(quadratic_form(self.covariance, powers), 0.0)
        return math.hypot(self.residual_sd, math.sqrt(spread))


def fit_drift(elapsed: Sequence[float], drifts: Sequence[float], *, order: int = 1) -> DriftModel:
    """Polynomial through the origin by least squares (NASA-HDBK-8739.19-5, ch. 7).

    `elapsed` times since adjustment (n > order, 0 to 1e9, say days) and the `drifts` seen then.
    Raises `NotDetermined` when the times do not tell the powers apart.
    """
    if not 1 <= order <= _MOST_ORDER:
        raise OutOfRange(msg("A drift model has order 1 to 3, not {order}.", order=order))
    times = [between(msg("elapsed time"), t, 0, _LONGEST) for t in elapsed]
    enough(msg("elapsed times"), times, at_least=order + 1)
    seen = finite_all(msg("drifts"), drifts)
    same_length(msg("elapsed times"), times, msg("drifts"), seen)
    design = tuple(tuple(t**power for power in range(1, order + 1)) for t in times)
    scales = column_scales(design)
    fit = least_squares(scale_columns(design, scales), seen)
    coefficients = tuple(b / scale for b, scale in zip(fit.coefficients, scales, strict=True))
    covariance = tuple(
        tuple(value / (a * b) for value, b in zip(row, scales, strict=True))
        for row, a in zip(fit.covariance, scales, strict=True)
    )
    return DriftModel(
        finite_all(msg("drift coefficients"), coefficients),
        matrix(msg("covariance of the drift"), covariance),
        fit.residual_sd,
        fit.dof,
    )


def interval_for_uncertainty(
    model: DriftModel, *, start_uncertainty: float, target: float, horizon: float
) -> float | None:
    """Time until u(t) = sqrt(u0^2 + u_drift^2(t)) reaches a target (NASA-HDBK-8739.19-5, ch. 7).

    u0 and target in the quantity's unit, times in the model's. `None` when it stays below up to
    the horizon; 0 when it is above from the start.
    """
    u0 = not_negative(msg("uncertainty after adjustment"), start_uncertainty)
    goal = positive(msg("target uncertainty"), target)
    return _first_exhausted(
        lambda t: goal - math.hypot(u0, model.standard_uncertainty(t)), horizon=horizon
    )


def interval_for_reliability(
    model: DriftModel,
    *,
    start_value: float,
    start_uncertainty: float,
    limits: Limits,
    coverage: float,
    horizon: float,
) -> float | None:
    """Time until value + drift +- t_p(nu) u(t) touches a limit (NASA-HDBK-8739.19-5, ch. 7).

    Values, u0 and limits in the quantity's unit, times in the model's; `None` when no limit is
    touched up to the horizon, 0 when one is from the start.
    """
    y0 = finite(msg("value after adjustment"), start_value)
    u0 = not_negative(msg("uncertainty after adjustment"), start_uncertainty)
    factor = coverage_factor(coverage, model.dof)

    def room(t: float) -> float:
        value = y0 + model.drift(t)
        reach = factor * math.hypot(u0, model.standard_uncertainty(t))
        above = math.inf if limits.upper is None else limits.upper - value - reach
        below = math.inf if limits.lower is None else value - reach - limits.lower
        return min(above, below)

    return _first_exhausted(room, horizon=horizon)


def _first_exhausted(room: Callable[[float], float], *, horizon: float) -> float | None:
    """First time at which no room is left: a scan, since a polynomial may turn, then halving."""
    end = between(msg("horizon"), positive(msg("horizon"), horizon), 0, _LONGEST)
    before = 0.0
    if room(before) < 0:
        return before
    for step in range(1, _SCAN_STEPS + 1):
        after = end * step / _SCAN_STEPS
        if room(after) < 0:
            return last_where(lambda t: room(t) >= 0, before, after)
        before = after
    return None

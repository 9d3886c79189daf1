"""Drift between calibrations: shifts, control chart, trend and the day a limit is reached."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from app.calibration.metrology.checks import finite, finite_all, not_negative, positive, same_length
from app.calibration.metrology.descriptive import mean
from app.calibration.metrology.limits import Limits
from app.calibration.metrology.line import Line, first_crossing, fit_line
from app.kernel.text import msg

NOTABLE_SHIFT = 3.0  # combined expanded uncertainties; a reviewer is shown what exceeds it
_MOVING_RANGE_D2 = 1.128  # expected range of two normal readings over their sd (ISO 7870-2 Table)
_DECADE_DAYS = 3653


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a value moved, and that distance in combined expanded uncertainties (E_n)."""

    amount: float
    normalised: float

    @property
    def notable(self) -> bool:
        return abs(self.normalised) > NOTABLE_SHIFT


def shift(*, now: float, now_expanded: float, before: float, before_expanded: float) -> Shift:
    """now - before, over sqrt(U_now^2 + U_before^2) (E_n of ISO/IEC 17043:2010 B.3.1.3).

    Drift of a joint: as-found now against as-left before, all in one unit.
    """
    spread = math.hypot(
        not_negative(msg("expanded uncertainty"), now_expanded),
        not_negative(msg("expanded uncertainty before"), before_expanded),
    )
    amount = finite(msg("value"), now) - finite(msg("value before"), before)
    return Shift(amount, amount / positive(msg("combined expanded uncertainty"), spread))


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """Centre and natural limits of a control chart, in the quantity's unit."""

    centre: float
    lower: float
    upper: float

    def contain(self, value: float) -> bool:
        return self.lower <= value <= self.upper


def control_limits(history: Sequence[float]) -> ControlLimits:
    """Centre +- 3 moving ranges / 1.128 from n >= 2 single values in time order (ISO 7870-2).

    The moving range is blind to a slow trend, so that the trend itself shows against the limits.
    """
    values = finite_all(msg("history"), history, at_least=2)
    ranges = [abs(after - before) for before, after in pairwise(values)]
    reach = 3 * mean(ranges) / _MOVING_RANGE_D2
    centre = mean(values)
    return ControlLimits(centre, centre - reach, centre + reach)


def fit_trend(days: Sequence[date], values: Sequence[float]) -> Line:
    """Straight line of n >= 3 values over days since the first of the list (see `line`)."""
    same_length(msg("days"), days, msg("values"), values)
    return fit_line([float((day - days[0]).days) for day in days], values)


def crossing_date(
    days: Sequence[date],
    values: Sequence[float],
    *,
    limits: Limits,
    expanded: float,
    coverage: float = 0.95,
    horizon_days: int = _DECADE_DAYS,
) -> date | None:
    """Last day on which value, its prediction interval and U still lie within the limits.

    `days` rise or repeat and `values` (n >= 3) are in the limits' unit, as is `expanded` U. The
    search starts at the last day and looks `horizon_days` ahead; `None` when the trend stays
    inside. A trend that is outside already gives the last day of the record.
    """
    trend = fit_trend(days, values)
    start = float((max(days) - days[0]).days)
    reached = first_crossing(
        trend,
        start=start,
        horizon=start + horizon_days,
        lower=limits.lower,
        upper=limits.upper,
        margin=not_negative(msg("expanded uncertainty"), expanded),
        coverage=coverage,
    )
    return None if reached is None else days[0] + timedelta(days=math.floor(reached))

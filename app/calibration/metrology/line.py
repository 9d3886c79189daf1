"""The straight line by least squares, with everything needed to use it with an uncertainty."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.bisection import last_where
from app.calibration.metrology.checks import (
    Vector,
    finite,
    finite_all,
    probability,
    rising,
    same_length,
)
from app.calibration.metrology.descriptive import mean
from app.calibration.metrology.distributions import student_quantile
from app.calibration.metrology.errors import NotDetermined
from app.calibration.metrology.linear_algebra import dot
from app.kernel.text import msg


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope x, fitted to n points.

    `residual_sd` s has n-2 degrees of freedom. `u_intercept`, `u_slope` and their `covariance`
    are at x = 0, in y's unit, y's unit per x's unit, and the product of the two.
    """

    intercept: float
    slope: float
    residual_sd: float
    u_intercept: float
    u_slope: float
    covariance: float
    points: int
    x_mean: float
    y_mean: float
    residuals: Vector

    @property
    def dof(self) -> int:
        return self.points - 2

    @property
    def correlation(self) -> float:
        """r(intercept, slope); 0 for points that lie exactly on the line."""
        scale = self.u_intercept * self.u_slope
        return self.covariance / scale if scale > 0 else 0.0


def fit_line(x: Sequence[float], y: Sequence[float]) -> Line:
    """Ordinary least squares through n >= 3 points (JCGM 100:2008 H.3).

    x is centred first: without that, NIST's Norris loses half its digits. Raises `ShapeMismatch`,
    `TooFewReadings`, `NotANumber`, or `NotDetermined` when all x are equal.
    """
    xs = finite_all(msg("x values"), x, at_least=3)
    ys = finite_all(msg("y values"), y, at_least=3)
    same_length(msg("x values"), xs, msg("y values"), ys)
    x_mean, y_mean = mean(xs), mean(ys)
    dx = tuple(value - x_mean for value in xs)
    dy = tuple(value - y_mean for value in ys)
    sxx = dot(dx, dx)
    if not sxx > 0:
        raise NotDetermined(msg("All x values are equal: no slope can be found."))
    slope = dot(dx, dy) / sxx
    residuals = tuple(b - slope * a for a, b in zip(dx, dy, strict=True))
    number = len(xs)
    variance = dot(residuals, residuals) / (number - 2)
    return Line(
        intercept=y_mean - slope * x_mean,
        slope=slope,
        residual_sd=math.sqrt(variance),
        u_intercept=math.sqrt(variance * (1 / number + x_mean * x_mean / sxx)),
        u_slope=math.sqrt(variance / sxx),
        covariance=-x_mean * variance / sxx,
        points=number,
        x_mean=x_mean,
        y_mean=y_mean,
        residuals=residuals,
    )


@dataclass(frozen=True, slots=True)
class LinePoint:
    """The line's value at one x, and its standard uncertainty, both in y's unit."""

    value: float
    standard_uncertainty: float


def line_at(line: Line, x: float) -> LinePoint:
    """The line's own value at x, with u^2 = s_a^2 + x^2 s_b^2 + 2 x cov (JCGM 100:2008 H.3.4).

    Computed about the mean of x, where intercept and slope are independent.
    """
    distance = finite(msg("x"), x) - line.x_mean
    at_mean = line.residual_sd / math.sqrt(line.points)
    return LinePoint(
        line.y_mean + line.slope * distance, math.hypot(at_mean, distance * line.u_slope)
    )


@dataclass(frozen=True, slots=True)
class PredictionInterval:
    """Where one further reading at x is expected, in y's unit."""

    value: float
    half_width: float

    @property
    def lower(self) -> float:
        return self.value - self.half_width

    @property
    def upper(self) -> float:
        return self.value + self.half_width


def prediction_interval(line: Line, x: float, *, coverage: float = 0.95) -> PredictionInterval:
    """Value at x +- t_p(n-2) sqrt(s^2 + u^2), for one further reading (NIST/SEMATECH 4.5.2.1)."""
    return _interval(line, x, _factor(line, coverage))


def first_crossing(
    line: Line,
    *,
    start: float,
    horizon: float,
    lower: float | None,
    upper: float | None,
    margin: float = 0.0,
    coverage: float = 0.95,
) -> float | None:
    """First x from `start` to `horizon` where the prediction interval +- `margin` leaves limits.

    `margin` is U of a reading, in y's unit; `None` for a limit leaves that side open. Returns
    `start` if it is outside already, `None` if it stays inside; raises `OutOfRange` unless the
    horizon lies beyond the start. The distance to each limit is
    concave in x, so beyond a start that is inside there is one crossing at most.
    """
    factor = _factor(line, coverage)
    rising(msg("start and horizon"), (start, horizon))

    def room(x: float) -> float:
        interval = _interval(line, x, factor)
        above = math.inf if upper is None else upper - margin - interval.upper
        below = math.inf if lower is None else interval.lower - margin - lower
        return min(above, below)

    if room(start) < 0:
        return start
    if room(horizon) >= 0:
        return None
    return last_where(lambda x: room(x) >= 0, start, horizon)


def _factor(line: Line, coverage: float) -> float:
    return student_quantile((1 + probability(msg("coverage"), coverage)) / 2, line.dof)


def _interval(line: Line, x: float, factor: float) -> PredictionInterval:
    point = line_at(line, x)
    return PredictionInterval(
        point.value, factor * math.hypot(line.residual_sd, point.standard_uncertainty)
    )

"""Where a result stands within its tolerance, and readings one after another, as SVG places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.calibration.evaluating import limits_of
from app.calibration.figures import figure
from app.calibration.job_models import CalibrationResult
from app.calibration.metrology.limits import Limits
from app.calibration.procedure_models import ProcedurePoint
from app.calibration.results import Counted

# the gauge: a track of 136 by 18 with the tolerance between LOW and HIGH
_START, _END, _LOW, _HIGH = 3.0, 133.0, 27.2, 108.8
# the plot
WIDTH, HEIGHT = 330, 176
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 318.0, 16.0, 148.0
_ROOM = 0.15


@dataclass(frozen=True, slots=True)
class Gauge:
    """Places along the track; `u_from` to `u_to` is value ± U."""

    at: float
    u_from: float
    u_to: float
    has_low: bool
    has_high: bool


def gauge(point: ProcedurePoint, result: CalibrationResult | None) -> Gauge | None:
    """A result in its tolerance; none without limits or without a value."""
    span = _span(point)
    if result is None or result.value is None or span is None:
        return None
    low, high = span

    def place(value: float) -> float:
        wanted = _LOW + (value - low) / (high - low) * (_HIGH - _LOW)
        return round(min(max(wanted, _START), _END), 1)

    expanded = result.expanded or 0.0
    return Gauge(
        place(result.value),
        place(result.value - expanded),
        place(result.value + expanded),
        point.lower != "",
        point.upper != "",
    )


def _span(point: ProcedurePoint) -> tuple[float, float] | None:
    """Lower and upper end of a tolerance; the open end lies as far from the nominal value."""
    limits = limits_of(point)
    if limits is None:
        return None
    middle = figure(point.nominal) or 0.0
    low, high = limits.lower, limits.upper
    if low is None and high is not None:
        low = middle if high > middle else high - 1
    if high is None and low is not None:
        high = middle if low < middle else low + 1
    return None if low is None or high is None or not low < high else (low, high)


def _band(limits: Limits, y: Callable[[float], float]) -> tuple[float, float]:
    """Top and height of the tolerance; an open side reaches the frame."""
    top = _TOP if limits.upper is None else y(limits.upper)
    bottom = _BOTTOM if limits.lower is None else y(limits.lower)
    return top, round(bottom - top, 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A reading in the plot."""

    x: float
    y: float
    seq: int
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """Readings in order, the tolerance as a band, the mean with ± U; places in SVG units."""

    marks: tuple[Mark, ...]
    path: str
    limits: tuple[tuple[float, str], ...]
    band: tuple[float, float] | None
    mean: float | None
    u: tuple[float, float] | None
    left: float = _LEFT
    right: float = _RIGHT
    bottom: float = _BOTTOM
    top: float = _TOP


def readings_plot(
    point: ProcedurePoint, rows: Sequence[Counted], result: CalibrationResult | None
) -> Plot | None:
    """The readings of a point of one number each; none for others, and before the first."""
    values = [(one, one.numbers[0]) for one in rows if len(one.numbers) == 1]
    if not values or len(values) != len(rows):
        return None
    is_own = point.method in {"mean", "angle_mean", "max_abs", "stopping"}
    limits = limits_of(point) if is_own else None
    value = result.value if result is not None and is_own else None
    expanded = (result.expanded or 0.0) if result is not None else 0.0
    ends = [number for _, number in values]
    ends += [end for end in (limits.lower, limits.upper) if end is not None] if limits else []
    ends += [value - expanded, value + expanded] if value is not None else []
    low, high = min(ends), max(ends)
    room = (high - low) * _ROOM or max(abs(high), 1.0) * _ROOM
    low, high = low - room, high + room

    def y(number: float) -> float:
        return round(_BOTTOM - (number - low) / (high - low) * (_BOTTOM - _TOP), 1)

    step = (_RIGHT - _LEFT) / (len(values) + 1)
    marks = tuple(
        Mark(round(_LEFT + step * place, 1), y(number), one.row.seq, bool(one.excluded))
        for place, (one, number) in enumerate(values, start=1)
    )
    lines = [(limits.lower, point.lower), (limits.upper, point.upper)] if limits else []
    return Plot(
        marks=marks,
        path="M" + "L".join(f"{mark.x} {mark.y}" for mark in marks if not mark.is_excluded),
        limits=tuple((y(end), text) for end, text in lines if end is not None),
        band=_band(limits, y) if limits else None,
        mean=None if value is None else y(value),
        u=None if value is None else (y(value + expanded), y(value - expanded)),
    )

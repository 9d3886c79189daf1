"""Plots as SVG: where each thing stands. Colours and fonts are the style sheet's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

WIDTH, HEIGHT = 800.0, 176.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 760.0, 14.0, 150.0
_STEPS = (1, 2, 2.5, 5, 10)
_LINES = 4
_MOST_DATES = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, and what is written there: a number, or a moment."""

    at: float
    value: float
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """`points` in order of time; `path` joins them; ticks from the axis outwards."""

    points: tuple[tuple[float, float], ...]
    path: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def over_time(readings: Sequence[tuple[datetime, float]]) -> Chart:
    """A line through readings in order of time; the scale of values begins at a round number."""
    if not readings:
        return Chart((), "", (), ())
    moments = [moment.timestamp() for moment, _ in readings]
    first, last = moments[0], max(moments[-1], moments[0] + 1)
    levels = _levels([value for _, value in readings])
    low, high = levels[0], levels[-1]

    def x(moment: float) -> float:
        return round(LEFT + (moment - first) / (last - first) * (RIGHT - LEFT), 1)

    def y(value: float) -> float:
        return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)

    points = tuple(
        (x(moment), y(value)) for moment, (_, value) in zip(moments, readings, strict=True)
    )
    step = max(1, ceil(len(readings) / _MOST_DATES))
    across: list[Tick] = []
    for moment, value in readings[::step]:
        at = x(moment.timestamp())
        # dates that would be written over each other are left out
        if not across or at - across[-1].at > (RIGHT - LEFT) / (_MOST_DATES + 2):
            across.append(Tick(at, value, moment))
    return Chart(
        points=points,
        path="M" + "L".join(f"{across_} {up}" for across_, up in points),
        across=tuple(across),
        up=tuple(Tick(y(level), level) for level in levels),
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and where the middle of its name stands."""

    x: float
    y: float
    width: float
    height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Bars:
    bars: tuple[Bar, ...]
    up: tuple[Tick, ...]


def in_bars(values: Sequence[int]) -> Bars:
    """Counts side by side, in order, over a scale of whole numbers that begins at nothing."""
    levels = sorted({round(level) for level in _levels([0.0, *map(float, values), 1.0])})
    high = max(levels[-1], 1)
    room = (RIGHT - LEFT) / max(len(values), 1)
    width = round(room * 0.62, 1)

    def y(value: float) -> float:
        return round(BOTTOM - value / high * (BOTTOM - TOP), 1)

    return Bars(
        bars=tuple(
            Bar(
                x=round(LEFT + room * place + (room - width) / 2, 1),
                y=y(value),
                width=width,
                height=round(BOTTOM - y(value), 1),
                middle=round(LEFT + room * (place + 0.5), 1),
            )
            for place, value in enumerate(values)
        ),
        up=tuple(Tick(y(level), level) for level in levels),
    )


def _levels(values: Sequence[float]) -> list[float]:
    """Round numbers that hold all values between them, at most six."""
    low, high = min(values), max(values)
    span = high - low or max(abs(high), 1.0)
    power = 10 ** floor(log10(span / _LINES))
    step = next(power * factor for factor in _STEPS if power * factor * _LINES >= span)
    start = floor(low / step) * step
    count = max(1, ceil((high - start) / step))
    return [start + step * number for number in range(count + 1)]


@dataclass(frozen=True, slots=True)
class Spot:
    """A reading, and from where to where its uncertainty reaches."""

    x: float
    y: float
    top: float
    bottom: float
    is_beyond: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """What is expected at a moment: a value, and from where to where."""

    at: datetime
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plot shows besides its readings: limits, control limits, expectation, other marks."""

    lower: float | None = None
    upper: float | None = None
    controls: Sequence[float] = ()
    expected: Sequence[Reach] = ()
    others: Sequence[tuple[datetime, float]] = ()


@dataclass(frozen=True, slots=True)
class LimitChart:
    """`spots` in order of time; the `tolerance` from top to bottom; heights of lines; paths."""

    spots: tuple[Spot, ...]
    path: str
    tolerance: tuple[float, float] | None
    limits: tuple[float, ...]
    controls: tuple[float, ...]
    band: str
    fit: str
    others: tuple[tuple[float, float], ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


BARE = Frame()


def within_limits(
    readings: Sequence[tuple[datetime, float, float]], frame: Frame = BARE
) -> LimitChart:
    """Readings (moment, value, half its uncertainty) over time against limits and expectation."""
    moments = _moments(readings, frame)
    if not moments:
        return LimitChart((), "", None, (), (), "", "", (), (), ())
    first, last = moments[0], max(moments[-1], moments[0] + 1)
    edges = [edge for edge in (frame.lower, frame.upper) if edge is not None]
    levels = _levels([*_ends(readings, frame), *edges])
    low, high = levels[0], levels[-1]

    def x(at: datetime) -> float:
        return round(LEFT + (at.timestamp() - first) / (last - first) * (RIGHT - LEFT), 1)

    def y(value: float) -> float:
        return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)

    spots = tuple(
        Spot(x(at), y(value), y(value + half), y(value - half), _is_beyond(value, frame))
        for at, value, half in readings
    )
    upper = [(x(reach.at), y(reach.high)) for reach in frame.expected]
    lower = [(x(reach.at), y(reach.low)) for reach in reversed(frame.expected)]
    return LimitChart(
        spots=spots,
        path=_path([(spot.x, spot.y) for spot in spots]),
        tolerance=(
            y(frame.upper) if frame.upper is not None else TOP,
            y(frame.lower) if frame.lower is not None else BOTTOM,
        )
        if edges
        else None,
        limits=tuple(y(edge) for edge in edges),
        controls=tuple(y(control) for control in frame.controls),
        band=f"{_path([*upper, *lower])}Z" if frame.expected else "",
        fit=_path([(x(reach.at), y(reach.value)) for reach in frame.expected]),
        others=tuple((x(at), y(value)) for at, value in frame.others),
        across=_dates(first, last),
        up=tuple(Tick(y(level), level) for level in levels),
    )


def _moments(readings: Sequence[tuple[datetime, float, float]], frame: Frame) -> list[float]:
    """Every moment at which something is drawn, the earliest first."""
    return sorted(
        [
            *(at.timestamp() for at, _, _ in readings),
            *(reach.at.timestamp() for reach in frame.expected),
            *(at.timestamp() for at, _ in frame.others),
        ]
    )


def _ends(readings: Sequence[tuple[datetime, float, float]], frame: Frame) -> Iterator[float]:
    """Every height that something reaches."""
    yield from (value + sign * half for _, value, half in readings for sign in (-1, 1))
    yield from frame.controls
    yield from (end for reach in frame.expected for end in (reach.low, reach.high))
    yield from (value for _, value in frame.others)


def _is_beyond(value: float, frame: Frame) -> bool:
    return (frame.lower is not None and value < frame.lower) or (
        frame.upper is not None and value > frame.upper
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{across} {up}" for across, up in points) if points else ""


def _dates(first: float, last: float) -> tuple[Tick, ...]:
    """Moments at equal distances from the first to the last."""
    count = _MOST_DATES - 1
    return tuple(
        Tick(
            round(LEFT + step / count * (RIGHT - LEFT), 1),
            0.0,
            datetime.fromtimestamp(first + (last - first) * step / count, UTC),
        )
        for step in range(count + 1)
    )

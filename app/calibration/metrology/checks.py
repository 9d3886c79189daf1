"""Refusing bad figures at the door, so that no NaN ever reaches a verdict.

Every check returns the value it was given, as float, so that it can stand where the value is
first used.
"""

import math
from collections.abc import Iterable, Sequence, Sized
from itertools import pairwise

from app.calibration.metrology.errors import (
    NotANumber,
    OutOfRange,
    ShapeMismatch,
    TooFewReadings,
)
from app.kernel.text import Text, msg

Vector = tuple[float, ...]
Vector3 = tuple[float, float, float]
Matrix = tuple[Vector, ...]

# Fourth powers (Welch-Satterthwaite) must stay finite; no quantity of a robot comes near.
LARGEST_MAGNITUDE = 1e75
DIMENSIONS = 3
_DEGREES = msg("number of degrees of freedom")


def finite(name: Text, value: float) -> float:
    """The value, if it is a finite number of physical size; raises `NotANumber`."""
    number = _as_float(value)
    if not abs(number) <= LARGEST_MAGNITUDE:
        raise NotANumber(msg("{value} is not a usable number for {name}.", name=name, value=value))
    return number


def positive(name: Text, value: float) -> float:
    """The value, if it is above zero; raises `NotANumber` or `OutOfRange`."""
    number = finite(name, value)
    if number <= 0:
        raise OutOfRange(
            msg("{value} will not do as {name}: it must be above zero.", name=name, value=value)
        )
    return number


def not_negative(name: Text, value: float) -> float:
    """The value, if it is zero or above; raises `NotANumber` or `OutOfRange`."""
    number = finite(name, value)
    if number < 0:
        raise OutOfRange(
            msg("{value} will not do as {name}: it must not be negative.", name=name, value=value)
        )
    return number


def between(name: Text, value: float, low: float, high: float) -> float:
    """The value, if low <= value <= high; raises `NotANumber` or `OutOfRange`."""
    number = finite(name, value)
    if not low <= number <= high:
        raise OutOfRange(
            msg(
                "{value} will not do as {name}: it must lie from {low} to {high}.",
                name=name,
                value=value,
                low=low,
                high=high,
            )
        )
    return number


def probability(name: Text, value: float) -> float:
    """The value, if it lies strictly between 0 and 1; raises `NotANumber` or `OutOfRange`."""
    number = finite(name, value)
    if not 0 < number < 1:
        raise OutOfRange(
            msg(
                "{value} will not do as {name}: it must lie between 0 and 1.",
                name=name,
                value=value,
            )
        )
    return number


def degrees_of_freedom(value: float) -> float:
    """Degrees of freedom: a number of at least 1, or infinity for a value known exactly."""
    if value == math.inf:
        return math.inf
    number = finite(_DEGREES, value)
    if number < 1:
        raise OutOfRange(
            msg("{value} degrees of freedom are fewer than one: take more readings.", value=value)
        )
    return number


def count(name: Text, value: int, *, at_least: int) -> int:
    """A whole number of at least so much; raises `TooFewReadings`."""
    if value < at_least:
        raise TooFewReadings(
            msg(
                "{value} will not do as {name}: at least {needed} are needed.",
                name=name,
                value=value,
                needed=at_least,
            )
        )
    return value


def finite_all(name: Text, values: Iterable[float], *, at_least: int = 1) -> Vector:
    """All values as floats; raises `TooFewReadings`, or `NotANumber` naming the bad one's place."""
    numbers = tuple(_as_float(value) for value in values)
    for place, number in enumerate(numbers, start=1):
        if not abs(number) <= LARGEST_MAGNITUDE:
            raise NotANumber(
                msg(
                    "Value no. {place} of {name} is {value}: not a usable number.",
                    name=name,
                    place=place,
                    value=number,
                )
            )
    enough(name, numbers, at_least=at_least)
    return numbers


def enough(name: Text, values: Sized, *, at_least: int) -> None:
    """Raises `TooFewReadings` when there are fewer values than the formula needs."""
    if len(values) < at_least:
        raise TooFewReadings(
            msg(
                "Not enough {name}: {count} given, at least {needed} needed.",
                name=name,
                count=len(values),
                needed=at_least,
            )
        )


def same_length(name: Text, one: Sized, other_name: Text, other: Sized) -> None:
    """Raises `ShapeMismatch` when two lists that belong together differ in length."""
    if len(one) != len(other):
        raise ShapeMismatch(
            msg(
                "There must be as many {name} ({count}) as {other} ({other_count}).",
                name=name,
                count=len(one),
                other=other_name,
                other_count=len(other),
            )
        )


def rising(name: Text, values: Sequence[float]) -> None:
    """Raises `OutOfRange` unless each value is above the one before."""
    for place, (before, after) in enumerate(pairwise(values), start=2):
        if not after > before:
            raise OutOfRange(
                msg(
                    "Value no. {place} of {name} does not rise above the one before.",
                    name=name,
                    place=place,
                )
            )


def vector3(name: Text, values: Sequence[float]) -> Vector3:
    """Three finite numbers; raises `ShapeMismatch` or `NotANumber`."""
    numbers = finite_all(name, values)
    if len(numbers) != DIMENSIONS:
        raise ShapeMismatch(
            msg(
                "{count} components were given for {name} instead of 3.",
                name=name,
                count=len(numbers),
            )
        )
    return numbers[0], numbers[1], numbers[2]


def vectors3(
    name: Text, points: Iterable[Sequence[float]], *, at_least: int = 1
) -> tuple[Vector3, ...]:
    """Points of three finite numbers each; raises as `vector3`, or `TooFewReadings`."""
    checked = tuple(vector3(name, point) for point in points)
    enough(name, checked, at_least=at_least)
    return checked


def matrix(name: Text, rows: Iterable[Sequence[float]], *, columns: int | None = None) -> Matrix:
    """Rows of equal length (`columns`, where given) of finite numbers; raises `ShapeMismatch`."""
    checked = tuple(finite_all(name, row) for row in rows)
    enough(name, checked, at_least=1)
    width = len(checked[0]) if columns is None else columns
    for place, row in enumerate(checked, start=1):
        if len(row) != width:
            raise ShapeMismatch(
                msg(
                    "Row no. {place} of {name} has {count} values instead of {width}.",
                    name=name,
                    place=place,
                    count=len(row),
                    width=width,
                )
            )
    return checked


def _as_float(value: float) -> float:
    """NaN stands for whatever is no number, so that one comparison refuses all of it."""
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return math.nan

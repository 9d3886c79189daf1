"""Path accuracy and repeatability (ISO 9283:1998 8).

A path test is n runs over the same m points: `runs` has shape n x m x 3. Which axis is which
matters; dividing by the longer one, as a published analyser does, is wrong when m > n.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import Vector3, enough, same_length, vectors3
from app.calibration.metrology.descriptive import sample_sd
from app.calibration.metrology.linear_algebra import subtract
from app.calibration.metrology.pose import barycentre, position_repeatability
from app.calibration.metrology.rotation import angle_difference, angle_spread
from app.kernel.text import msg

Points = tuple[Vector3, ...]
FULL_RUNS = 10


@dataclass(frozen=True, slots=True)
class WorstPoint:
    """The largest figure along a path (m) and the index of the point where it occurs."""

    figure: float
    index: int


def path_accuracy(
    commanded: Sequence[Sequence[float]], runs: Sequence[Sequence[Sequence[float]]]
) -> WorstPoint:
    """AT_p = max over points of |barycentre of the runs - commanded| (ISO 9283:1998 8.2).

    `commanded` is m x 3, `runs` n x m x 3 with n >= 2 (the standard takes 10), in metres.
    Raises `ShapeMismatch` for a run with another number of points.
    """
    targets, points = _aligned(commanded, runs)
    return _worst(
        [
            math.dist(barycentre(attained), target)
            for target, attained in zip(targets, points, strict=True)
        ]
    )


def path_repeatability(runs: Sequence[Sequence[Sequence[float]]]) -> WorstPoint:
    """RT_p = max over points of (mean distance + 3 S) (ISO 9283:1998 8.3); n >= 2 runs."""
    enough(msg("runs"), runs, at_least=2)
    _, points = _aligned(runs[0], runs)
    return _worst([position_repeatability(attained).repeatability for attained in points])


def path_orientation_accuracy(
    commanded: Sequence[Sequence[float]], runs: Sequence[Sequence[Sequence[float]]]
) -> Vector3:
    """AT_a, AT_b, AT_c = max over points of |mean - commanded| per axis (ISO 9283:1998 8.2).

    Shapes as `path_accuracy`, in radians, free of the 360-degree wrap.
    """
    targets, points = _aligned(commanded, runs)
    errors = [
        tuple(
            abs(angle_difference(angle_spread(axis).mean, wanted))
            for axis, wanted in zip(zip(*attained, strict=True), target, strict=True)
        )
        for target, attained in zip(targets, points, strict=True)
    ]
    a, b, c = (max(axis) for axis in zip(*errors, strict=True))
    return a, b, c


def path_orientation_repeatability(runs: Sequence[Sequence[Sequence[float]]]) -> Vector3:
    """RT_a, RT_b, RT_c = max over points of 3 S per axis (rad), as +- (ISO 9283:1998 8.3)."""
    enough(msg("runs"), runs, at_least=2)
    _, points = _aligned(runs[0], runs)
    spreads = [
        tuple(3 * sample_sd(angle_spread(axis).deviations) for axis in zip(*attained, strict=True))
        for attained in points
    ]
    a, b, c = (max(axis) for axis in zip(*spreads, strict=True))
    return a, b, c


def path_offsets(
    commanded: Sequence[Sequence[float]], runs: Sequence[Sequence[Sequence[float]]]
) -> Points:
    """Barycentre minus commanded at each of the m points (m), for a plot along the path."""
    targets, points = _aligned(commanded, runs)
    offsets = []
    for target, attained in zip(targets, points, strict=True):
        x, y, z = subtract(barycentre(attained), target)
        offsets.append((x, y, z))
    return tuple(offsets)


def _aligned(
    commanded: Sequence[Sequence[float]], runs: Sequence[Sequence[Sequence[float]]]
) -> tuple[Points, tuple[Points, ...]]:
    """Commanded points, and per point its attained positions over the runs."""
    targets = vectors3(msg("commanded path"), commanded)
    enough(msg("runs"), runs, at_least=2)
    checked = [vectors3(msg("attained path"), run) for run in runs]
    for run in checked:
        same_length(msg("commanded points"), targets, msg("attained points of a run"), run)
    return targets, tuple(zip(*checked, strict=True))


def _worst(figures: Sequence[float]) -> WorstPoint:
    largest = max(figures)
    return WorstPoint(largest, figures.index(largest))

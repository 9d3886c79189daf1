"""Pose accuracy and repeatability of a manipulator (ISO 9283:1998 7.2, GB/T 12642-2013).

Positions are metres in one registration frame, orientations radians about x, y, z. A frame found
by best fit hides AP: record which frame it was. RP is itself a three-sigma figure and not an
uncertainty.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.budget import BudgetRow, Distribution, pooled_row, type_b_row
from app.calibration.metrology.checks import (
    Vector3,
    count,
    enough,
    finite_all,
    positive,
    same_length,
    vector3,
    vectors3,
)
from app.calibration.metrology.descriptive import mean, sample_sd
from app.calibration.metrology.linear_algebra import norm, subtract
from app.calibration.metrology.rotation import (
    angle_difference,
    angle_spread,
    mean_quaternion,
    quaternion_angle,
    quaternion_from_rpy,
)
from app.kernel.text import msg

FULL_CYCLES = 30  # with fewer the test is "ISO 9283-derived", never "per ISO 9283"
LARGEST_UNCERTAINTY_SHARE = 0.25  # of a repeatability limit, else the tracker measures itself


def follows_iso_9283(cycles: int) -> bool:
    """Whether a pose test has the standard's number of cycles; else it is only derived from it."""
    return cycles >= FULL_CYCLES


def barycentre(attained: Sequence[Sequence[float]]) -> Vector3:
    """Mean of n >= 1 attained positions (m); raises `TooFewReadings`, `NotANumber`."""
    points = vectors3(msg("attained positions"), attained)
    x, y, z = (mean(axis) for axis in zip(*points, strict=True))
    return x, y, z


@dataclass(frozen=True, slots=True)
class PositionAccuracy:
    """AP_p and its components AP_x, AP_y, AP_z (m)."""

    distance: float
    components: Vector3


def position_accuracy(
    commanded: Sequence[float], attained: Sequence[Sequence[float]]
) -> PositionAccuracy:
    """AP_p = |barycentre - commanded| of n >= 2 cycles (ISO 9283:1998 7.2.1)."""
    target = vector3(msg("commanded position"), commanded)
    enough(msg("attained positions"), attained, at_least=2)
    x, y, z = subtract(barycentre(attained), target)
    return PositionAccuracy(norm((x, y, z)), (x, y, z))


@dataclass(frozen=True, slots=True)
class PositionRepeatability:
    """RP_l = mean distance + 3 S_l (m) of n cycles, distances taken from the barycentre."""

    repeatability: float
    mean_distance: float
    sd: float
    cycles: int

    @property
    def relative_sd_uncertainty(self) -> float:
        """Relative standard uncertainty of S_l, 1/sqrt(2(n-1)) (JCGM 100:2008 E.4.3)."""
        return 1 / math.sqrt(2 * (self.cycles - 1))

    @property
    def standard_uncertainty(self) -> float:
        """Statistical part of u(RP) (m): that of the mean distance and of 3 S_l."""
        return self.sd * math.hypot(1 / math.sqrt(self.cycles), 3 * self.relative_sd_uncertainty)


def position_repeatability(attained: Sequence[Sequence[float]]) -> PositionRepeatability:
    """RP_l of n >= 2 attained positions (ISO 9283:1998 7.2.2); S_l has the divisor n-1."""
    points = vectors3(msg("attained positions"), attained, at_least=2)
    centre = barycentre(points)
    distances = [math.dist(point, centre) for point in points]
    average, spread = mean(distances), sample_sd(distances)
    return PositionRepeatability(average + 3 * spread, average, spread, len(points))


@dataclass(frozen=True, slots=True)
class OrientationAccuracy:
    """AP_a, AP_b, AP_c and the geodesic angle between mean and commanded attitude (rad).

    Components lose their meaning near gimbal lock; the geodesic angle keeps it.
    """

    components: Vector3
    geodesic: float


def orientation_accuracy(
    commanded: Sequence[float], attained: Sequence[Sequence[float]]
) -> OrientationAccuracy:
    """AP_a = mean - commanded per axis, n >= 2 (ISO 9283:1998 7.2.1), free of the 360-degree wrap.

    `attained` is n x 3 angles (roll, pitch, yaw). Raises `OutOfRange` for angles spread too wide.
    """
    target = vector3(msg("commanded orientation"), commanded)
    turns = vectors3(msg("attained orientations"), attained, at_least=2)
    axes = tuple(zip(*turns, strict=True))
    a, b, c = (
        angle_difference(angle_spread(axis).mean, wanted)
        for axis, wanted in zip(axes, target, strict=True)
    )
    average = mean_quaternion(quaternion_from_rpy(turn) for turn in turns)
    return OrientationAccuracy((a, b, c), quaternion_angle(average, quaternion_from_rpy(target)))


def orientation_repeatability(attained: Sequence[Sequence[float]]) -> Vector3:
    """RP_a, RP_b, RP_c = 3 S of n >= 2 x 3 angles (rad), to be read as +- (ISO 9283:1998 7.2.2)."""
    turns = vectors3(msg("attained orientations"), attained, at_least=2)
    a, b, c = (3 * sample_sd(angle_spread(axis).deviations) for axis in zip(*turns, strict=True))
    return a, b, c


def multi_direction_variation(approaches: Sequence[Sequence[Sequence[float]]]) -> float:
    """vAP_p: largest distance (m) between barycentres of one pose (ISO 9283:1998 7.2.3).

    `approaches` holds, per direction of approach (>= 2, the standard takes 3), its attained
    positions (n >= 1 each).
    """
    enough(msg("approach directions"), approaches, at_least=2)
    centres = [barycentre(attained) for attained in approaches]
    return max(math.dist(one, other) for i, one in enumerate(centres) for other in centres[i + 1 :])


@dataclass(frozen=True, slots=True)
class DistanceFigures:
    """AD (m, signed) and RD = 3 S (m, to be read as +-)."""

    accuracy: float
    repeatability: float


def distance_figures(
    *,
    commanded: tuple[Sequence[float], Sequence[float]],
    first: Sequence[Sequence[float]],
    second: Sequence[Sequence[float]],
) -> DistanceFigures:
    """AD and RD between two poses attained in turn, n >= 2 cycles (ISO 9283:1998 7.3).

    `first` and `second` are n x 3 positions (m) of the two poses, cycle by cycle.
    Raises `ShapeMismatch` when they are not equally many.
    """
    start, end = (vector3(msg("commanded position"), pose) for pose in commanded)
    starts = vectors3(msg("attained positions of the first pose"), first, at_least=2)
    ends = vectors3(msg("attained positions of the second pose"), second, at_least=2)
    same_length(
        msg("positions of the first pose"), starts, msg("positions of the second pose"), ends
    )
    distances = [math.dist(a, b) for a, b in zip(starts, ends, strict=True)]
    return DistanceFigures(mean(distances) - math.dist(start, end), 3 * sample_sd(distances))


def pose_drift(figures: Sequence[float]) -> float:
    """dAP or dRP = max |figure(0) - figure(T)| over a drift test (ISO 9283:1998 7.6).

    `figures` are AP or RP (m or rad) of one pose in time order, n >= 2, the first at T = 0.
    """
    values = finite_all(msg("figures of the drift test"), figures, at_least=2)
    return max(abs(values[0] - later) for later in values[1:])


def accuracy_budget(
    *,
    tracker_mpe: float,
    target_mounting: float,
    registration_residual: float,
    base_motion: float,
    readings_sd: float,
    cycles: int,
) -> tuple[BudgetRow, ...]:
    """Budget rows for AP_p (m): tracker MPE / sqrt 3, mounting, registration, base, S / sqrt n.

    `tracker_mpe` is a maximum permissible error; mounting, registration and base motion are
    standard uncertainties; the last row has cycles-1 degrees of freedom.
    """
    fixed = (
        ("target mounting", target_mounting),
        ("registration", registration_residual),
        ("base motion", base_motion),
    )
    return (
        type_b_row("tracker", distribution=Distribution.RECTANGULAR, value=tracker_mpe),
        *(
            type_b_row(name, distribution=Distribution.NORMAL, value=value, coverage_factor=1.0)
            for name, value in fixed
        ),
        pooled_row(
            "repeatability",
            pooled_sd=readings_sd,
            readings=count(msg("number of cycles"), cycles, at_least=2),
            dof=cycles - 1,
        ),
    )


def instrument_suffices(expanded: float, limit: float) -> bool:
    """Whether U(RP) is at most a quarter of the limit, both in one unit.

    Tracker noise adds to RP in squares; Slamani, Nubiola and Bonev (Industrial Robot 39(1) 2012)
    met robots better than their tracker.
    """
    u = positive(msg("expanded uncertainty"), expanded)
    return u / positive(msg("repeatability limit"), limit) <= LARGEST_UNCERTAINTY_SHARE

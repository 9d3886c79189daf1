"""Joint zero offsets, backlash, lost motion and encoder linearity.

An offset is what is ADDED to the device's reading to give the joint position (and subtracted from
commands), as `<calibration rising>` of robot_calibration has it. Revolute joints in radians.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.calibration.metrology.checks import (
    Vector,
    enough,
    finite,
    finite_all,
    not_negative,
    positive,
    same_length,
    vectors3,
)
from app.calibration.metrology.descriptive import mean, sd_of_mean
from app.calibration.metrology.errors import OutOfRange
from app.calibration.metrology.gauss_newton import Solution, gauss_newton
from app.calibration.metrology.line import fit_line
from app.calibration.metrology.linear_algebra import MAX_CONDITION, least_squares
from app.calibration.metrology.rotation import angle_difference, angle_spread
from app.kernel.text import msg

BACKLASH_READINGS = 5  # per direction of approach
LOST_MOTION_SHARE = 0.03  # of rated torque, gearbox practice

Forward = Callable[[Sequence[float]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class ZeroOffset:
    """Offset to add to a reading, and the standard uncertainty of its mean (rad or m)."""

    offset: float
    standard_uncertainty: float


def revolute_zero_offset(reference: float, readings: Sequence[float]) -> ZeroOffset:
    """delta = q_ref - mean(q_meas) by the short way round, n >= 2 readings at a reference pose.

    `reference` is the joint's angle in the jig, at the stop or by level (rad).
    """
    enough(msg("readings"), readings, at_least=2)
    spread = angle_spread(readings)
    return ZeroOffset(angle_difference(reference, spread.mean), sd_of_mean(spread.deviations))


def prismatic_zero_offset(reference: float, readings: Sequence[float]) -> ZeroOffset:
    """delta = q_ref - mean(q_meas) of n >= 2 readings of a sliding joint (m)."""
    return ZeroOffset(
        finite(msg("reference position"), reference) - mean(readings), sd_of_mean(readings)
    )


def solve_zero_offsets(
    forward: Forward,
    *,
    joint_readings: Sequence[Sequence[float]],
    positions: Sequence[Sequence[float]],
    max_condition: float = MAX_CONDITION,
) -> Solution:
    """Offsets of J joints that minimise sum |p_k - f(q_k + delta)|^2 over K measured poses.

    `joint_readings` is K x J (rad), `positions` K x 3 (m) of the point that `forward` maps J joint
    angles to; 3 K > J. Raises `NotDetermined` when cond(J) exceeds the bound: some joints then
    move the point alike in all poses.
    """
    points = vectors3(msg("measured positions"), positions)
    readings = tuple(finite_all(msg("joint readings"), row) for row in joint_readings)
    enough(msg("joint readings"), readings, at_least=1)
    same_length(msg("joint readings"), readings, msg("measured positions"), points)
    for row in readings:
        same_length(msg("joints of one pose"), readings[0], msg("joints of another"), row)

    def predict(offsets: Vector) -> Vector:
        return tuple(
            coordinate
            for row in readings
            for coordinate in forward([q + d for q, d in zip(row, offsets, strict=True)])
        )

    joints = len(readings[0])
    return gauss_newton(
        predict,
        [coordinate for point in points for coordinate in point],
        start=(0.0,) * joints,
        scales=(1.0,) * joints,
        max_condition=max_condition,
    )


def tip_displacement(offset: float, radius: float) -> float:
    """How far (m) an angle error (rad) moves a point at a radius (m): |dp| = r |delta|."""
    return not_negative(msg("radius"), radius) * abs(finite(msg("offset"), offset))


def offset_drift(*, as_found: float, previous_as_left: float) -> float:
    """Movement of a revolute joint's zero since the last calibration (rad), short way round.

    A zero that keeps drifting points to a loose part or a broken cable: open a ticket.
    """
    return angle_difference(as_found, previous_as_left)


def wrap_inside_travel(
    *, offset: float, wrap_reading: float, lower: float, upper: float, period: float = 2 * math.pi
) -> bool:
    """Whether an encoder's reading jumps somewhere between a joint's limits.

    `wrap_reading` is where the raw reading jumps by `period`; `lower` < `upper` are the joint's
    limits (all rad). A wrap inside the travel makes the offset ambiguous: refuse such an import.
    """
    turn = positive(msg("period of the encoder"), period)
    low, high = finite(msg("lower limit"), lower), finite(msg("upper limit"), upper)
    if not low < high:
        raise OutOfRange(msg("The joint's lower limit is not below its upper limit."))
    wrap = finite(msg("wrap point"), wrap_reading) + finite(msg("offset"), offset)
    above_low = (wrap - low) % turn or turn
    return low + above_low < high


@dataclass(frozen=True, slots=True)
class Backlash:
    """Backlash B >= 0 and its standard uncertainty, in the readings' unit."""

    backlash: float
    standard_uncertainty: float


def backlash(
    from_above: Sequence[float], from_below: Sequence[float], *, needed: int = BACKLASH_READINGS
) -> Backlash:
    """B = |mean(q+) - mean(q-)| of one target approached from both sides.

    u = sqrt(s+^2/n+ + s-^2/n-); at least `needed` readings (never fewer than 2) per side, rad or
    m. Readings of a revolute joint must not straddle the wrap: unwrap them first.
    """
    above = finite_all(msg("readings from above"), from_above, at_least=max(2, needed))
    below = finite_all(msg("readings from below"), from_below, at_least=max(2, needed))
    return Backlash(
        abs(mean(above) - mean(below)), math.hypot(sd_of_mean(above), sd_of_mean(below))
    )


Curve = Sequence[tuple[float, float]]


def lost_motion(
    rising: Curve, falling: Curve, *, rated_torque: float, share: float = LOST_MOTION_SHARE
) -> float:
    """Output angle (rad) between the middles of a hysteresis loop at +-3 % of rated torque.

    `rising` and `falling` are (torque in N m, angle in rad) along the two branches of the loop
    and must span +-share x rated torque; angles in between are interpolated.
    """
    torque = positive(msg("share of rated torque"), share) * positive(
        msg("rated torque"), rated_torque
    )
    high, low = (
        mean([_angle_at(branch, side) for branch in (rising, falling)])
        for side in (torque, -torque)
    )
    return abs(high - low)


@dataclass(frozen=True, slots=True)
class EncoderLinearity:
    """Largest residual about the straight line and amplitude of the once-per-turn error (rad)."""

    gain: float
    max_residual: float
    harmonic_amplitude: float


def encoder_linearity(reference: Sequence[float], readings: Sequence[float]) -> EncoderLinearity:
    """Reading against reference over n >= 5 unwrapped angles (rad) of the encoder's shaft.

    The once-per-turn error (eccentric disc) is fitted together with the line as
    A cos(q) + B sin(q), amplitude hypot(A, B). Raises `NotDetermined` for too short an arc.
    """
    angles = finite_all(msg("reference angles"), reference, at_least=5)
    shown = finite_all(msg("readings"), readings)
    line = fit_line(angles, shown)
    centre, scale = mean(angles), max(abs(angle - mean(angles)) for angle in angles)
    design = [(1.0, (angle - centre) / scale, math.cos(angle), math.sin(angle)) for angle in angles]
    _, _, cosine, sine = least_squares(design, shown).coefficients
    return EncoderLinearity(
        line.slope, max(abs(residual) for residual in line.residuals), math.hypot(cosine, sine)
    )


def _angle_at(branch: Curve, torque: float) -> float:
    """Angle interpolated on one branch of a loop; raises `OutOfRange` beyond its ends."""
    points = sorted(
        (finite(msg("torque"), load), finite(msg("angle"), angle)) for load, angle in branch
    )
    for (low, first), (high, last) in pairwise(points):
        if low <= torque <= high:
            share = (torque - low) / (high - low) if high > low else 0.0
            return first + share * (last - first)
    raise OutOfRange(msg("The loop does not reach {torque} N m.", torque=torque))

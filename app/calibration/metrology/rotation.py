"""Angles and rotations: wrap-around, means, quaternions and the angle between two attitudes.

Angles are radians. Roll, pitch and yaw turn about the fixed x, y and z axes in this order, as in
URDF. Quaternions are (w, x, y, z) of unit length; q and -q are the same attitude.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import (
    DIMENSIONS,
    Matrix,
    Vector,
    Vector3,
    finite,
    finite_all,
    matrix,
    vector3,
)
from app.calibration.metrology.descriptive import mean
from app.calibration.metrology.errors import OutOfRange, ShapeMismatch
from app.calibration.metrology.linear_algebra import (
    dot,
    norm,
    product,
    subtract,
    symmetric_eigen,
    times_vector,
    transpose,
)
from app.kernel.text import msg

Quaternion = tuple[float, float, float, float]

_ORTHONORMAL_TO = 1e-6
_UNIT_TO = 1e-6
_GIMBAL_MARGIN = math.radians(5)


def wrap_angle(angle: float) -> float:
    """The same direction in (-pi, pi]: 359.9 degrees become -0.1."""
    wrapped = math.remainder(finite(msg("angle"), angle), 2 * math.pi)
    return math.pi if wrapped <= -math.pi else wrapped


def angle_difference(one: float, other: float) -> float:
    """one - other by the short way round, in (-pi, pi]."""
    return wrap_angle(finite(msg("angle"), one) - finite(msg("angle"), other))


@dataclass(frozen=True, slots=True)
class AngleSpread:
    """Mean direction in (-pi, pi], and each angle's deviation from it."""

    mean: float
    deviations: Vector


def angle_spread(angles: Iterable[float]) -> AngleSpread:
    """Mean of n >= 1 angles that lie within a quarter turn of it, free of the wrap at 360 degrees.

    The arithmetic mean of the angles unwrapped about their circular mean, so that it agrees with
    ISO 9283 wherever no wrap occurs. Raises `OutOfRange` for angles spread wider: they have no
    mean direction.
    """
    values = finite_all(msg("angles"), angles)
    sines = math.fsum(math.sin(value) for value in values)
    cosines = math.fsum(math.cos(value) for value in values)
    about = math.atan2(sines, cosines)
    unwrapped = [angle_difference(value, about) for value in values]
    if max(abs(value) for value in unwrapped) > math.pi / 2:
        raise OutOfRange(msg("The angles are spread over half a turn: they have no mean."))
    shift = mean(unwrapped)
    return AngleSpread(wrap_angle(about + shift), tuple(value - shift for value in unwrapped))


def near_gimbal_lock(pitch: float, *, margin: float = _GIMBAL_MARGIN) -> bool:
    """Whether roll and yaw lose their meaning: pitch within `margin` of +-90 degrees."""
    return abs(abs(wrap_angle(pitch)) - math.pi / 2) < margin


def matrix_from_rpy(roll_pitch_yaw: Sequence[float]) -> Matrix:
    """Rotation matrix (3 x 3) Rz(yaw) Ry(pitch) Rx(roll)."""
    roll, pitch, yaw = vector3(msg("roll, pitch, yaw"), roll_pitch_yaw)
    cr, sr = math.cos(roll), math.sin(roll)
    cp, sp = math.cos(pitch), math.sin(pitch)
    cy, sy = math.cos(yaw), math.sin(yaw)
    about_x = ((1.0, 0.0, 0.0), (0.0, cr, -sr), (0.0, sr, cr))
    about_y = ((cp, 0.0, sp), (0.0, 1.0, 0.0), (-sp, 0.0, cp))
    about_z = ((cy, -sy, 0.0), (sy, cy, 0.0), (0.0, 0.0, 1.0))
    return product(about_z, product(about_y, about_x))


def quaternion_from_rpy(roll_pitch_yaw: Sequence[float]) -> Quaternion:
    """Unit quaternion of roll, pitch and yaw."""
    roll, pitch, yaw = (a / 2 for a in vector3(msg("roll, pitch, yaw"), roll_pitch_yaw))
    cr, sr = math.cos(roll), math.sin(roll)
    cp, sp = math.cos(pitch), math.sin(pitch)
    cy, sy = math.cos(yaw), math.sin(yaw)
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )


def quaternion_angle(one: Quaternion, other: Quaternion) -> float:
    """Geodesic angle between two attitudes, 0 to pi: 2 acos |q1 . q2|.

    By half-angle from |q1 - q2| and |q1 + q2|, since acos loses small angles to rounding.
    """
    a, b = _unit(one), _unit(other)
    apart, together = norm(subtract(a, b)), norm(x + y for x, y in zip(a, b, strict=True))
    return 4 * math.atan2(min(apart, together), max(apart, together))


def mean_quaternion(attitudes: Iterable[Quaternion]) -> Quaternion:
    """Attitude with the least squared distance to n >= 1 attitudes, whatever their signs.

    The eigenvector of the largest eigenvalue of sum(q q') (Markley et al., J. Guidance 30(4) 2007).
    """
    units = tuple(_unit(attitude) for attitude in attitudes)
    finite_all(msg("attitudes"), (attitude[0] for attitude in units))
    size = len(units[0])
    moments = tuple(
        tuple(math.fsum(q[i] * q[j] for q in units) for j in range(size)) for i in range(size)
    )
    w, x, y, z = symmetric_eigen(moments)[1][-1]
    return (-w, -x, -y, -z) if w < 0 else (w, x, y, z)


def rotation_matrix(rows: Sequence[Sequence[float]]) -> Matrix:
    """The 3 x 3 matrix, if it is a rotation to 1e-6; raises `ShapeMismatch` or `OutOfRange`."""
    checked = matrix(msg("rotation matrix"), rows, columns=DIMENSIONS)
    if len(checked) != DIMENSIONS:
        raise ShapeMismatch(msg("A rotation matrix has three rows, not {n}.", n=len(checked)))
    square = product(checked, transpose(checked))
    worst = max(abs(square[i][j] - (i == j)) for i in range(DIMENSIONS) for j in range(DIMENSIONS))
    if worst > _ORTHONORMAL_TO or dot(cross(checked[0], checked[1]), checked[2]) < 0:
        raise OutOfRange(msg("The matrix is not a rotation."))
    return checked


def skew_part(rotation: Sequence[Sequence[float]]) -> Vector3:
    """Twice the axis times the sine of the angle: the skew part of a rotation matrix."""
    r = rotation_matrix(rotation)
    return r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]


def matrix_angle(rotation: Sequence[Sequence[float]]) -> float:
    """Angle of a rotation matrix, 0 to pi: acos((tr R - 1) / 2).

    By atan2 with the skew part, which needs no clamp and keeps small angles.
    """
    r = rotation_matrix(rotation)
    trace = math.fsum(r[i][i] for i in range(DIMENSIONS))
    return math.atan2(norm(skew_part(r)), trace - 1)


def cross(one: Sequence[float], other: Sequence[float]) -> Vector3:
    """Vector product of two vectors of three."""
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


@dataclass(frozen=True, slots=True)
class RigidTransform:
    """p -> R p + t, with a rotation matrix R (3 x 3) and a translation t in metres."""

    rotation: Matrix
    translation: Vector3

    def __post_init__(self) -> None:
        rotation_matrix(self.rotation)
        vector3(msg("translation"), self.translation)

    def apply(self, point: Sequence[float]) -> Vector3:
        x, y, z = times_vector(self.rotation, vector3(msg("point"), point))
        return x + self.translation[0], y + self.translation[1], z + self.translation[2]

    def after(self, first: "RigidTransform") -> "RigidTransform":
        """This transform applied after another."""
        return RigidTransform(product(self.rotation, first.rotation), self.apply(first.translation))

    def inverse(self) -> "RigidTransform":
        back = transpose(self.rotation)
        x, y, z = times_vector(back, self.translation)
        return RigidTransform(back, (-x, -y, -z))


def _unit(attitude: Quaternion) -> Quaternion:
    """Normalised, if it was a unit quaternion to 1e-6; raises `OutOfRange`."""
    w, x, y, z = finite_all(msg("quaternion"), attitude)
    length = norm((w, x, y, z))
    if abs(length - 1) > _UNIT_TO:
        raise OutOfRange(msg("A quaternion has length {length} instead of 1.", length=length))
    return w / length, x / length, y / length, z / length

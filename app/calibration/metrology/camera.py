"""Cameras: reprojection error, extrinsic delta and the residual of a hand-eye calibration.

A low reprojection error alone does not prove intrinsics: keep image count, coverage and parameter
uncertainties beside it, and check on images held out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.calibration.metrology.checks import Matrix, Vector, enough, matrix, same_length
from app.calibration.metrology.descriptive import root_mean_square, sample_sd
from app.calibration.metrology.errors import NotDetermined
from app.calibration.metrology.linear_algebra import dot, norm, subtract
from app.calibration.metrology.rotation import RigidTransform, matrix_angle, skew_part
from app.kernel.text import msg

_IMAGE_AXES = 2
_LEAST_TURN = math.radians(1)  # a smaller rotation has no axis worth the name


@dataclass(frozen=True, slots=True)
class ReprojectionError:
    """RMS of the point distance (OpenCV) and sd per image axis (Kalibr), in pixels.

    For equal axes without a mean error the RMS is sqrt(2) times the axis sd: record which one a
    limit refers to.
    """

    rms: float
    axis_sd: tuple[float, float]
    points: int


def reprojection_error(
    observed: Sequence[Sequence[float]], projected: Sequence[Sequence[float]]
) -> ReprojectionError:
    """sqrt(sum |u - u'|^2 / N) over N >= 2 points (N x 2 each), pixels."""
    seen = matrix(msg("observed points"), observed, columns=_IMAGE_AXES)
    expected = matrix(msg("projected points"), projected, columns=_IMAGE_AXES)
    same_length(msg("observed points"), seen, msg("projected points"), expected)
    enough(msg("points"), seen, at_least=2)
    errors = [subtract(u, v) for u, v in zip(seen, expected, strict=True)]
    along, across = (sample_sd([error[axis] for error in errors]) for axis in range(_IMAGE_AXES))
    return ReprojectionError(
        root_mean_square(norm(error) for error in errors), (along, across), len(errors)
    )


@dataclass(frozen=True, slots=True)
class ExtrinsicDelta:
    """Distance (m) and angle (rad, 0 to pi) between two mountings of a sensor."""

    distance: float
    angle: float


def extrinsic_delta(nominal: RigidTransform, measured: RigidTransform) -> ExtrinsicDelta:
    """|t - t0| and acos((tr(R0' R) - 1)/2) of a measured pose against its nominal."""
    difference = nominal.inverse().after(measured)
    return ExtrinsicDelta(
        math.dist(nominal.translation, measured.translation), matrix_angle(difference.rotation)
    )


def hand_eye_residuals(
    motions: Sequence[tuple[RigidTransform, RigidTransform]], hand_eye: RigidTransform
) -> tuple[ExtrinsicDelta, ...]:
    """Per pair (A, B): angle (rad) and translation norm (m) of (A X)(X B)^-1.

    `motions` are >= 2 relative motions of hand (A) and camera (B), `hand_eye` is X. Raises
    `NotDetermined` when all rotation axes are parallel: X is then not settled by AX = XB.
    """
    enough(msg("motions"), motions, at_least=2)
    if largest_axis_angle([hand.rotation for hand, _ in motions]) < _LEAST_TURN:
        raise NotDetermined(msg("All motions turn about one axis: add others."))
    residuals = []
    for hand, camera in motions:
        rest = hand.after(hand_eye).after(hand_eye.after(camera).inverse())
        residuals.append(ExtrinsicDelta(norm(rest.translation), matrix_angle(rest.rotation)))
    return tuple(residuals)


def largest_axis_angle(rotations: Sequence[Matrix]) -> float:
    """Largest angle (rad, 0 to pi/2) between the axes of rotations (3 x 3 each).

    Rotations under 1 degree have no usable axis and are left out; 0 for fewer than two others.
    """
    axes = [
        _unit(skew_part(rotation))
        for rotation in rotations
        if _LEAST_TURN < matrix_angle(rotation) < math.pi - _LEAST_TURN
    ]
    angles = [
        math.acos(min(1.0, abs(dot(one, other))))
        for i, one in enumerate(axes)
        for other in axes[i + 1 :]
    ]
    return max(angles, default=0.0)


def _unit(axis: Vector) -> Vector:
    length = norm(axis)
    return tuple(value / length for value in axis)

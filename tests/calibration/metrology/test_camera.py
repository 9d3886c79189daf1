"""Reprojection, extrinsics and hand-eye residuals."""

import math

import pytest
from hypothesis import given

from app.calibration.metrology.camera import (
    extrinsic_delta,
    hand_eye_residuals,
    largest_axis_angle,
    reprojection_error,
)
from app.calibration.metrology.errors import NotDetermined, ShapeMismatch, TooFewReadings
from app.calibration.metrology.rotation import RigidTransform, matrix_from_rpy
from tests.calibration.metrology.strategies import modest, motions


def test_rms_is_over_points_and_sd_per_axis() -> None:
    projected = [(10.0 * i, 5.0) for i in range(4)]
    offsets = [(0.3, 0), (-0.3, 0), (0, 0.3), (0, -0.3)]
    observed = [(u + du, v + dv) for (u, v), (du, dv) in zip(projected, offsets, strict=True)]
    found = reprojection_error(observed, projected)

    assert found.rms == pytest.approx(0.3)
    assert found.axis_sd == pytest.approx((math.sqrt(0.06), math.sqrt(0.06)))
    assert found.points == 4


def test_points_come_in_pairs() -> None:
    with pytest.raises(ShapeMismatch):
        reprojection_error([(1, 2), (3, 4)], [(1, 2)])
    with pytest.raises(TooFewReadings):
        reprojection_error([(1, 2)], [(1, 2)])


def test_extrinsic_delta_has_a_distance_and_an_angle() -> None:
    nominal = RigidTransform(matrix_from_rpy((0.1, 0.2, 0.3)), (0.05, 0.0, 1.2))
    turn = RigidTransform(matrix_from_rpy((0, 0, math.radians(2))), (0, 0, 0))
    measured = RigidTransform(nominal.after(turn).rotation, (0.05, 0.003, 1.204))
    found = extrinsic_delta(nominal, measured)

    assert found.distance == pytest.approx(0.005)
    assert math.degrees(found.angle) == pytest.approx(2)


def moves(hand_eye: RigidTransform) -> list[tuple[RigidTransform, RigidTransform]]:
    """Hand motions about three axes, and what a camera on that hand sees of them."""
    hands = [
        RigidTransform(matrix_from_rpy(rpy), (0.1, -0.2, 0.05))
        for rpy in ((0.5, 0, 0), (0, 0.6, 0), (0.1, 0, 0.7))
    ]
    return [(hand, hand_eye.inverse().after(hand).after(hand_eye)) for hand in hands]


@modest
@given(motions)
def test_the_true_hand_eye_leaves_no_residual(hand_eye: RigidTransform) -> None:
    for residual in hand_eye_residuals(moves(hand_eye), hand_eye):
        assert residual.angle == pytest.approx(0, abs=1e-7)
        assert residual.distance == pytest.approx(0, abs=1e-9)


def test_a_wrong_hand_eye_shows() -> None:
    hand_eye = RigidTransform(matrix_from_rpy((0.1, 0.2, 0.3)), (0.0, 0.02, 0.08))
    wrong = RigidTransform(hand_eye.rotation, (0.0, 0.03, 0.08))

    residuals = hand_eye_residuals(moves(hand_eye), wrong)
    assert max(residual.distance for residual in residuals) > 0.004


def test_motions_about_one_axis_settle_nothing() -> None:
    hand_eye = RigidTransform(matrix_from_rpy((0, 0, 0)), (0, 0, 0))
    turns = [RigidTransform(matrix_from_rpy((0, 0, yaw)), (0, 0, 0)) for yaw in (0.3, -0.8)]

    assert largest_axis_angle([turn.rotation for turn in turns]) == pytest.approx(0, abs=1e-6)
    with pytest.raises(NotDetermined, match="one axis"):
        hand_eye_residuals([(turn, turn) for turn in turns], hand_eye)


@modest
@given(motions, motions, motions)
def test_the_delta_does_not_depend_on_the_frame(
    frame: RigidTransform, one: RigidTransform, other: RigidTransform
) -> None:
    plain = extrinsic_delta(one, other)
    moved = extrinsic_delta(frame.after(one), frame.after(other))

    assert moved.distance == pytest.approx(plain.distance, abs=1e-9)
    assert moved.angle == pytest.approx(plain.angle, abs=1e-7)

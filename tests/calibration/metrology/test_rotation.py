"""Angles across the wrap, and attitudes whatever their description."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import NotANumber, OutOfRange, ShapeMismatch, TooFewReadings
from app.calibration.metrology.rotation import (
    RigidTransform,
    angle_difference,
    angle_spread,
    matrix_angle,
    matrix_from_rpy,
    mean_quaternion,
    near_gimbal_lock,
    quaternion_angle,
    quaternion_from_rpy,
    rotation_matrix,
    wrap_angle,
)
from tests.calibration.metrology.strategies import angles, modest, motions, orders, points


def test_just_below_a_full_turn_is_just_below_zero() -> None:
    assert math.degrees(wrap_angle(math.radians(359.9))) == pytest.approx(-0.1)
    assert wrap_angle(-math.pi) == math.pi
    assert wrap_angle(3 * math.pi) == math.pi
    assert math.degrees(angle_difference(math.radians(0.1), math.radians(359.9))) == pytest.approx(
        0.2
    )


def test_the_mean_of_359_9_and_0_1_degrees_is_zero() -> None:
    spread = angle_spread([math.radians(359.9), math.radians(0.1)])

    assert math.degrees(spread.mean) == pytest.approx(0, abs=1e-12)
    assert [math.degrees(d) for d in spread.deviations] == pytest.approx([-0.1, 0.1])


def test_the_mean_of_179_and_minus_179_degrees_is_180() -> None:
    mean = angle_spread([math.radians(179), math.radians(-179)]).mean

    assert abs(math.degrees(mean)) == pytest.approx(180)


def test_angles_all_around_have_no_mean() -> None:
    with pytest.raises(OutOfRange, match="no mean"):
        angle_spread([0.0, math.pi / 2, math.pi, -math.pi / 2])
    with pytest.raises(TooFewReadings):
        angle_spread([])
    with pytest.raises(NotANumber):
        wrap_angle(math.inf)


def test_gimbal_lock_is_near_ninety_degrees_of_pitch() -> None:
    assert near_gimbal_lock(math.radians(-88))
    assert not near_gimbal_lock(math.radians(80))


def test_small_angles_between_attitudes_are_kept() -> None:
    tiny = 1e-9

    turned = quaternion_from_rpy((tiny, 0, 0))
    assert quaternion_angle(turned, (1, 0, 0, 0)) == pytest.approx(tiny, rel=1e-6)
    assert matrix_angle(matrix_from_rpy((0, tiny, 0))) == pytest.approx(tiny, rel=1e-6)
    assert matrix_angle(matrix_from_rpy((0, 0, math.pi))) == pytest.approx(math.pi)


def test_what_is_no_rotation_is_refused() -> None:
    mirror = [[1, 0, 0], [0, 1, 0], [0, 0, -1]]

    with pytest.raises(OutOfRange, match="not a rotation"):
        rotation_matrix(mirror)
    with pytest.raises(OutOfRange, match="not a rotation"):
        rotation_matrix([[2, 0, 0], [0, 1, 0], [0, 0, 1]])
    with pytest.raises(ShapeMismatch):
        rotation_matrix([[1, 0, 0], [0, 1, 0]])
    with pytest.raises(OutOfRange, match="length"):
        quaternion_angle((1, 1, 0, 0), (1, 0, 0, 0))


@modest
@given(angles, st.integers(-5, 5))
def test_whole_turns_do_not_matter(angle: float, turns: int) -> None:
    moved = angle + turns * 2 * math.pi

    assert angle_difference(moved, angle) == pytest.approx(0, abs=1e-12)


@modest
@given(angles, st.lists(st.floats(-0.7, 0.7), min_size=1, max_size=8), orders)
def test_the_mean_turns_with_its_angles_in_any_order(
    centre: float, offsets: list[float], order: Random
) -> None:
    at_zero = angle_spread(offsets).mean
    turned = [wrap_angle(centre + offset) for offset in offsets]
    moved = angle_spread(order.sample(turned, len(turned))).mean

    assert angle_difference(moved, centre) == pytest.approx(at_zero, abs=1e-12)


@modest
@given(st.tuples(angles, angles, angles))
def test_matrix_and_quaternion_turn_by_the_same_angle(rpy: tuple[float, float, float]) -> None:
    by_matrix = matrix_angle(matrix_from_rpy(rpy))

    assert quaternion_angle(quaternion_from_rpy(rpy), (1, 0, 0, 0)) == pytest.approx(
        by_matrix, abs=1e-9
    )


@modest
@given(st.tuples(angles, angles, angles), st.floats(-0.1, 0.1))
def test_the_mean_attitude_lies_in_the_middle_whatever_the_signs(
    rpy: tuple[float, float, float], turn: float
) -> None:
    roll, pitch, yaw = rpy
    w, x, y, z = quaternion_from_rpy((roll, pitch, yaw + turn))
    other = quaternion_from_rpy((roll, pitch, yaw - turn))
    middle = mean_quaternion([(-w, -x, -y, -z), other])

    assert quaternion_angle(middle, quaternion_from_rpy(rpy)) == pytest.approx(0, abs=1e-6)


@modest
@given(motions, points)
def test_a_motion_and_its_inverse_cancel(
    motion: RigidTransform, point: tuple[float, float, float]
) -> None:
    assert motion.inverse().apply(motion.apply(point)) == pytest.approx(point, abs=1e-12)
    assert matrix_angle(motion.after(motion.inverse()).rotation) == pytest.approx(0, abs=1e-9)

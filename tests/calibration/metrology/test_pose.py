"""ISO 9283 pose figures: a case exact by hand, and what rigid motion must not change."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.budget import combine
from app.calibration.metrology.errors import NotANumber, ShapeMismatch, TooFewReadings
from app.calibration.metrology.pose import (
    accuracy_budget,
    barycentre,
    distance_figures,
    follows_iso_9283,
    instrument_suffices,
    multi_direction_variation,
    orientation_accuracy,
    orientation_repeatability,
    pose_drift,
    position_accuracy,
    position_repeatability,
)
from app.calibration.metrology.rotation import RigidTransform
from tests.calibration.metrology.strategies import clouds, modest, motions, orders, points

Point = tuple[float, float, float]

# Constructed from the formulas of ISO 9283:1998 7.2, exact by hand; millimetres as metres here.
COMMANDED = (500.0, 0.0, 300.0)
CENTRE = (500.3, 0.4, 300.0)
OFFSETS = [(0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1), (0.2, 0), (-0.2, 0), (0, 0.2), (0, -0.2)]
ATTAINED = [(CENTRE[0] + dx, CENTRE[1] + dy, CENTRE[2]) for dx, dy in OFFSETS]


def test_position_accuracy_is_the_distance_of_the_barycentre() -> None:
    accuracy = position_accuracy(COMMANDED, ATTAINED)

    assert accuracy.distance == pytest.approx(0.5, abs=1e-12)
    assert accuracy.components == pytest.approx((0.3, 0.4, 0), abs=1e-12)
    assert barycentre(ATTAINED) == pytest.approx(CENTRE)


def test_position_repeatability_divides_by_n_minus_1() -> None:
    repeatability = position_repeatability(ATTAINED)

    assert repeatability.mean_distance == pytest.approx(0.15, abs=1e-12)
    assert repeatability.sd == pytest.approx(0.0534522484, abs=5e-11)
    assert repeatability.repeatability == pytest.approx(0.3103567451, abs=5e-10)
    # With n instead of n-1 it would be 0.30.
    assert abs(repeatability.repeatability - 0.30) > 0.01


def test_the_doubt_of_a_spread_falls_with_the_cycles() -> None:
    thirty = position_repeatability(ATTAINED * 3 + ATTAINED[:6])

    assert thirty.cycles == 30
    assert thirty.relative_sd_uncertainty == pytest.approx(0.13, abs=5e-3)
    five = position_repeatability(ATTAINED[:5])
    assert five.relative_sd_uncertainty == pytest.approx(0.35, abs=5e-3)
    assert thirty.standard_uncertainty < five.standard_uncertainty * 2


def test_only_thirty_cycles_follow_the_standard() -> None:
    assert follows_iso_9283(30)
    assert not follows_iso_9283(29)


def test_orientation_is_averaged_across_the_wrap() -> None:
    attained = [(math.radians(a), 0.0, math.radians(90)) for a in (359.9, 0.1, 0.3)]
    accuracy = orientation_accuracy((0.0, 0.0, math.radians(90)), attained)
    repeatability = orientation_repeatability(attained)

    assert [math.degrees(c) for c in accuracy.components] == pytest.approx([0.1, 0, 0], abs=1e-9)
    assert math.degrees(accuracy.geodesic) == pytest.approx(0.1, abs=1e-6)
    assert [math.degrees(c) for c in repeatability] == pytest.approx([0.6, 0, 0], abs=1e-9)


def test_the_geodesic_angle_survives_gimbal_lock() -> None:
    up = math.radians(90)
    # At 90 degrees of pitch, roll and yaw turn about one axis: these two are the same attitude.
    accuracy = orientation_accuracy((0.0, up, 0.0), [(0.5, up, 0.5), (0.5, up, 0.5)])

    assert accuracy.geodesic == pytest.approx(0, abs=1e-6)
    assert accuracy.components[0] == pytest.approx(0.5)


def test_multi_direction_variation_is_the_widest_pair() -> None:
    approaches = [[(0, 0, 0), (0, 0, 2)], [(3, 4, 1)], [(1, 0, 1)]]

    assert multi_direction_variation(approaches) == pytest.approx(5)
    with pytest.raises(TooFewReadings):
        multi_direction_variation(approaches[:1])


def test_distance_accuracy_is_signed_and_repeatability_is_three_sigma() -> None:
    figures = distance_figures(
        commanded=((0, 0, 0), (1, 0, 0)),
        first=[(0, 0, 0), (0, 0, 0)],
        second=[(1.01, 0, 0), (1.03, 0, 0)],
    )

    assert figures.accuracy == pytest.approx(0.02)
    assert figures.repeatability == pytest.approx(3 * 0.02 / math.sqrt(2))
    with pytest.raises(ShapeMismatch):
        distance_figures(
            commanded=((0, 0, 0), (1, 0, 0)), first=[(0, 0, 0)] * 2, second=[(1, 0, 0)] * 3
        )


def test_drift_is_measured_from_the_start() -> None:
    assert pose_drift([0.10, 0.13, 0.05, 0.12]) == pytest.approx(0.05)
    with pytest.raises(TooFewReadings):
        pose_drift([0.1])


def test_the_budget_of_accuracy_joins_instrument_and_robot() -> None:
    rows = accuracy_budget(
        tracker_mpe=30e-6,
        target_mounting=5e-6,
        registration_residual=10e-6,
        base_motion=3e-6,
        readings_sd=20e-6,
        cycles=25,
    )
    expected = math.sqrt(300 + 25 + 100 + 9 + 16) * 1e-6

    assert combine(rows).standard == pytest.approx(expected)
    assert rows[-1].dof == 24


def test_an_instrument_is_at_most_a_quarter_of_the_limit() -> None:
    assert instrument_suffices(0.025, 0.1)
    assert not instrument_suffices(0.026, 0.1)


def test_unusable_positions_are_refused() -> None:
    with pytest.raises(TooFewReadings):
        position_repeatability([(0, 0, 0)])
    with pytest.raises(TooFewReadings):
        position_accuracy((0, 0, 0), [(0, 0, 0)])
    with pytest.raises(ShapeMismatch, match="instead of 3"):
        position_repeatability([(0, 0), (1, 1)])
    with pytest.raises(NotANumber):
        position_accuracy((0, 0, math.nan), ATTAINED)


@modest
@given(points, clouds, motions)
def test_rigid_motion_of_everything_changes_neither_figure(
    commanded: Point, cloud: list[Point], motion: RigidTransform
) -> None:
    moved = [motion.apply(point) for point in cloud]

    assert position_accuracy(motion.apply(commanded), moved).distance == pytest.approx(
        position_accuracy(commanded, cloud).distance, abs=1e-9
    )
    assert position_repeatability(moved).repeatability == pytest.approx(
        position_repeatability(cloud).repeatability, abs=1e-9
    )


@modest
@given(clouds, orders)
def test_the_order_of_cycles_does_not_change_a_bit(cloud: list[Point], order: Random) -> None:
    shuffled = order.sample(cloud, len(cloud))

    assert position_repeatability(shuffled) == position_repeatability(cloud)


@modest
@given(points, clouds, st.sampled_from([0.001, 1000.0, 2.0]))
def test_figures_scale_with_the_unit_of_length(
    commanded: Point, cloud: list[Point], factor: float
) -> None:
    def scaled(point: Point) -> Point:
        x, y, z = point
        return factor * x, factor * y, factor * z

    many = [scaled(point) for point in cloud]
    assert position_accuracy(scaled(commanded), many).distance == pytest.approx(
        factor * position_accuracy(commanded, cloud).distance
    )
    assert position_repeatability(many).repeatability == pytest.approx(
        factor * position_repeatability(cloud).repeatability
    )


@modest
@given(clouds, st.tuples(*[st.floats(-0.5, 0.5)] * 3), st.integers(-2, 2))
def test_whole_turns_do_not_change_orientation_figures(
    offsets: list[Point], commanded: Point, turns: int
) -> None:
    cloud = [(a / 2, b / 2, c / 2) for a, b, c in offsets]
    turn = turns * 2 * math.pi
    moved = [(a + turn, b, c - turn) for a, b, c in cloud]

    assert orientation_repeatability(moved) == pytest.approx(
        orientation_repeatability(cloud), abs=1e-9
    )
    assert orientation_accuracy(commanded, moved).components == pytest.approx(
        orientation_accuracy(commanded, cloud).components, abs=1e-9
    )

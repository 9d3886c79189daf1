"""ISO 9283 path figures."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import ShapeMismatch, TooFewReadings
from app.calibration.metrology.path import (
    path_accuracy,
    path_offsets,
    path_orientation_accuracy,
    path_orientation_repeatability,
    path_repeatability,
)
from app.calibration.metrology.pose import position_accuracy, position_repeatability
from app.calibration.metrology.rotation import RigidTransform
from tests.calibration.metrology.strategies import modest, motions, orders, points

Point = tuple[float, float, float]

# Three waypoints, two runs: more waypoints than runs, the case that length() gets wrong.
PATH: list[Point] = [(0, 0, 0), (1, 0, 0), (2, 0, 0)]
RUNS: list[list[Point]] = [
    [(0, 0.1, 0), (1, 0.3, 0), (2, 0, 0)],
    [(0, 0.1, 0), (1, 0.5, 0), (2, 0, 0.2)],
]


def test_path_accuracy_names_the_worst_point() -> None:
    worst = path_accuracy(PATH, RUNS)

    assert worst.figure == pytest.approx(0.4)
    assert worst.index == 1
    assert path_offsets(PATH, RUNS)[2] == pytest.approx((0, 0, 0.1))


def test_path_repeatability_is_taken_over_runs_not_waypoints() -> None:
    worst = path_repeatability(RUNS)

    # Two runs lie 0.1 from their middle each: mean 0.1, no spread of distances.
    assert worst.figure == pytest.approx(0.1)


def test_a_path_of_one_point_is_a_pose() -> None:
    runs: list[list[Point]] = [[(0, 0, 0)], [(0.1, 0, 0)], [(0, 0.4, 0)]]
    cloud = [run[0] for run in runs]

    assert path_repeatability(runs).figure == position_repeatability(cloud).repeatability
    accuracy = position_accuracy((1, 1, 1), cloud).distance
    assert path_accuracy([(1, 1, 1)], runs).figure == pytest.approx(accuracy)


def test_orientation_along_a_path_crosses_the_wrap() -> None:
    commanded = [(0.0, 0.0, math.radians(359)), (0.0, 0.0, math.radians(1))]
    runs = [
        [(0.0, 0.0, math.radians(a)), (0.0, 0.0, math.radians(b))]
        for a, b in ((359.4, 1.0), (-0.2, 0.8))
    ]

    accuracy = path_orientation_accuracy(commanded, runs)
    repeatability = path_orientation_repeatability(runs)
    assert math.degrees(accuracy[2]) == pytest.approx(0.6)
    assert math.degrees(repeatability[2]) == pytest.approx(3 * 0.4 / math.sqrt(2))


def test_runs_of_another_length_are_refused() -> None:
    with pytest.raises(ShapeMismatch):
        path_accuracy(PATH, [RUNS[0], RUNS[1][:2]])
    with pytest.raises(ShapeMismatch):
        path_repeatability([RUNS[0], RUNS[1][:2]])
    with pytest.raises(TooFewReadings):
        path_accuracy(PATH, RUNS[:1])
    with pytest.raises(TooFewReadings):
        path_repeatability([])


grids = st.lists(st.lists(points, min_size=3, max_size=3), min_size=2, max_size=5)


@modest
@given(grids, motions, orders)
def test_motion_and_order_of_runs_change_nothing(
    runs: list[list[Point]], motion: RigidTransform, order: Random
) -> None:
    moved = [[motion.apply(p) for p in run] for run in order.sample(runs, len(runs))]
    path = [motion.apply(p) for p in PATH]

    assert path_accuracy(path, moved).figure == pytest.approx(
        path_accuracy(PATH, runs).figure, abs=1e-9
    )
    assert path_repeatability(moved).figure == pytest.approx(
        path_repeatability(runs).figure, abs=1e-9
    )

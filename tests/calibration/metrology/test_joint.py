"""Zero offsets, backlash, lost motion and encoders."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.metrology.errors import (
    NotDetermined,
    OutOfRange,
    ShapeMismatch,
    TooFewReadings,
)
from app.calibration.metrology.joint import (
    backlash,
    encoder_linearity,
    lost_motion,
    offset_drift,
    prismatic_zero_offset,
    revolute_zero_offset,
    solve_zero_offsets,
    tip_displacement,
    wrap_inside_travel,
)
from tests.calibration.metrology.strategies import angles, modest, readings


def planar_arm(q: Sequence[float]) -> tuple[float, float, float]:
    """Two links of 0.3 m and 0.25 m on a hip that yaws."""
    reach = 0.3 * math.cos(q[1]) + 0.25 * math.cos(q[1] + q[2])
    height = 0.3 * math.sin(q[1]) + 0.25 * math.sin(q[1] + q[2])
    return reach * math.cos(q[0]), reach * math.sin(q[0]), height


POSES = [(0.1 * i, 0.2 + 0.15 * i, -0.9 + 0.2 * i) for i in range(8)]


def test_an_offset_is_what_is_added_to_the_reading() -> None:
    found = revolute_zero_offset(math.radians(90), [math.radians(89), math.radians(89.2)])

    assert math.degrees(found.offset) == pytest.approx(0.9)
    assert math.degrees(found.standard_uncertainty) == pytest.approx(0.1)


def test_an_offset_goes_the_short_way_round() -> None:
    found = revolute_zero_offset(math.radians(0.1), [math.radians(359.9), math.radians(-0.1)])

    assert math.degrees(found.offset) == pytest.approx(0.2)
    assert math.degrees(offset_drift(as_found=math.radians(-179), previous_as_left=math.pi)) == (
        pytest.approx(1)
    )


def test_a_sliding_joint_has_a_plain_offset() -> None:
    found = prismatic_zero_offset(0.5, [0.1, 0.3])

    assert found.offset == pytest.approx(0.3)
    assert found.standard_uncertainty == pytest.approx(0.1)


def test_offsets_are_found_from_several_poses() -> None:
    truth = (0.01, -0.02, 0.03)
    measured = [planar_arm([q + d for q, d in zip(pose, truth, strict=True)]) for pose in POSES]
    solution = solve_zero_offsets(planar_arm, joint_readings=POSES, positions=measured)

    assert solution.parameters == pytest.approx(truth, abs=1e-9)
    assert solution.dof == 3 * len(POSES) - 3
    assert solution.condition < 100


def test_joints_that_move_the_point_alike_are_refused() -> None:
    def two_on_one_axis(q: Sequence[float]) -> tuple[float, float, float]:
        return planar_arm((q[0] + q[1], 0.3, 0.4))

    with pytest.raises(NotDetermined, match="condition number"):
        solve_zero_offsets(
            two_on_one_axis,
            joint_readings=[pose[:2] for pose in POSES],
            positions=[planar_arm(pose) for pose in POSES],
        )


def test_poses_and_readings_belong_together() -> None:
    with pytest.raises(ShapeMismatch):
        solve_zero_offsets(planar_arm, joint_readings=POSES, positions=[(0, 0, 0)])
    with pytest.raises(TooFewReadings):
        solve_zero_offsets(planar_arm, joint_readings=POSES[:1], positions=[(0, 0, 0)])


def test_a_tenth_of_a_degree_at_0_6_m_is_a_millimetre() -> None:
    assert tip_displacement(math.radians(-0.1), 0.6) == pytest.approx(1.05e-3, abs=5e-6)


@pytest.mark.parametrize(
    ("offset", "inside"), [(0, False), (60, True), (-160, False), (-200, True)]
)
def test_a_wrap_inside_the_travel_is_found(offset: int, *, inside: bool) -> None:
    # The raw reading jumps at 180 degrees; the knee travels from -140 to 10 degrees.
    assert (
        wrap_inside_travel(
            offset=math.radians(offset),
            wrap_reading=math.pi,
            lower=math.radians(-140),
            upper=math.radians(10),
        )
        is inside
    )


def test_a_wrap_on_the_limit_is_outside_and_limits_make_sense() -> None:
    assert not wrap_inside_travel(offset=0, wrap_reading=1, lower=1, upper=2)
    with pytest.raises(OutOfRange):
        wrap_inside_travel(offset=0, wrap_reading=1, lower=2, upper=1)


def test_backlash_is_the_distance_of_the_two_means() -> None:
    above, below = [1.2, 1.4, 1.3, 1.2, 1.4], [1.0, 1.0, 1.0, 1.0, 1.0]
    found = backlash(above, below)

    assert found.backlash == pytest.approx(0.3)
    assert found.standard_uncertainty == pytest.approx(0.1 / math.sqrt(5))
    with pytest.raises(TooFewReadings, match="at least 5"):
        backlash(above, below[:4])
    with pytest.raises(TooFewReadings, match="at least 2"):
        backlash([1.0], [1.0], needed=1)


def test_lost_motion_spans_three_percent_of_rated_torque() -> None:
    # Loop of stiffness 100 N m/rad with 0.002 rad of gap, branches 0.001 rad apart.
    def branch(shift: float) -> list[tuple[float, float]]:
        return [
            (load, load / 100 + math.copysign(0.001, load) + shift) for load in (-10, -1, 1, 10)
        ]

    found = lost_motion(branch(0.0005), branch(-0.0005), rated_torque=100)
    assert found == pytest.approx(2 * (0.03 + 0.001))
    with pytest.raises(OutOfRange, match="does not reach"):
        lost_motion(branch(0), branch(0), rated_torque=1000)


def test_an_eccentric_disc_shows_once_per_turn() -> None:
    reference = [math.radians(10 * i) for i in range(36)]
    shown = [q + 0.002 * math.cos(q) - 0.001 * math.sin(q) for q in reference]
    found = encoder_linearity(reference, shown)

    assert found.harmonic_amplitude == pytest.approx(math.hypot(0.002, 0.001))
    assert 0.001 < found.max_residual < 0.003
    assert found.gain == pytest.approx(1, abs=1e-3)


def test_a_short_arc_does_not_show_eccentricity() -> None:
    short = [0.01 * i for i in range(8)]

    with pytest.raises(NotDetermined):
        encoder_linearity(short, short)


@modest
@given(angles, st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=6), st.integers(-3, 3))
def test_whole_turns_of_the_reading_change_no_offset(
    reference: float, scatter: list[float], turns: int
) -> None:
    plain = revolute_zero_offset(reference, [reference - 0.2 + s for s in scatter])
    turned = revolute_zero_offset(
        reference, [reference - 0.2 + s + turns * 2 * math.pi for s in scatter]
    )

    assert turned.offset == pytest.approx(plain.offset, abs=1e-12)


@modest
@given(readings, readings)
def test_backlash_does_not_ask_which_side_came_first(one: list[float], other: list[float]) -> None:
    assert backlash(one, other, needed=2) == backlash(other, one, needed=2)

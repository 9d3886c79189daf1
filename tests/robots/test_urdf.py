"""Robot descriptions: what is read from them."""

import math
import os
from pathlib import Path

import pytest

from app.robots.bodyplan import JointKind, Side, SlotClass, device_of, place_of, sensor_class
from app.robots.urdf import MAX_JOINTS, SlotSpec, UrdfModel, read_urdf
from tests.robots.urdf_texts import LIMIT, joint, robot

_CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("QUATREFOIL_SHARED", _CHECKOUT.parent / "shared"))


def slot(model: UrdfModel, path: str) -> SlotSpec:
    return next(found for found in model.slots if found.path == path)


def test_an_actuated_joint_becomes_a_slot_with_limits_in_its_units() -> None:
    model = read_urdf(
        robot(
            joint("left_knee_joint", "base", "shin"),
            joint("lift", "shin", "head", kind="prismatic"),
            links="base shin head",
        ),
        name="Test 1",
    )

    knee, lift = slot(model, "left_knee.actuator"), slot(model, "lift.actuator")

    assert (model.name, model.robot_name, model.root) == ("Test 1", "test", "base")
    assert knee.slot_class is SlotClass.ACTUATOR
    assert knee.side is Side.LEFT
    assert knee.joint_name == "left_knee_joint"
    assert knee.parent_path is None
    assert knee.limits is not None
    assert lift.limits is not None
    assert (knee.limits.lower, knee.limits.upper) == (-1.0, 2.0)
    assert (knee.limits.velocity_unit, knee.limits.effort_unit) == ("rad/s", "N·m")
    assert (lift.limits.position_unit, lift.limits.effort_unit) == ("m", "N")
    assert lift.parent_path == "left_knee.actuator"


def test_a_continuous_joint_needs_no_limit_and_has_no_travel() -> None:
    free = joint("a", "base", "one", kind="continuous", inside="")
    held = joint("b", "base", "two", kind="continuous", inside=LIMIT)

    model = read_urdf(robot(free, held, links="base one two"), name="test")

    assert slot(model, "a.actuator").limits is None
    limits = slot(model, "b.actuator").limits
    assert limits is not None
    assert (limits.lower, limits.upper, limits.velocity) == (None, None, 10.0)


def test_fixed_floating_planar_and_following_joints_have_no_actuator() -> None:
    follower = LIMIT + '<mimic joint="lead"/>'
    model = read_urdf(
        robot(
            joint("lead", "base", "a"),
            joint("follow", "base", "b", inside=follower),
            joint("f", "base", "c", kind="fixed", inside=""),
            joint("g", "base", "d", kind="floating", inside=""),
            joint("h", "base", "e", kind="planar", inside=""),
            links="base a b c d e",
        ),
        name="test",
    )

    assert [found.path for found in model.slots] == ["lead.actuator"]
    assert [found.kind for found in model.joints if not found.actuated][1] is JointKind.FIXED


def test_positions_follow_the_chain_at_zero_pose() -> None:
    quarter = f"0 0 {math.pi / 2}"
    model = read_urdf(
        robot(
            joint("a", "base", "one", xyz="1 0 0", rpy=quarter),
            joint("b", "one", "two", xyz="1 0 0", rpy=f"{math.pi / 2} 0 0"),
            joint("c", "two", "three", xyz="0 0 1"),
            links="base one two three",
        ),
        name="test",
    )

    assert slot(model, "b.actuator").position_m == (1.0, 1.0, 0.0)
    # c's z axis: rolled to -y by b, turned to +x by a.
    assert slot(model, "c.actuator").position_m == (2.0, 1.0, 0.0)


def test_rotation_is_about_fixed_axes_in_the_order_roll_pitch_yaw() -> None:
    model = read_urdf(
        robot(
            joint("a", "base", "one", rpy=f"{math.pi / 2} {math.pi / 2} 0"),
            joint("b", "one", "two", xyz="0 1 0"),
            links="base one two",
        ),
        name="test",
    )

    # Roll takes y to z, then pitch takes z to x.
    assert slot(model, "b.actuator").position_m == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("imu_in_torso", SlotClass.IMU),
        ("d435_link", SlotClass.CAMERA),
        ("head_camera_link", SlotClass.CAMERA),
        ("headCamera", SlotClass.CAMERA),
        ("mid360_link", SlotClass.LIDAR),
        ("left_ankle_ft_sensor", SlotClass.FORCE_TORQUE),
        ("l_wrist_force_torque", SlotClass.FORCE_TORQUE),
        ("left_foot_pressure_link", SlotClass.FOOT_SENSOR),
        ("left_foot_link", None),
        ("left_shoulder", None),  # "left" ends in ft, and is no force-torque sensor
        ("camera_mount_link", None),
        ("logo_link", None),
    ],
)
def test_sensor_names_are_read_by_whole_words(name: str, expected: SlotClass | None) -> None:
    assert sensor_class(name) is expected


def test_place_and_device_names_drop_what_is_not_the_place() -> None:
    assert place_of("L_index_proximal_joint") == "left_index_proximal"
    assert place_of("joint") == "joint"
    assert device_of("d435_rgb_module_link") == "d435"
    assert device_of("d435_left_imager_link") == "d435"
    assert device_of("left_camera_link") == "left_camera"


def test_frames_of_one_camera_make_one_slot_and_two_cameras_two() -> None:
    model = read_urdf(
        robot(
            joint("a", "base", "d435_left_imager_link", kind="fixed"),
            joint("b", "base", "d435_rgb_module_link", kind="fixed"),
            joint("c", "base", "left_camera_link", kind="fixed"),
            joint("d", "left_camera_link", "left_camera_optical_frame", kind="fixed"),
            joint("e", "base", "right_camera_link", kind="fixed"),
            links="base d435_left_imager_link d435_rgb_module_link left_camera_link"
            " left_camera_optical_frame right_camera_link",
        ),
        name="test",
    )

    assert [(found.path, found.side) for found in model.slots] == [
        ("d435.camera", Side.CENTER),
        ("left_camera.camera", Side.LEFT),
        ("right_camera.camera", Side.RIGHT),
    ]


def test_declared_sensors_become_slots_once() -> None:
    gazebo = (
        '<gazebo reference="left_foot"><sensor name="left_sole" type="contact"/></gazebo>'
        '<gazebo reference="imu_link"><sensor name="again" type="imu"/></gazebo>'
        '<gazebo reference="hip"><sensor name="hip_load" type="force_torque"/></gazebo>'
        '<gazebo reference="base"><sensor name="bumper" type="contact"/></gazebo>'
        '<gazebo reference="base"><sensor name="gps" type="gps"/></gazebo>'
        '<sensor name="eye" type="camera"><parent link="base"/></sensor>'
    )
    model = read_urdf(
        robot(
            joint("hip", "base", "left_foot"),
            joint("imu_joint", "base", "imu_link", kind="fixed"),
            gazebo,
            links="base left_foot imu_link",
        ),
        name="test",
    )

    assert [(found.path, found.parent_path) for found in model.slots] == [
        ("hip.actuator", None),
        ("imu.imu", None),
        ("eye.camera", None),
        ("left_sole.foot_sensor", "hip.actuator"),
        ("hip_load.force_torque", "hip.actuator"),
    ]


def test_a_hand_is_a_slot_and_carries_its_fingers() -> None:
    model = read_urdf(
        robot(
            joint("left_wrist_joint", "base", "wrist"),
            joint("L_base_link_joint", "wrist", "L_hand_base_link", kind="fixed"),
            joint("L_thumb_yaw_joint", "L_hand_base_link", "t1"),
            joint("L_thumb_pitch_joint", "t1", "t2"),
            joint("right_wrist_joint", "base", "wrist2"),
            joint("R_index_joint", "wrist2", "r1"),
            joint("R_ring_joint", "wrist2", "r2"),
            links="base wrist L_hand_base_link t1 t2 wrist2 r1 r2",
        ),
        name="test",
    )

    parents = {found.path: found.parent_path for found in model.slots}

    assert parents == {
        "left_wrist.actuator": None,
        "right_wrist.actuator": None,
        "left_hand.hand": "left_wrist.actuator",
        "left_thumb_yaw.actuator": "left_hand.hand",
        "left_thumb_pitch.actuator": "left_thumb_yaw.actuator",
        "right_hand.hand": "right_wrist.actuator",
        "right_index.actuator": "right_hand.hand",
        "right_ring.actuator": "right_hand.hand",
    }
    assert slot(model, "right_ring.actuator").side is Side.RIGHT


def test_a_joint_without_a_side_in_its_name_is_sided_by_where_it_stands() -> None:
    model = read_urdf(
        robot(
            joint("j1", "base", "a", xyz="0 0.2 0"),
            joint("j2", "base", "b", xyz="0 -0.2 0"),
            joint("j3", "base", "c", xyz="0 0.01 0"),
            links="base a b c",
        ),
        name="test",
    )

    assert [found.side for found in model.slots] == [Side.LEFT, Side.RIGHT, Side.CENTER]


def test_names_that_become_the_same_path_get_numbers() -> None:
    model = read_urdf(
        robot(
            joint("knee", "base", "a"),
            joint("knee_joint", "base", "b"),
            joint("knee_2", "base", "c"),
            joint("Knee", "base", "d"),
            links="base a b c d",
        ),
        name="test",
    )

    paths = [found.path for found in model.slots]
    assert len(set(paths)) == 4
    assert paths[0] == "knee.actuator"


def test_a_chain_of_all_joints_allowed_is_read_without_recursion() -> None:
    links = " ".join(f"l{number}" for number in range(MAX_JOINTS + 1))
    chain = (joint(f"j{n}", f"l{n}", f"l{n + 1}", xyz="0 0 1") for n in range(MAX_JOINTS))

    model = read_urdf(robot(*chain, links=links), name="test")

    assert model.slots[-1].position_m == (0.0, 0.0, float(MAX_JOINTS))


def test_comments_and_foreign_elements_are_passed_over() -> None:
    data = robot(
        '<!-- <joint name="x" type="floating"/> -->',
        "<mujoco><compiler meshdir='meshes'/></mujoco>",
        joint("a", "base", "one"),
        links="base one",
    )

    assert len(read_urdf(data, name="test").joints) == 1


# Robots as their makers describe them

ACTUATORS = {
    "g1_23dof_rev_1_0": 23,
    "g1_29dof_rev_1_0": 29,
    "g1_29dof_mode_15": 29,
    "g1_29dof_rev_1_0_with_inspire_hand_DFQ": 29 + 12,
    "h1": 19,
    "h1_2": 27 + 12,
    "H2": 31,
    "R1": 26,
}


def shared_file(name: str) -> bytes:
    path = SHARED / "data" / "urdf" / f"{name}.urdf"
    if not path.exists():
        pytest.skip("the makers' robot descriptions are not beside this checkout")
    return path.read_bytes()


@pytest.mark.parametrize(("name", "actuators"), ACTUATORS.items())
def test_makers_robots_are_read(name: str, actuators: int) -> None:
    model = read_urdf(shared_file(name), name=name)

    found = [slot for slot in model.slots if slot.slot_class is SlotClass.ACTUATOR]
    assert len(found) == len(model.actuated) == actuators
    assert len({slot.path for slot in model.slots}) == len(model.slots)
    lefts = {slot.path for slot in found if slot.side is Side.LEFT}
    rights = {slot.path for slot in found if slot.side is Side.RIGHT}
    assert {path.replace("left", "right") for path in lefts} == rights


def test_the_g1_has_its_sensors_hands_and_measures() -> None:
    model = read_urdf(shared_file("g1_29dof_rev_1_0"), name="G1")

    others = {slot.path for slot in model.slots if slot.slot_class is not SlotClass.ACTUATOR}
    assert others == {
        "imu_in_torso.imu",
        "imu_in_pelvis.imu",
        "d435.camera",
        "mid360.lidar",
        "left_hand.hand",
        "right_hand.hand",
    }
    knee = slot(model, "left_knee.actuator")
    assert knee.parent_path == "left_hip_yaw.actuator"
    assert knee.limits is not None
    assert knee.limits.effort == 139.0
    assert knee.position_m[2] == pytest.approx(-0.439, abs=0.001)


def test_a_folder_of_makers_files_holds_none_that_is_not_read() -> None:
    folder = SHARED / "data" / "urdf"
    if not folder.is_dir():
        pytest.skip("the makers' robot descriptions are not beside this checkout")

    read = [read_urdf(path.read_bytes(), name=path.stem) for path in folder.glob("*.urdf")]

    assert len(read) == len(ACTUATORS)

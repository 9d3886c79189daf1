"""Files of other programs: what they say, as written, with the line that it stands on."""

from pathlib import Path

import pytest
from lxml import etree

from app.calibration.readers import camera_info, kalibr, lerobot, offsets, tracker, urdf, yarp
from app.calibration.readers.findings import BadFile, Content, Declared
from app.calibration.readers.tracker import PointLayout
from app.kernel.errors import Refused
from tests.calibration.readers.files import needs_files, real

CAMERA = """image_width: 640
image_height: 480
camera_name: head_camera
camera_matrix:
  rows: 3
  cols: 3
  data: [525.0, 0, 320.50, 0, 525.0, 240, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.10, -0.2, 0, 0, 0]
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]}
"""
CHAIN = """cam0:
  camera_model: pinhole
  intrinsics: [461.62, 460.15, 362.68, 246.04]
  distortion_model: radtan
  distortion_coeffs: [-0.27, 0.06, 0.0, 0.0]
  T_cam_imu:
  - [0.0, -1.0, 0.0, 0.1]
  - [1.0, 0.0, 0.0, 0.2]
  - [0.0, 0.0, 1.0, 0.3]
  - [0.0, 0.0, 0.0, 1.0]
  timeshift_cam_imu: -8.1e-05
  rostopic: /cam0/image_raw
  resolution: [752, 480]
"""
NOISE = """accelerometer_noise_density: 0.006
accelerometer_random_walk: 0.0002
gyroscope_noise_density: 0.0004
gyroscope_random_walk: 4.0e-06
rostopic: /imu
update_rate: 200.0
"""


def value(content: Content, target: str, parameter: str) -> tuple[str, str, int | None]:
    """Writing, unit and line of the one finding of this name."""
    (found,) = (
        each for each in content.findings if (each.target, each.parameter) == (target, parameter)
    )
    return found.value, found.unit, found.line


def said(content: Content) -> list[tuple[int | None, str]]:
    return [(problem.line, str(problem.text)) for problem in content.problems]


@needs_files
@pytest.mark.parametrize(
    "file", real("calibrators", "*/*.xml"), ids=lambda file: "/".join(file.parts[-2:])
)
def test_every_calibrator_of_a_real_robot_gives_each_number_of_each_joint(file: Path) -> None:
    data = file.read_bytes()

    content = yarp.read_calibrator(data)

    parser = etree.XMLParser(remove_comments=True, load_dtd=False, no_network=True)
    arrays = [
        param.text.split()
        for group in etree.fromstring(data, parser).iter("group")
        for param in group.iterchildren("param")
        if group.get("name") in {"HOME", "CALIBRATION"} or group.get("name").startswith("SEQ")
    ]
    written = sorted(number for array in arrays for number in array)
    found = sorted(each.value for each in content.findings if each.target.startswith("joint:"))
    assert not content.problems
    assert found == written


@needs_files
def test_a_calibrator_keeps_the_zero_of_a_joint_as_written_with_its_line() -> None:
    (file,) = real("calibrators", "ergoCubSN001/left_leg-calib.xml")

    content = yarp.read_calibrator(file.read_bytes())

    assert value(content, "joint:left_leg/1", "calibrationZero")[:2] == ("111.177", "deg")
    assert value(content, "joint:left_leg/1", "startupMaxPwm")[:2] == ("8000", "")


@needs_files
def test_declared_names_stand_for_the_joints_of_a_calibrator() -> None:
    (file,) = real("calibrators", "ergoCubSN001/torso-calib.xml")

    content = yarp.read_calibrator(
        file.read_bytes(), Declared(joints=("torso_roll", "torso_pitch", "torso_yaw"))
    )

    assert value(content, "joint:torso_pitch", "calibrationType")[0]
    with pytest.raises(BadFile, match="2 joints are named"):
        yarp.read_calibrator(file.read_bytes(), Declared(joints=("one", "two")))


def test_a_calibrator_with_too_few_values_names_the_line() -> None:
    content = yarp.read_calibrator(
        b"""<device name="arm-calibrator" type="x">
<group name="GENERAL"><param name="joints"> 2 </param></group>
<group name="CALIBRATION">
<param name="calibrationType"> 12 12 </param>
<param name="calibrationZero"> 1.0 </param>
<param name="calibrationDelta"> nan 0 </param>
</group></device>"""
    )

    assert said(content) == [
        (5, "calibrationZero has 1 values for 2 joints."),
        (6, "calibrationDelta of joint:arm/0: “nan” is not a finite number."),
    ]


@needs_files
@pytest.mark.parametrize("file", real("urdf", "*.urdf"), ids=lambda file: file.name)
def test_every_description_gives_the_limits_of_its_joints(file: Path) -> None:
    data = file.read_bytes()

    content = urdf.read_description(data)

    moving = etree.fromstring(data).xpath("count(/robot/joint[limit][@type!='fixed'])")
    uppers = [each for each in content.findings if each.parameter == "limit.upper"]
    assert not content.problems
    assert len(uppers) == moving > 0


def test_rising_of_a_description_is_an_offset_of_its_joint() -> None:
    content = urdf.read_description(
        b"""<robot name="r"><link name="a"/><link name="b"/>
<joint name="knee" type="revolute"><parent link="a"/><child link="b"/>
<limit lower="-0.10" upper="2.0" effort="10" velocity="3"/>
<calibration rising="0.0123" falling="-0.5"/></joint></robot>"""
    )

    assert value(content, "joint:knee", "calibration.rising") == ("0.0123", "rad", 4)
    assert value(content, "joint:knee", "limit.lower") == ("-0.10", "rad", 3)
    assert "added to the device" in str(content.notes[0].text)


def test_a_camera_is_kept_as_written() -> None:
    content = camera_info.read_camera(CAMERA.encode())

    assert value(content, "frame:head_camera", "image_width") == ("640", "px", 1)
    assert value(content, "frame:head_camera", "camera_matrix")[0].startswith("[525.0, 0, 320.50")
    assert not content.problems


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("cols: 5\n  data: [0.10, ", "cols: 4\n  data: [", 12),
        ("data: [525.0", "data: [.nan", 7),
        ("image_height: 480", "image_height: 0", 2),
        ("320.50, ", "", 7),
    ],
)
def test_a_camera_that_cannot_be_names_the_line(old: str, new: str, line: int) -> None:
    content = camera_info.read_camera(CAMERA.replace(old, new).encode())

    assert line in {problem.line for problem in content.problems}


def test_a_chain_of_cameras_is_kept_as_written() -> None:
    content = kalibr.read_chain(CHAIN.encode())

    assert value(content, "frame:cam0", "timeshift_cam_imu") == ("-8.1e-05", "s", 11)
    assert value(content, "frame:cam0", "T_cam_imu")[0].startswith("[[0.0, -1.0, 0.0, 0.1]")
    assert not content.problems


def test_the_inverse_transform_is_never_taken_for_the_other() -> None:
    content = kalibr.read_chain(CHAIN.replace("T_cam_imu", "T_imu_cam").encode())

    assert value(content, "frame:cam0", "T_imu_cam")
    assert "T_cam_imu" not in {each.parameter for each in content.findings}
    assert "inverse" in str(content.notes[0].text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[0.0, 0.0, 0.0, 1.0]", "[0.0, 0.0, 0.0, 2.0]"),
        ("[0.0, 0.0, 1.0, 0.3]", "[0.0, 0.0, -1.0, 0.3]"),  # a mirror
        ("[1.0, 0.0, 0.0, 0.2]", "[1.5, 0.0, 0.0, 0.2]"),
    ],
)
def test_what_is_no_rigid_motion_is_refused(old: str, new: str) -> None:
    (problem,) = kalibr.read_chain(CHAIN.replace(old, new).encode()).problems

    assert problem.line == 7
    assert "no rigid motion" in str(problem.text)


def test_the_noise_of_an_imu_has_its_units() -> None:
    content = kalibr.read_imu(NOISE.encode(), Declared(target="frame:imu_in_torso"))

    assert value(content, "frame:imu_in_torso", "gyroscope_random_walk") == (
        "4.0e-06",
        "rad/s²/√Hz",
        4,
    )


def test_an_imu_without_noise_is_told() -> None:
    content = kalibr.read_imu(NOISE.replace("0.0004", "0").encode())

    assert said(content) == [(3, "gyroscope_noise_density must be above zero.")]


def test_solved_offsets_go_to_joints_and_frames() -> None:
    content = offsets.read_offsets(
        b"head_pan_joint: 0.0123\ncamera_x: -0.004\ncamera_a: 0.01\nbelt_x: 0.5\nurdf: a.urdf\n",
        Declared(known_joints=frozenset({"belt_x"})),
    )

    assert value(content, "joint:head_pan_joint", "offset") == ("0.0123", "rad", 1)
    assert value(content, "frame:camera", "offset.x") == ("-0.004", "m", 2)
    assert value(content, "frame:camera", "offset.a") == ("0.01", "rad", 3)
    assert value(content, "joint:belt_x", "offset") == ("0.5", "rad", 4)


def motor(low: int, high: int, *, offset: int = 0, name: str = "elbow") -> bytes:
    return (
        f'{{"{name}": {{"id": 3, "drive_mode": 0, "homing_offset": {offset},'
        f' "range_min": {low}, "range_max": {high}}}}}'
    ).encode()


def test_a_motor_is_kept_as_written() -> None:
    content = lerobot.read_motors(motor(700, 3300, offset=-1200))

    assert value(content, "joint:elbow", "homing_offset") == ("-1200", "count", 1)
    assert not content.problems


@pytest.mark.parametrize(
    ("low", "high", "offset", "sentence"),
    [
        (3700, 300, 0, "wrap lies inside"),
        (-40, 3000, 0, "does not lie within 0 to 4095"),
        (1200, 5000, 1100, "was the homing offset 1100 left in it"),
        (700, 3300, 2500, "more than half a turn"),
    ],
)
def test_a_motor_whose_wrap_lies_in_its_travel_is_refused(
    low: int, high: int, offset: int, sentence: str
) -> None:
    content = lerobot.read_motors(motor(low, high, offset=offset))

    assert sentence in said(content)[0][1]


def test_the_robots_own_limits_must_not_reach_the_wrap() -> None:
    # middle of 100 to 1500 is 800 counts: the wrap is 1.227 rad below it
    inside = Declared(travel={"elbow": (-1.2, 1.2)})
    beyond = Declared(travel={"elbow": (-1.3, 1.2)})

    assert not lerobot.read_motors(motor(100, 1500), inside).problems
    assert "inside the robot's limits" in said(lerobot.read_motors(motor(100, 1500), beyond))[0][1]


def test_points_of_a_tracker_have_names_unit_and_details() -> None:
    content = tracker.read_points(
        b"// Frame: WORLD\nA::Main, P1, 1.5, -2.0, 3.25, 0.01\nA::Main, 7, 1, 2, 3\n",
        PointLayout(names=2, unit="mm", decimal="."),
    )

    assert value(content, "frame:A::Main::P1", "z") == ("3.25", "mm", 2)
    assert value(content, "frame:A::Main::P1", "details")[0] == "0.01"
    assert value(content, "frame:A::Main::7", "x") == ("1", "mm", 3)
    assert value(content, "robot", "remark.1")[0] == "Frame: WORLD"


def test_a_tracker_with_a_decimal_comma_is_read_as_declared() -> None:
    data = b"P1 1,5 -2,0 3,25\n"

    content = tracker.read_points(data, PointLayout(names=1, unit="m", decimal=","))
    other = tracker.read_points(b"P1 1.5 2 3\n", PointLayout(names=1, unit="m", decimal=","))

    assert value(content, "frame:P1", "z") == ("3,25", "m", 1)
    assert "decimal mark was said to be a comma" in said(other)[0][1]
    with pytest.raises(Refused, match="which unit"):
        PointLayout(names=1, unit="", decimal=",")

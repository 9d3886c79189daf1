"""What a robot's body is made of, and what the words in its joint and link names mean.

Right-handed frames after ROS REP-103: x forward, y to the robot's left, z up; metres and radians.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Vector = tuple[float, float, float]


class SlotClass(StrEnum):
    """What kind of component sits in a slot; calibration and warranty rules ask for it."""

    ACTUATOR = "actuator"
    IMU = "imu"
    CAMERA = "camera"
    LIDAR = "lidar"
    FORCE_TORQUE = "force_torque"
    FOOT_SENSOR = "foot_sensor"
    HAND = "hand"
    # What no description file names, and people add:
    BATTERY = "battery"
    BOARD = "board"
    CABLE_SET = "cable_set"
    TENDON = "tendon"
    SHELL = "shell"
    OTHER = "other"


class Side(StrEnum):
    """As the robot itself would say it: its left is at the right of a front view."""

    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"


class JointKind(StrEnum):
    """The joint types of the URDF specification."""

    REVOLUTE = "revolute"
    CONTINUOUS = "continuous"
    PRISMATIC = "prismatic"
    FIXED = "fixed"
    FLOATING = "floating"
    PLANAR = "planar"


ACTUATED = frozenset({JointKind.REVOLUTE, JointKind.CONTINUOUS, JointKind.PRISMATIC})


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a frame stands in its parent: metres; roll, pitch, yaw about fixed axes in radians."""

    xyz_m: Vector = (0.0, 0.0, 0.0)
    rpy_rad: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class JointLimits:
    """Travel, speed and load of a joint: rad, rad/s, N·m if it turns; m, m/s, N if it slides.

    A continuous joint has no `lower` and `upper`, and may leave speed and load unsaid.
    """

    lower: float | None
    upper: float | None
    velocity: float | None
    effort: float | None
    position_unit: str
    velocity_unit: str
    effort_unit: str


@dataclass(frozen=True, slots=True)
class Joint:
    name: str
    kind: JointKind
    parent: str
    child: str
    pose: Pose
    axis: Vector
    limits: JointLimits | None
    mimics: str | None
    line: int

    @property
    def actuated(self) -> bool:
        """Driven by a motor of its own: it moves, and not as the follower of another joint."""
        return self.kind in ACTUATED and self.mimics is None


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class SensorHint:
    """A `<sensor>` that the file declares beside its frames; `at` names a link or a joint."""

    name: str
    slot_class: SlotClass
    at: str
    line: int


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """A named position in the body that a component can occupy."""

    path: str
    slot_class: SlotClass
    side: Side
    joint_name: str | None
    link_name: str
    parent_path: str | None
    limits: JointLimits | None
    position_m: Vector


@dataclass(frozen=True, slots=True)
class UrdfModel:
    """A robot's description, checked: one tree of links, parents before children."""

    name: str
    robot_name: str
    root: str
    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    slots: tuple[SlotSpec, ...]
    children: Mapping[str, tuple[Joint, ...]]

    @property
    def actuated(self) -> tuple[Joint, ...]:
        return tuple(joint for joint in self.joints if joint.actuated)


_WORD_BREAK = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_SIDES = {"left": Side.LEFT, "l": Side.LEFT, "right": Side.RIGHT, "r": Side.RIGHT}
_SIDE_LETTERS = {"l": "left", "r": "right"}
_FRAME_ENDINGS = frozenset({"joint", "link", "frame"})

# Words that name a sensor. Product names stand for their kind: D4xx and ZED are depth cameras,
# MID-360 is Livox's lidar. The first row that matches counts.
_SENSOR_WORDS: tuple[tuple[SlotClass, frozenset[str]], ...] = (
    (SlotClass.IMU, frozenset({"imu", "gyro", "ahrs", "accelerometer"})),
    (
        SlotClass.CAMERA,
        frozenset(
            {"camera", "cam", "webcam", "imager", "rgbd", "realsense", "zed", "zed2", "zed2i"}
            | {"d405", "d415", "d435", "d435i", "d455", "d457"}
        ),
    ),
    (SlotClass.LIDAR, frozenset({"lidar", "laser", "mid360", "livox", "velodyne", "hokuyo"})),
    (SlotClass.FORCE_TORQUE, frozenset({"ft", "fts", "wrench", "loadcell"})),
)
_FOOT_WORDS = frozenset({"foot", "sole", "toe", "heel"})
_FEELING_WORDS = frozenset({"sensor", "pressure", "force", "contact", "touch"})
# A bracket for a camera is not a camera.
_CARRIERS = frozenset({"mount", "bracket", "holder", "cover", "base", "adapter"})
# One device often publishes several frames: these words tell the frames apart, not the devices.
_FRAME_OF_DEVICE = frozenset(
    {"optical", "imager", "rgb", "color", "colour", "depth", "infra", "infra1", "infra2", "ir"}
    | {"module", "points", "aligned"}
)
_IMAGER_SIDES = frozenset({"left", "right"})
_HAND_WORDS = frozenset({"hand", "gripper", "palm"})
_FINGER_WORDS = frozenset(
    {"thumb", "index", "middle", "ring", "pinky", "little", "finger", "knuckle"}
)
# Sensor types of SDFormat and of the URDF sensor proposal.
_DECLARED_SENSORS: Mapping[str, SlotClass] = {
    "imu": SlotClass.IMU,
    "camera": SlotClass.CAMERA,
    "depth": SlotClass.CAMERA,
    "depth_camera": SlotClass.CAMERA,
    "rgbd_camera": SlotClass.CAMERA,
    "multicamera": SlotClass.CAMERA,
    "wideanglecamera": SlotClass.CAMERA,
    "ray": SlotClass.LIDAR,
    "gpu_ray": SlotClass.LIDAR,
    "lidar": SlotClass.LIDAR,
    "gpu_lidar": SlotClass.LIDAR,
    "force_torque": SlotClass.FORCE_TORQUE,
    "contact": SlotClass.FOOT_SENSOR,
}


def words(name: str) -> tuple[str, ...]:
    """The words of a joint or link name: `L_index_proximalJoint` → l, index, proximal, joint."""
    apart = _CAMEL.sub("_", unicodedata.normalize("NFKC", name))
    return tuple(word for word in _WORD_BREAK.split(apart.lower()) if word)


def place_of(name: str) -> str:
    """The bare place in a name: `left_knee_joint` → `left_knee`, `L_ring_joint` → `left_ring`."""
    said = list(words(name))
    while len(said) > 1 and said[-1] in _FRAME_ENDINGS:
        said.pop()
    if said and said[0] in _SIDE_LETTERS:
        said[0] = _SIDE_LETTERS[said[0]]
    return "_".join(said) or "unnamed"


def side_in(name: str) -> Side | None:
    """The side that a name says, by its words `left`, `right`, `l`, `r`; the first one counts."""
    return next((_SIDES[word] for word in words(name) if word in _SIDES), None)


def sensor_class(name: str) -> SlotClass | None:
    """Which sensor a frame's name says it is, after the tables of this module; None if none."""
    said = frozenset(words(name))
    if said & _CARRIERS:
        return None
    for slot_class, names in _SENSOR_WORDS:
        if said & names:
            return slot_class
    if {"force", "torque"} <= said:
        return SlotClass.FORCE_TORQUE
    if said & _FOOT_WORDS and said & _FEELING_WORDS:
        return SlotClass.FOOT_SENSOR
    return None


def device_of(name: str) -> str:
    """The device that a sensor frame belongs to: `d435_rgb_module_link` → `d435`."""
    said = place_of(name).split("_")
    kept = [word for word in said if word not in _FRAME_OF_DEVICE]
    if len(kept) < len(said) and len(kept) > 1 and kept[-1] in _IMAGER_SIDES:
        kept.pop()
    return "_".join(kept) or "_".join(said)


def declared_sensor(kind: str) -> SlotClass | None:
    """The class for the `type` of a `<sensor>`; None for kinds that no slot is made for."""
    return _DECLARED_SENSORS.get(kind.strip().lower())


def feels_ground(name: str) -> bool:
    return bool(_FOOT_WORDS & frozenset(words(name)))


def is_hand(names: Iterable[str]) -> bool:
    """Whether a link, by its own or its joint's name, is a whole hand, not one of its fingers."""
    said = frozenset(word for name in names for word in words(name))
    return bool(said & _HAND_WORDS) and not said & _FINGER_WORDS


def is_finger(name: str) -> bool:
    return bool(_FINGER_WORDS & frozenset(words(name)))

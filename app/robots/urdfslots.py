"""From a checked tree of joints to slots: where each stands at zero pose, and what it carries."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.robots.bodyplan import (
    Joint,
    JointKind,
    Pose,
    SensorHint,
    Side,
    SlotClass,
    SlotSpec,
    Vector,
    device_of,
    is_finger,
    is_hand,
    place_of,
    sensor_class,
    side_in,
)

Matrix = tuple[Vector, Vector, Vector]
_Sensor = tuple[SlotClass, str]  # its class and the name of its device

_UPRIGHT: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# A part without a side in its name counts as sided when it stands this far from the middle plane.
_OFF_CENTER_M = 0.05


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame in the root link's coordinates: rotation matrix by rows, origin in metres."""

    turn: Matrix
    xyz_m: Vector


def rotation(rpy_rad: Vector) -> Matrix:
    """Fixed-axis roll, pitch, yaw: R = Rz(yaw) · Ry(pitch) · Rx(roll), as URDF defines it."""
    (cr, cp, cy) = (math.cos(angle) for angle in rpy_rad)
    (sr, sp, sy) = (math.sin(angle) for angle in rpy_rad)
    return (
        (cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
        (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
        (-sp, cp * sr, cp * cr),
    )


def zero_pose(root: str, joints: Iterable[Joint]) -> dict[str, Frame]:
    """The frame of every link when all joints stand at zero; `joints` come parents first."""
    frames = {root: Frame(_UPRIGHT, (0.0, 0.0, 0.0))}
    for joint in joints:
        frames[joint.child] = _placed(frames[joint.parent], joint.pose)
    return frames


def _placed(parent: Frame, pose: Pose) -> Frame:
    x, y, z = (_dot(row, pose.xyz_m) for row in parent.turn)
    px, py, pz = parent.xyz_m
    turn = rotation(pose.rpy_rad)
    columns = tuple(zip(*turn, strict=True))
    rows = [
        (_dot(row, columns[0]), _dot(row, columns[1]), _dot(row, columns[2])) for row in parent.turn
    ]
    return Frame((rows[0], rows[1], rows[2]), (px + x, py + y, pz + z))


def _dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


@dataclass(slots=True)
class _Body:
    """Slots found so far, and for each link the slot, hand and sensors that carry it."""

    frames: Mapping[str, Frame]
    slots: list[SlotSpec] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)
    carrier: dict[str, str | None] = field(default_factory=dict)
    hand_of: dict[str, str | None] = field(default_factory=dict)
    in_hand: set[str] = field(default_factory=set)
    sensors_above: dict[str, tuple[_Sensor, ...]] = field(default_factory=dict)
    sensors_beside: dict[str, set[_Sensor]] = field(default_factory=dict)

    def add(
        self, place: str, slot_class: SlotClass, *, on: str, under: str | None, joint: Joint | None
    ) -> SlotSpec:
        """Make a slot on link `on`; `under` is its parent slot. A taken path gets a number."""
        x, y, z = (round(metres, 6) + 0.0 for metres in self.frames[on].xyz_m)
        slot = SlotSpec(
            path=self._free_path(place, slot_class),
            slot_class=slot_class,
            side=_side(place, y),
            joint_name=joint.name if joint else None,
            link_name=on,
            parent_path=under,
            limits=joint.limits if joint and joint.actuated else None,
            position_m=(x, y, z),
        )
        self.slots.append(slot)
        return slot

    def _free_path(self, place: str, slot_class: SlotClass) -> str:
        path = f"{place}.{slot_class}"
        while self.used[path]:
            self.used[path] += 1
            path = f"{place}_{self.used[path]}.{slot_class}"
        self.used[path] = 1
        return path


def _side(place: str, y_m: float) -> Side:
    said = side_in(place)
    if said is not None:
        return said
    if abs(y_m) < _OFF_CENTER_M:
        return Side.CENTER
    return Side.LEFT if y_m > 0 else Side.RIGHT


def slots_of(
    root: str, joints: Sequence[Joint], hints: Sequence[SensorHint]
) -> tuple[SlotSpec, ...]:
    """One slot per actuated joint, per hand and per sensor, parents before children.

    Several frames of one sensor (a depth camera's imagers, optical frames) make one slot.
    `joints` come parents first; `hints` name links or joints that exist.
    """
    body = _Body(zero_pose(root, joints))
    body.carrier[root] = body.hand_of[root] = None
    body.sensors_above[root] = ()
    for joint in joints:
        _visit(body, joint)
    child_of = {joint.name: joint.child for joint in joints}
    for hint in hints:
        _declare(body, hint, child_of.get(hint.at, hint.at))
    return tuple(body.slots)


def _visit(body: _Body, joint: Joint) -> None:
    parent, child = joint.parent, joint.child
    body.carrier[child] = body.carrier[parent]
    body.hand_of[child] = body.hand_of[parent]
    body.sensors_above[child] = body.sensors_above[parent] if joint.kind is JointKind.FIXED else ()
    if joint.actuated:
        _fit_actuator(body, joint)
    elif joint.kind is JointKind.FIXED:
        _fit_fixed(body, joint)


def _fit_actuator(body: _Body, joint: Joint) -> None:
    side, under = side_in(joint.name), body.carrier[joint.parent]
    if is_finger(joint.name) and side is not None:
        if body.hand_of[joint.parent] is None:
            # The palm is part of the wrist's link: the fingers show that a hand is there.
            _fit_hand(body, joint.parent, side, joint=None)
            body.hand_of[joint.child] = body.hand_of[joint.parent]
        under = under if under in body.in_hand else body.hand_of[joint.parent]
    slot = body.add(
        place_of(joint.name), SlotClass.ACTUATOR, on=joint.child, under=under, joint=joint
    )
    body.carrier[joint.child] = slot.path
    if under in body.in_hand:
        body.in_hand.add(slot.path)


def _fit_fixed(body: _Body, joint: Joint) -> None:
    for name in (joint.child, joint.name):
        slot_class = sensor_class(name)
        if slot_class is not None:
            _fit_sensor(body, joint, (slot_class, device_of(name)))
            return
    if is_hand((joint.child, joint.name)) and body.hand_of[joint.parent] is None:
        side = side_in(joint.child) or side_in(joint.name)
        _fit_hand(body, joint.child, side, joint=joint)
        body.carrier[joint.child] = body.hand_of[joint.child]


def _fit_hand(body: _Body, link: str, side: Side | None, *, joint: Joint | None) -> None:
    place = f"{side}_hand" if side else "hand"
    slot = body.add(place, SlotClass.HAND, on=link, under=body.carrier[link], joint=joint)
    body.hand_of[link] = slot.path
    body.in_hand.add(slot.path)


def _fit_sensor(body: _Body, joint: Joint, sensor: _Sensor) -> None:
    """A slot for a sensor's frame, unless a frame of the same device above or beside has one."""
    above = body.sensors_above[joint.parent]
    beside = body.sensors_beside.setdefault(joint.parent, set())
    if sensor in beside or any(_same_device(sensor, other) for other in above):
        return
    beside.add(sensor)
    body.sensors_above[joint.child] = (*above, sensor)
    slot_class, device = sensor
    body.add(device, slot_class, on=joint.child, under=body.carrier[joint.parent], joint=joint)


def _same_device(frame: _Sensor, device: _Sensor) -> bool:
    """`camera_bottom_screw` is a frame of the device `camera`."""
    return frame[0] is device[0] and f"{frame[1]}_".startswith(f"{device[1]}_")


def _declare(body: _Body, hint: SensorHint, link: str) -> None:
    """A slot for a declared sensor, unless its link is in, or carries, a sensor of that class."""
    beside = body.sensors_beside.setdefault(link, set())
    if any(known is hint.slot_class for known, _ in (*body.sensors_above[link], *beside)):
        return
    device = place_of(hint.name)
    beside.add((hint.slot_class, device))
    body.add(device, hint.slot_class, on=link, under=body.carrier[link], joint=None)

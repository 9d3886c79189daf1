"""Reading a robot's description (URDF): a checked tree of links and joints, and the slots in it.

The file comes from outside and is not trusted: no document type, no entities, no network, a cap on
size and markup, no recursion over the robot's depth. What is wrong is refused with its line.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from lxml import etree

from app.kernel import xmlreading
from app.kernel.text import msg
from app.kernel.xmlreading import NotXml
from app.robots.bodyplan import (
    Joint,
    Link,
    SensorHint,
    SlotClass,
    SlotSpec,
    UrdfModel,
    declared_sensor,
    feels_ground,
)
from app.robots.urdfjoints import UrdfError, read_joint, read_name
from app.robots.urdfslots import slots_of

__all__ = ["MAX_BYTES", "MAX_JOINTS", "SlotSpec", "UrdfError", "UrdfModel", "read_urdf"]

MAX_BYTES = 20_000_000
MAX_JOINTS = 2_000
# Elements and attributes together; real files have about 60 per joint.
MAX_MARKUP = 1_000_000

_XACRO = "xacro"
_NO_DOCTYPE = msg("A robot description with a document type or entities is not accepted.")

T = TypeVar("T", Joint, Link)


def read_urdf(data: bytes, *, name: str) -> UrdfModel:
    """The robot described by a URDF file, as a model called `name`.

    Positions are metres in the root link's frame at zero pose. Raises UrdfError with the line.
    """
    robot = _parse(data)
    links = _unique([_link(element) for element in robot.iterchildren("link")])
    if not links:
        raise UrdfError(msg("The file describes no link of a robot."), robot.sourceline)
    elements = list(robot.iterchildren("joint"))
    if len(elements) > MAX_JOINTS:
        raise UrdfError(
            msg(
                "The file has {count} joints; more than {most} are not accepted.",
                count=len(elements),
                most=MAX_JOINTS,
            ),
            elements[MAX_JOINTS].sourceline,
        )
    joints = _unique([read_joint(element) for element in elements])
    _check_followers(joints)
    root, ordered = _tree(links, joints)
    hints = _sensor_hints(robot, links, joints)
    return UrdfModel(
        name=name,
        robot_name=robot.get("name", "").strip(),
        root=root,
        links=tuple(links.values()),
        joints=tuple(ordered),
        slots=slots_of(root, ordered, hints),
        children=_children(ordered),
    )


def _parse(data: bytes) -> etree._Element:
    try:
        _check_bytes(data)
        robot = xmlreading.parse(data)
    except NotXml as bad:
        raise UrdfError(bad.message, bad.line) from bad
    if robot.getroottree().docinfo.doctype:
        raise UrdfError(_NO_DOCTYPE)
    if robot.tag != "robot":
        raise UrdfError(
            msg("The file holds <{tag}>, not a <robot>.", tag=str(robot.tag)), robot.sourceline
        )
    _refuse_macros(robot)
    return robot


def _check_bytes(data: bytes) -> None:
    """Refuse what the XML parser should not even see."""
    if len(data) > MAX_BYTES:
        raise UrdfError(msg("The file is larger than {most} MB.", most=MAX_BYTES // 1_000_000))
    if not data.strip():
        raise UrdfError(msg("The file is empty."))
    xmlreading.require_plain(data)
    for mark in (b"<!DOCTYPE", b"<!ENTITY"):
        if (at := data.find(mark)) >= 0:
            raise UrdfError(_NO_DOCTYPE, xmlreading.line_of(data, at))
    if xmlreading.has_more_markup_than(MAX_MARKUP, data):
        raise UrdfError(msg("The file has more elements than a robot description can need."))


def _refuse_macros(robot: etree._Element) -> None:
    for element in robot.iterchildren(etree.Element):
        if _XACRO in str(element.tag):
            raise UrdfError(
                msg("This is a xacro template; expand it to plain URDF first."), element.sourceline
            )


def _link(element: etree._Element) -> Link:
    return Link(read_name(element), element.sourceline or 0)


def _unique(items: Sequence[T]) -> dict[str, T]:
    known: dict[str, T] = {}
    for item in items:
        if item.name in known:
            raise UrdfError(
                msg(
                    "The name {name} is used twice, first on line {first}.",
                    name=item.name,
                    first=known[item.name].line,
                ),
                item.line,
            )
        known[item.name] = item
    return known


def _check_followers(joints: Mapping[str, Joint]) -> None:
    """A mimic joint follows another joint of the file, in the end one that moves by itself."""
    for joint in joints.values():
        seen, leader = {joint.name}, joint.mimics
        while leader is not None:
            if leader not in joints or leader in seen:
                raise UrdfError(
                    msg(
                        "Joint {joint} mimics {leader}, which is not a joint it can follow.",
                        joint=joint.name,
                        leader=leader,
                    ),
                    joint.line,
                )
            seen.add(leader)
            leader = joints[leader].mimics


def _tree(links: Mapping[str, Link], joints: Mapping[str, Joint]) -> tuple[str, list[Joint]]:
    """The root link, and the joints with parents before children; refuse what is not one tree."""
    carried_by: dict[str, Joint] = {}
    for joint in joints.values():
        for link in (joint.parent, joint.child):
            if link not in links:
                raise UrdfError(
                    msg(
                        "Joint {joint} names the unknown link {link}.", joint=joint.name, link=link
                    ),
                    joint.line,
                )
        if joint.child in carried_by:
            raise UrdfError(
                msg(
                    "Link {link} has two parents: joints {first} and {second}.",
                    link=joint.child,
                    first=carried_by[joint.child].name,
                    second=joint.name,
                ),
                joint.line,
            )
        carried_by[joint.child] = joint
    root = _root([link for link in links.values() if link.name not in carried_by], carried_by)
    return root, _in_order(root, joints.values(), carried_by)


def _root(roots: Sequence[Link], carried_by: Mapping[str, Joint]) -> str:
    if not roots:
        raise _loop(carried_by.values())
    if len(roots) > 1:
        raise UrdfError(
            msg(
                "The robot has two roots, links {first} and {second}; one joint is missing.",
                first=roots[0].name,
                second=roots[1].name,
            ),
            roots[1].line,
        )
    return roots[0].name


def _in_order(root: str, joints: Iterable[Joint], carried_by: Mapping[str, Joint]) -> list[Joint]:
    children = _children(joints)
    ordered: list[Joint] = []
    waiting = deque([root])
    while waiting:
        for joint in children.get(waiting.popleft(), ()):
            ordered.append(joint)
            waiting.append(joint.child)
    if len(ordered) < len(carried_by):
        reached = {joint.child for joint in ordered}
        raise _loop(joint for joint in carried_by.values() if joint.child not in reached)
    return ordered


def _loop(unreached: Iterable[Joint]) -> UrdfError:
    """Every unreached link has a parent, so walking up from any of them ends in the loop."""
    by_child = {joint.child: joint for joint in unreached}
    link = next(iter(by_child))
    for _ in by_child:
        link = by_child[link].parent
    joint = by_child[link]
    return UrdfError(
        msg("The links form a loop through joint {joint}.", joint=joint.name), joint.line
    )


def _children(joints: Iterable[Joint]) -> dict[str, tuple[Joint, ...]]:
    below: dict[str, list[Joint]] = {}
    for joint in joints:
        below.setdefault(joint.parent, []).append(joint)
    return {link: tuple(found) for link, found in below.items()}


def _sensor_hints(
    robot: etree._Element, links: Mapping[str, Link], joints: Mapping[str, Joint]
) -> list[SensorHint]:
    """Sensors declared by `<sensor><parent link>` or inside `<gazebo reference>`."""
    declared = [
        (sensor, parent, parent.get("link"))
        for sensor in robot.iterchildren("sensor")
        for parent in sensor.iterchildren("parent")
    ]
    declared += [
        (sensor, gazebo, gazebo.get("reference"))
        for gazebo in robot.iterchildren("gazebo")
        for sensor in gazebo.iterchildren("sensor")
    ]
    hints = []
    for sensor, holder, said in declared:
        at = (said or "").strip()
        if at not in links and at not in joints:
            raise UrdfError(
                msg("A sensor is placed on “{place}”, which the file does not have.", place=at),
                holder.sourceline,
            )
        slot_class = declared_sensor(sensor.get("type", ""))
        if slot_class is SlotClass.FOOT_SENSOR and not feels_ground(at):
            continue  # a contact sensor elsewhere is an aid of simulation
        if slot_class is not None:
            hints.append(SensorHint(read_name(sensor), slot_class, at, sensor.sourceline or 0))
    return hints

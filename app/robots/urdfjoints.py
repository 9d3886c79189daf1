"""Reading the elements of a robot description: joints with their poses, axes and limits."""

import math
import re

from lxml import etree

from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.robots.bodyplan import ACTUATED, Joint, JointKind, JointLimits, Pose, Vector

MAX_NAME = 100

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Farther, faster and stronger than anything that walks: keeps sums of 2,000 origins finite.
_LARGEST = 1e9


class UrdfError(Refused):
    """The file is no robot description that can be trusted; `line` is where, if it is known."""

    code = "urdf"

    def __init__(self, message: Text, line: int | None = None) -> None:
        said = (
            message if line is None else msg("Line {line}: {problem}", line=line, problem=message)
        )
        super().__init__(said, field="file")
        self.line = line


def read_name(element: etree._Element, attribute: str = "name") -> str:
    name: str = element.get(attribute, "").strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise UrdfError(
            msg(
                "<{tag}> needs a readable {attribute} of 1 to {most} characters.",
                tag=str(element.tag),
                attribute=attribute,
                most=MAX_NAME,
            ),
            element.sourceline,
        )
    return name


def read_joint(element: etree._Element) -> Joint:
    """A `<joint>` as its own element says; whether it fits the others is not asked here."""
    name = read_name(element)
    kind = _kind(element, name)
    mimic = element.find("mimic")
    return Joint(
        name=name,
        kind=kind,
        parent=_end(element, name, "parent"),
        child=_end(element, name, "child"),
        pose=_pose(element.find("origin")),
        axis=_axis(element, name, kind),
        limits=_limits(element, name, kind),
        mimics=None if mimic is None else read_name(mimic, "joint"),
        line=element.sourceline or 0,
    )


def _kind(element: etree._Element, joint: str) -> JointKind:
    said = element.get("type", "").strip()
    try:
        return JointKind(said)
    except ValueError as unknown:
        raise UrdfError(
            msg("Joint {joint} has the unknown type “{kind}”.", joint=joint, kind=said),
            element.sourceline,
        ) from unknown


def _end(element: etree._Element, joint: str, end: str) -> str:
    found = element.find(end)
    if found is None:
        raise UrdfError(
            msg("Joint {joint} names no {end} link.", joint=joint, end=end), element.sourceline
        )
    return read_name(found, "link")


def _pose(origin: etree._Element | None) -> Pose:
    if origin is None:
        return Pose()
    return Pose(_vector(origin, "xyz", "0 0 0"), _vector(origin, "rpy", "0 0 0"))


def _axis(element: etree._Element, joint: str, kind: JointKind) -> Vector:
    axis = element.find("axis")
    vector = (1.0, 0.0, 0.0) if axis is None else _vector(axis, "xyz", "1 0 0")
    if kind in ACTUATED and not any(vector):
        raise UrdfError(
            msg("Joint {joint} moves about an axis of length zero.", joint=joint),
            element.sourceline,
        )
    return vector


def _limits(element: etree._Element, joint: str, kind: JointKind) -> JointLimits | None:
    """The limit of a moving joint; revolute and prismatic joints must have one (URDF, joint)."""
    found = element.find("limit")
    if kind not in ACTUATED or (found is None and kind is JointKind.CONTINUOUS):
        return None
    if found is None:
        raise UrdfError(msg("Joint {joint} has no <limit>.", joint=joint), element.sourceline)
    turns, endless = kind is not JointKind.PRISMATIC, kind is JointKind.CONTINUOUS
    limits = JointLimits(
        lower=None if endless else _scalar(found, "lower", "0"),
        upper=None if endless else _scalar(found, "upper", "0"),
        velocity=_scalar(found, "velocity", None),
        effort=_scalar(found, "effort", None),
        position_unit="rad" if turns else "m",
        velocity_unit="rad/s" if turns else "m/s",
        effort_unit="N·m" if turns else "N",
    )
    _check_limits(limits, joint, found.sourceline)
    return limits


def _check_limits(limits: JointLimits, joint: str, line: int | None) -> None:
    if limits.lower is not None and limits.upper is not None and limits.lower > limits.upper:
        raise UrdfError(
            msg("The lower limit of joint {joint} is above its upper limit.", joint=joint), line
        )
    if (limits.velocity or 0) < 0 or (limits.effort or 0) < 0:
        raise UrdfError(msg("Joint {joint} has a limit below zero.", joint=joint), line)


def _scalar(element: etree._Element, attribute: str, default: str | None) -> float:
    said = element.get(attribute, default)
    if said is None:
        raise UrdfError(
            msg("<{tag}> says no {attribute}.", tag=str(element.tag), attribute=attribute),
            element.sourceline,
        )
    return _number(element, attribute, said.strip())


def _vector(element: etree._Element, attribute: str, default: str) -> Vector:
    said = element.get(attribute, default).split()
    if len(said) != len(("x", "y", "z")):
        raise UrdfError(
            msg("{attribute} needs three numbers.", attribute=attribute), element.sourceline
        )
    x, y, z = (_number(element, attribute, number) for number in said)
    return (x, y, z)


def _number(element: etree._Element, attribute: str, said: str) -> float:
    value = float(said) if _NUMBER.fullmatch(said) else math.nan
    if not abs(value) <= _LARGEST:
        raise UrdfError(
            msg(
                "{attribute} “{said}” is not a usable number.", attribute=attribute, said=said[:40]
            ),
            element.sourceline,
        )
    return value

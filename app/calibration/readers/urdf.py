"""A robot's description as a calibration writes it: offsets, limits and origins of its joints.

`rising` is added to what the device reports and subtracted from what it is told, as
robot_calibration exports it; it is kept under its own name so that nobody has to guess the sign.
"""

from lxml import etree

from app.calibration.readers.findings import (
    UNDECLARED,
    BadFile,
    Content,
    Declared,
    Sheet,
    frame,
    joint,
    list_text,
    read_number,
)
from app.calibration.readers.xmlfiles import read_xml
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import urdf

_TURNS = frozenset({"revolute", "continuous", "planar", "floating"})


def read_description(data: bytes, declared: Declared = UNDECLARED) -> Content:  # noqa: ARG001 - as all readers
    """What the file states of each joint, and of each frame that is fixed to the body."""
    robot = read_xml(data, root="robot")
    try:
        urdf.read_urdf(data, name="file")
    except urdf.UrdfError as broken:
        raise BadFile(broken.message) from broken
    sheet = Sheet()
    for element in robot.iterchildren("joint"):
        _read(sheet, element)
    if any(finding.parameter.startswith("calibration.") for finding in sheet.findings):
        sheet.note(
            None,
            msg("“rising” is added to the device's position and subtracted from commands."),
        )
    return sheet.content()


def _read(sheet: Sheet, element: etree._Element) -> None:
    name, kind = element.get("name", "").strip(), element.get("type", "").strip()
    unit = "rad" if kind in _TURNS else "m"
    if kind == "fixed":
        child = element.find("child")
        _origin(sheet, element, frame("" if child is None else child.get("link", "").strip()))
        return
    target = joint(name)
    for tag, attribute, of in _stated(unit):
        holder = element.find(tag)
        said = None if holder is None else holder.get(attribute)
        if holder is not None and said is not None:
            line = holder.sourceline
            sheet.number(target, f"{tag}.{attribute}", said.strip(), unit=of, line=line)
    _origin(sheet, element, target)


def _stated(unit: str) -> tuple[tuple[str, str, str], ...]:
    """Tag, attribute and unit of what a joint that turns (rad) or slides (m) may state."""
    return (
        ("calibration", "rising", unit),
        ("calibration", "falling", unit),
        ("limit", "lower", unit),
        ("limit", "upper", unit),
        ("limit", "effort", "N·m" if unit == "rad" else "N"),
        ("limit", "velocity", f"{unit}/s"),
        ("dynamics", "damping", ""),
        ("dynamics", "friction", ""),
    )


def _origin(sheet: Sheet, element: etree._Element, target: str) -> None:
    origin = element.find("origin")
    if origin is None:
        return
    for attribute, unit in (("xyz", "m"), ("rpy", "rad")):
        said = origin.get(attribute)
        if said is None:
            continue
        numbers = said.split()
        try:
            for number in numbers:
                read_number(number)
        except Refused as refusal:
            sheet.problem(origin.sourceline, refusal.message)
            continue
        sheet.add(
            target,
            f"origin.{attribute}",
            list_text(numbers),
            unit=unit,
            line=origin.sourceline,
        )

"""Joint calibrators of YARP robots (iCub, ergoCub, R1): arrays by joint of one part of the body.

The file numbers the joints of its part and names none, so that a joint is `left_arm/3` unless a
person has declared the names. `calibration1` to `5` mean what `calibrationType` says.
"""

import re
from collections.abc import Sequence

from lxml import etree

from app.calibration.readers.findings import (
    ROBOT,
    UNDECLARED,
    BadFile,
    Content,
    Declared,
    Sheet,
    joint,
)
from app.calibration.readers.xmlfiles import read_xml
from app.kernel.text import msg

_SUFFIX = re.compile(r"[-_ ]*calibrator$", re.IGNORECASE)
_BY_JOINT = re.compile(r"HOME|CALIBRATION|SEQUENCE_\d+")
_ANGLES = frozenset({"calibrationZero", "calibrationDelta"})
# Legs of a tripod, which move along a line: their zero is no angle.
_TRIPOD = "9"
_MOST_JOINTS = 200


def read_calibrator(data: bytes, declared: Declared = UNDECLARED) -> Content:
    """Every parameter of every joint, as written."""
    device = read_xml(data, root="device")
    part = _SUFFIX.sub("", device.get("name", "").strip())
    if not part:
        raise BadFile(msg("The device has no name, so its part is not known."), device.sourceline)
    groups = list(device.iter("group"))
    count = _joints(groups)
    names = _names(part, count, declared)
    if not any(group.get("name") == "CALIBRATION" for group in groups):
        raise BadFile(msg("The file has no group CALIBRATION."), device.sourceline)
    sheet = Sheet()
    for param in device.iter("param"):
        _read(sheet, param, part=part, names=names)
    return sheet.content()


def _read(sheet: Sheet, param: etree._Element, *, part: str, names: Sequence[str]) -> None:
    holder = param.getparent()
    if holder is None or holder.tag == "action":
        return  # what is started when, no value of the robot
    group, name = holder.get("name", "") if holder.tag == "group" else "", param.get("name", "")
    written = (param.text or "").strip()
    line = param.sourceline
    path = f"{group}.{name}" if _BY_JOINT.fullmatch(group) and group.startswith("SEQ") else name
    if not _BY_JOINT.fullmatch(group):
        sheet.add(ROBOT, f"{part}/{name}", " ".join(written.split()), line=line)
        return
    values = written.split()
    if len(values) != len(names):
        sheet.problem(
            line,
            msg(
                "{parameter} has {count} values for {joints} joints.",
                parameter=name,
                count=len(values),
                joints=len(names),
            ),
        )
        return
    kinds = _kinds(holder, len(names))
    for name_, value, kind in zip(names, values, kinds, strict=True):
        unit = "deg" if name in _ANGLES and kind != _TRIPOD else ""
        sheet.number(joint(name_), path, value, unit=unit, line=line)


def _kinds(group: etree._Element, count: int) -> list[str]:
    for param in group.iterchildren("param"):
        if param.get("name") == "calibrationType":
            kinds = (param.text or "").split()
            return kinds if len(kinds) == count else [""] * count
    return [""] * count


def _joints(groups: Sequence[etree._Element]) -> int:
    for group in groups:
        for param in group.iterchildren("param"):
            if group.get("name") == "GENERAL" and param.get("name") == "joints":
                said = (param.text or "").strip()
                if not (said.isascii() and said.isdigit() and 1 <= int(said[:6]) <= _MOST_JOINTS):
                    raise BadFile(
                        msg("“{said}” is not a number of joints.", said=said[:40]), param.sourceline
                    )
                return int(said)
    raise BadFile(msg("The file does not say how many joints it has."))


def _names(part: str, count: int, declared: Declared) -> list[str]:
    if not declared.joints:
        return [f"{part}/{number}" for number in range(count)]
    if len(declared.joints) != count:
        raise BadFile(
            msg(
                "{named} joints are named, but the file has {count}.",
                named=len(declared.joints),
                count=count,
            )
        )
    return list(declared.joints)

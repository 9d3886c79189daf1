"""Offsets that robot_calibration solved (`calibration_<date>.yaml`, optimization/export.cpp).

Flat names: a joint by its name; a frame's free parameters as NAME_x, _y, _z (metres) and _a, _b, _c
(an axis times its angle); a camera's as NAME_fx, _fy, _cx, _cy. A name that the robot has as a
joint is that joint, whatever it ends with.
"""

import re

from app.calibration.readers.findings import (
    ROBOT,
    UNDECLARED,
    BadFile,
    Content,
    Declared,
    Sheet,
    frame,
    joint,
)
from app.calibration.readers.yamlfiles import Scalar, read_yaml
from app.kernel.text import msg

_PART = re.compile(r"(.+)_(x|y|z|a|b|c|fx|fy|cx|cy|z_offset|z_scaling)")
_UNITS = {"x": "m", "y": "m", "z": "m", "a": "rad", "b": "rad", "c": "rad", "z_offset": "m"}
_FILES = frozenset({"depth_info", "rgb_info", "urdf"})


def read_offsets(data: bytes, declared: Declared = UNDECLARED) -> Content:
    """Each solved parameter with the joint or frame that it is of."""
    tree = read_yaml(data)
    if not _FILES & tree.items.keys():
        raise BadFile(
            msg("The file names no urdf or depth_info, as robot_calibration writes them."),
            tree.line,
        )
    sheet = Sheet()
    for name, node in tree.items.items():
        if not isinstance(node, Scalar):
            sheet.problem(node.line, msg("“{name}” is not one value.", name=name[:80]))
        elif name in _FILES:
            sheet.add(ROBOT, name, node.text, line=node.line)
        else:
            target, parameter, unit = _place(name, declared.known_joints)
            sheet.number(target, parameter, node.text, unit=unit, line=node.line)
    return sheet.content()


def _place(name: str, joints: frozenset[str]) -> tuple[str, str, str]:
    part = _PART.fullmatch(name)
    if name in joints or part is None:
        return joint(name), "offset", "rad"
    return frame(part[1]), f"offset.{part[2]}", _UNITS.get(part[2], "")

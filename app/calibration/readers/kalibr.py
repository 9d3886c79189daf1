"""Chains of cameras and IMU noise as Kalibr writes them.

`T_cam_imu` takes points of the IMU into the camera. Others (OpenVINS) write its inverse as
`T_imu_cam`; each is kept under the name that the file gives it, and neither stands for the other.
"""

import re

from app.calibration.readers.findings import (
    UNDECLARED,
    BadFile,
    Content,
    Declared,
    Sheet,
    frame,
)
from app.calibration.readers.trees import add_as_it_is, add_list, add_transform
from app.calibration.readers.yamlfiles import Mapped, Node, Scalar, read_yaml
from app.kernel.text import msg

_CAMERA = re.compile(r"cam\d{1,3}", re.ASCII)
_IMU = re.compile(r"imu\d{1,3}", re.ASCII)
_TRANSFORM = re.compile(r"T_\w+")
_INTRINSICS = {"pinhole": 4, "omni": 5, "ds": 6, "eucm": 6}
_COEFFICIENTS = {"radtan": 4, "equidistant": 4, "fov": 1, "none": 0}
_PIXELS = frozenset({"pinhole"})
_NOISE = {
    "accelerometer_noise_density": "m/s²/√Hz",
    "accelerometer_random_walk": "m/s³/√Hz",
    "gyroscope_noise_density": "rad/s/√Hz",
    "gyroscope_random_walk": "rad/s²/√Hz",
}
_OF_IMU = _NOISE | {"update_rate": "Hz", "time_offset": "s"}


def read_chain(data: bytes, declared: Declared = UNDECLARED) -> Content:  # noqa: ARG001 - as all readers
    """A camchain: one frame for each camera of it."""
    tree = read_yaml(data)
    cameras = {name: node for name, node in tree.items.items() if _CAMERA.fullmatch(name)}
    if not cameras:
        raise BadFile(msg("The file has no camera; a chain begins with cam0."), tree.line)
    sheet = Sheet()
    for name, node in tree.items.items():
        if name not in cameras:
            sheet.problem(node.line, msg("“{name}” is no camera of a chain.", name=name[:80]))
        elif isinstance(node, Mapped):
            _camera(sheet, frame(name), node)
        else:
            sheet.problem(node.line, msg("{name} has no values.", name=name))
    return sheet.content()


def _camera(sheet: Sheet, target: str, camera: Mapped) -> None:
    for name in ("camera_model", "intrinsics", "resolution"):
        if name not in camera.items:
            sheet.problem(
                camera.line, msg("{target} does not state {name}.", target=target, name=name)
            )
    model = _word(camera.items.get("camera_model"))
    if model and model not in _INTRINSICS:
        sheet.problem(
            camera.items["camera_model"].line,
            msg("“{model}” is no camera model known here.", model=model[:40]),
        )
    distortion = _word(camera.items.get("distortion_model"))
    # name of a list, how many numbers it has by the models, and their unit
    lists = {
        "intrinsics": (_INTRINSICS.get(model), "px" if model in _PIXELS else ""),
        "distortion_coeffs": (_COEFFICIENTS.get(distortion), ""),
        "resolution": (2, "px"),
    }
    for name, node in camera.items.items():
        if name in lists:
            count, unit = lists[name]
            add_list(sheet, target, name, node, count=count, unit=unit)
        elif name.startswith("timeshift") and isinstance(node, Scalar):
            sheet.number(target, name, node.text, unit="s", line=node.line)
        elif _TRANSFORM.fullmatch(name):
            add_transform(sheet, target, name, node)
        else:
            add_as_it_is(sheet, target, name, node)
    if "T_imu_cam" in camera.items:
        sheet.note(
            camera.items["T_imu_cam"].line,
            msg("T_imu_cam is the inverse of T_cam_imu. It is kept under its own name."),
        )


def read_imu(data: bytes, declared: Declared = UNDECLARED) -> Content:
    """An imu.yaml, flat or one block for each IMU."""
    tree = read_yaml(data)
    blocks = {name: node for name, node in tree.items.items() if _IMU.fullmatch(name)}
    sheet = Sheet()
    if blocks and len(blocks) == len(tree.items):
        for name, node in blocks.items():
            alone = declared.target if len(blocks) == 1 else ""
            if isinstance(node, Mapped):
                _imu(sheet, alone or frame(name), node)
            else:
                sheet.problem(node.line, msg("{name} has no values.", name=name))
    else:
        _imu(sheet, declared.target or frame("imu"), tree)
    return sheet.content()


def _imu(sheet: Sheet, target: str, imu: Mapped) -> None:
    for name in _NOISE:
        if name not in imu.items:
            sheet.problem(
                imu.line, msg("{target} does not state {name}.", target=target, name=name)
            )
    for name, node in imu.items.items():
        if name in _OF_IMU and isinstance(node, Scalar):
            number = sheet.number(target, name, node.text, unit=_OF_IMU[name], line=node.line)
            if number is not None and number <= 0 and name != "time_offset":
                sheet.problem(node.line, msg("{name} must be above zero.", name=name))
        elif _TRANSFORM.fullmatch(name):
            add_transform(sheet, target, name, node)
        else:
            add_as_it_is(sheet, target, name, node)


def _word(node: Node | None) -> str:
    return node.text.strip() if isinstance(node, Scalar) else ""

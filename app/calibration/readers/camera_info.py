"""Camera calibrations as ROS writes them (camera_calibration_parsers, parse_yml.cpp)."""

from app.calibration.readers.findings import (
    UNDECLARED,
    BadFile,
    Content,
    Declared,
    Sheet,
    frame,
    list_text,
    read_number,
)
from app.calibration.readers.trees import add_as_it_is, numbers_in
from app.calibration.readers.yamlfiles import Mapped, Scalar, read_yaml
from app.kernel.errors import Refused
from app.kernel.text import msg

_MATRICES = {
    "camera_matrix": (3, 3),
    "rectification_matrix": (3, 3),
    "projection_matrix": (3, 4),
    "distortion_coefficients": None,
}
_SIZES = ("image_width", "image_height")
_NEEDED = ("camera_name", *_SIZES, "camera_matrix", "distortion_model", "distortion_coefficients")
_COEFFICIENTS = {"plumb_bob": 5, "rational_polynomial": 8, "equidistant": 4, "fisheye": 4}


def read_camera(data: bytes, declared: Declared = UNDECLARED) -> Content:
    """Every value of the file, of the frame that is declared, else of the camera by its name."""
    tree = read_yaml(data)
    for name in _NEEDED:
        if name not in tree.items:
            raise BadFile(msg("The file does not state {name}.", name=name))
    named = tree.items["camera_name"]
    said = named.text.strip() if isinstance(named, Scalar) else ""
    if not said and not declared.target:
        raise BadFile(msg("The camera has no name."), named.line)
    target = declared.target or frame(said)
    sheet = Sheet()
    for name, node in tree.items.items():
        if name in _MATRICES:
            if isinstance(node, Mapped):
                _matrix(sheet, target, name, node)
            else:
                sheet.problem(node.line, msg("{name} needs rows, cols and data.", name=name))
        elif name in _SIZES and isinstance(node, Scalar):
            sheet.number(target, name, node.text, unit="px", line=node.line)
        else:
            add_as_it_is(sheet, target, name, node)
    _check_model(sheet, tree)
    return sheet.content()


def _matrix(sheet: Sheet, target: str, name: str, node: Mapped) -> None:
    shape = []
    for side in ("rows", "cols"):
        said = node.items.get(side)
        text = said.text.strip() if isinstance(said, Scalar) else ""
        if not (text.isascii() and text.isdigit()):
            sheet.problem(node.line, msg("{name} needs rows, cols and data.", name=name))
            return
        shape.append(int(text[:4]))
    wanted = _MATRICES[name]
    if wanted is not None and tuple(shape) != wanted:
        sheet.problem(
            node.line,
            msg("{name} has {rows} rows of {cols}.", name=name, rows=shape[0], cols=shape[1]),
        )
        return
    if "data" not in node.items:
        sheet.problem(node.line, msg("{name} needs rows, cols and data.", name=name))
        return
    values = numbers_in(sheet, node.items["data"], count=shape[0] * shape[1])
    if values is not None:
        sheet.add(target, name, list_text(values), line=node.items["data"].line)


def _check_model(sheet: Sheet, tree: Mapped) -> None:
    """What the numbers must be for a camera to be one."""
    model, held = tree.items["distortion_model"], tree.items["distortion_coefficients"]
    wanted = _COEFFICIENTS.get(model.text) if isinstance(model, Scalar) else None
    data = held.items.get("data") if isinstance(held, Mapped) else None
    found = len(getattr(data, "items", []))
    if wanted is not None and data is not None and found != wanted:
        sheet.problem(
            data.line,
            msg(
                "{model} has {wanted} coefficients, not {found}.",
                model=getattr(model, "text", ""),
                wanted=wanted,
                found=found,
            ),
        )
    for name in _SIZES:
        node = tree.items[name]
        try:
            if isinstance(node, Scalar) and read_number(node.text) <= 0:
                sheet.problem(node.line, msg("{name} must be above zero.", name=name))
        except Refused:
            continue  # told already

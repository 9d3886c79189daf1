"""Values out of a tree of YAML: numbers and lists checked, kept as they were written."""

from collections.abc import Sequence

from app.calibration.metrology.linear_algebra import dot
from app.calibration.metrology.rotation import cross
from app.calibration.readers.findings import Sheet, list_text, read_number
from app.calibration.readers.yamlfiles import Listed, Mapped, Node, Scalar
from app.kernel.errors import Refused
from app.kernel.text import msg

_ORDER = 4
_LAST_ROW = (0.0, 0.0, 0.0, 1.0)
_CLOSE = 1e-3


def numbers_in(sheet: Sheet, node: Node, *, count: int | None = None) -> list[str] | None:
    """The numbers of a list as written; None, with a problem told, where they are not right."""
    if not isinstance(node, Listed):
        sheet.problem(node.line, msg("A list of numbers is expected here."))
        return None
    written: list[str] = []
    for item in node.items:
        if not isinstance(item, Scalar):
            sheet.problem(item.line, msg("A list of numbers is expected here."))
            return None
        try:
            read_number(item.text)
        except Refused as refusal:
            sheet.problem(item.line, refusal.message)
            return None
        written.append(item.text)
    if count is not None and len(written) != count:
        sheet.problem(
            node.line,
            msg("{count} numbers are expected here, not {found}.", count=count, found=len(written)),
        )
        return None
    return written


def add_list(
    sheet: Sheet,
    target: str,
    parameter: str,
    node: Node,
    *,
    count: int | None = None,
    unit: str = "",
) -> list[str] | None:
    """A list of numbers as one value."""
    written = numbers_in(sheet, node, count=count)
    if written is not None:
        sheet.add(target, parameter, list_text(written), unit=unit, line=node.line)
    return written


def add_transform(sheet: Sheet, target: str, parameter: str, node: Node) -> None:
    """A 4×4 matrix of a rigid motion; what is none would mirror or stretch the robot."""
    rows = node.items if isinstance(node, Listed) else []
    if len(rows) != _ORDER:
        sheet.problem(node.line, msg("{parameter} needs four rows of four.", parameter=parameter))
        return
    written = [numbers_in(sheet, row, count=_ORDER) for row in rows]
    full = [row for row in written if row is not None]
    if len(full) != _ORDER:
        return
    if not _is_rigid([[float(number) for number in row] for row in full]):
        sheet.problem(
            node.line,
            msg(
                "{parameter} is no rigid motion: its rotation is not orthonormal, or its last row"
                " is not 0 0 0 1.",
                parameter=parameter,
            ),
        )
        return
    sheet.add(target, parameter, list_text([list_text(row) for row in full]), line=node.line)


def _is_rigid(matrix: Sequence[Sequence[float]]) -> bool:
    """To a thousandth: files are written with six digits, some with four."""
    x, y, z = (tuple(row[:3]) for row in matrix[:3])
    wanted = ((x, x, 1.0), (y, y, 1.0), (z, z, 1.0), (x, y, 0.0), (y, z, 0.0), (z, x, 0.0))
    return (
        all(abs(one - other) <= _CLOSE for one, other in zip(matrix[3], _LAST_ROW, strict=True))
        and all(abs(dot(one, other) - value) <= _CLOSE for one, other, value in wanted)
        and dot(cross(x, y), z) > 0
    )


def add_as_it_is(sheet: Sheet, target: str, parameter: str, node: Node) -> None:
    """Whatever else a file says, under the name that it gives it; numbers must be finite."""
    if isinstance(node, Scalar):
        sheet.add(target, parameter, node.text, line=node.line)
    elif isinstance(node, Mapped):
        for name, inner in node.items.items():
            add_as_it_is(sheet, target, f"{parameter}.{name}", inner)
    else:
        written = _flat(node)
        sheet.add(target, parameter, written, line=node.line)


def _flat(node: Node) -> str:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Listed):
        return list_text([_flat(item) for item in node.items])
    return list_text([f"{name}: {_flat(item)}" for name, item in node.items.items()])

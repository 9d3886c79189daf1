"""Points of a laser tracker as SpatialAnalyzer exports them (ASCII).

`[collection] [group] target x y z` and whatever follows, by comma, tab or space; `//` begins a
remark. How many names lead, the unit and the decimal mark are declared: a target may be called 7.
"""

import csv
import shlex
from dataclasses import dataclass

from app.calibration.readers.figures import DECIMALS, read_figure
from app.calibration.readers.findings import (
    ROBOT,
    BadFile,
    Content,
    Sheet,
    frame,
    text_of,
)
from app.kernel.errors import Refused
from app.kernel.text import msg

UNITS = ("mm", "m", "in")
_AXES = ("x", "y", "z")
_MOST_NAMES = 3
_LONGEST_LINE = 2_000
_REMARK = "//"


@dataclass(frozen=True, slots=True)
class PointLayout:
    """How many names lead a line (1 to 3), the unit of x, y and z, and the decimal mark."""

    names: int
    unit: str
    decimal: str

    def __post_init__(self) -> None:
        if not 1 <= self.names <= _MOST_NAMES:
            raise Refused(msg("One to three names lead each line."), field="names")
        if self.unit not in UNITS:
            raise Refused(msg("Say in which unit the points are."), field="unit")
        if self.decimal not in DECIMALS:
            raise Refused(msg("Say which decimal mark the file has."), field="decimal")


def read_points(data: bytes, layout: PointLayout, *, encoding: str = "") -> Content:
    """Each point as x, y and z of a frame by its names; further columns as `details`."""
    sheet, remarks = Sheet(), 0
    for number, line in enumerate(text_of(data, encoding=encoding).splitlines(), start=1):
        said = line.strip()
        if not said:
            continue
        if len(said) > _LONGEST_LINE:
            raise BadFile(msg("A line has at most {most} characters.", most=_LONGEST_LINE), number)
        if said.startswith(_REMARK):
            remarks += 1
            remark = said.removeprefix(_REMARK).strip()
            if remark:
                sheet.add(ROBOT, f"remark.{remarks}", remark, line=number)
            continue
        _point(sheet, _cells(said, layout, number), layout, number)
    content = sheet.content()
    if not any(finding.parameter == "x" for finding in content.findings) and not content.problems:
        raise BadFile(msg("The file holds no point."))
    return content


def _cells(said: str, layout: PointLayout, line: int) -> list[str]:
    if "\t" in said:
        return [cell.strip() for cell in said.split("\t")]
    if "," in said and layout.decimal == ".":
        return [cell.strip() for cell in next(csv.reader([said], skipinitialspace=True))]
    if '"' not in said:
        return said.split()
    try:
        return shlex.split(said, posix=True)
    except ValueError:
        raise BadFile(msg("The quotation marks do not fit."), line) from None


def _point(sheet: Sheet, cells: list[str], layout: PointLayout, line: int) -> None:
    names, figures = cells[: layout.names], cells[layout.names : layout.names + len(_AXES)]
    if len(figures) != len(_AXES):
        sheet.problem(
            line,
            msg(
                "{count} columns are too few for {names} names and a point.",
                count=len(cells),
                names=layout.names,
            ),
        )
        return
    try:
        for figure in figures:
            read_figure(figure, decimal=layout.decimal)
    except Refused as refusal:
        sheet.problem(line, refusal.message)
        return
    target = frame("::".join(names))
    for axis, figure in zip(_AXES, figures, strict=True):
        sheet.add(target, axis, figure, unit=layout.unit, line=line)
    rest = " ".join(cells[layout.names + len(_AXES) :]).strip()
    if rest:
        sheet.add(target, "details", rest, line=line)

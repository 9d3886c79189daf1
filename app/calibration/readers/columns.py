"""Tables of measuring devices (CSV): each column's meaning, the unit and the decimal mark declared.

The same mapping reads values of a robot (target, parameter, value, unit) and readings of a job
(point, and one column for each number of a reading).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.calibration.readers.figures import DECIMALS, read_figure
from app.calibration.readers.findings import (
    LONGEST_UNIT,
    MOST_FINDINGS,
    BadFile,
    Content,
    Remark,
    Sheet,
    text_of,
)
from app.kernel.csvreading import ENCODINGS, SEPARATORS, plain, records
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg

MOST_COLUMNS = 60
SAMPLE_ROWS = 8
TARGET, PARAMETER, VALUE, UNIT, POINT = "target", "parameter", "value", "unit", "point"
MOST_NUMBERS = 16
ROLES: dict[str, Text] = {
    TARGET: msg("Target"),
    PARAMETER: msg("Parameter"),
    VALUE: msg("Value"),
    UNIT: msg("Unit"),
    POINT: msg("Point number"),
    **{f"n{at}": msg("Number {at} of the reading", at=at) for at in range(1, MOST_NUMBERS + 1)},
}
_NUMBER_ROLE = re.compile(r"n(\d+)", re.ASCII)
_MOST_SKIPPED = 200


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What each column is (a role, or empty: not used), and how its figures are written.

    `titles` is the line of the titles, 0 for none. `target`, `parameter` and `unit` stand for all
    rows where no column says them.
    """

    columns: tuple[str, ...]
    unit: str
    decimal: str
    separator: str
    encoding: str = ""
    titles: int = 1
    target: str = ""
    parameter: str = ""

    def __post_init__(self) -> None:
        if self.decimal not in DECIMALS:
            raise Refused(msg("Say which decimal mark the file has."), field="decimal")
        if self.separator not in SEPARATORS or self.separator == self.decimal:
            raise Refused(
                msg("Say what parts the columns; not the decimal mark."), field="separator"
            )
        if self.encoding and self.encoding not in ENCODINGS:
            raise Refused(
                msg("“{said}” is no encoding known here.", said=self.encoding[:40]),
                field="encoding",
            )
        if not 0 <= self.titles <= _MOST_SKIPPED:
            raise Refused(
                msg("The titles stand in one of the first {most} lines.", most=_MOST_SKIPPED),
                field="titles",
            )
        if len(self.unit) > LONGEST_UNIT:
            raise Refused(
                msg("A unit has at most {most} characters.", most=LONGEST_UNIT), field="unit"
            )
        self._check_columns()

    def _check_columns(self) -> None:
        used = [role for role in self.columns if role]
        if len(self.columns) > MOST_COLUMNS:
            raise Refused(
                msg("A file has at most {most} columns.", most=MOST_COLUMNS), field="columns"
            )
        for role in used:
            if role not in ROLES:
                raise Refused(
                    msg("“{said}” is no meaning of a column.", said=role[:40]), field="columns"
                )
            if used.count(role) > 1:
                raise Refused(
                    msg("Two columns cannot both be “{field}”.", field=ROLES[role]), field="columns"
                )

    @property
    def numbers(self) -> tuple[int, ...]:
        """The columns of a reading's numbers, in their order."""
        ranked = sorted(
            (int(found[1]), at)
            for at, role in enumerate(self.columns)
            if (found := _NUMBER_ROLE.fullmatch(role))
        )
        return tuple(at for _, at in ranked)

    def of(self, role: str) -> int | None:
        return self.columns.index(role) if role in self.columns else None


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as written: its line, the point that it names, and its numbers."""

    line: int
    point: int | None
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The titles of a table, or numbers for them, and its first rows."""

    titles: list[str]
    sample: list[tuple[int, list[str]]]


def look(data: bytes, *, separator: str, encoding: str = "", titles: int = 1) -> Head:
    """What a person needs to see for saying what each column is."""
    if separator not in SEPARATORS or not 0 <= titles <= _MOST_SKIPPED:
        raise Refused(msg("Say what parts the columns."), field="separator")
    rows = list(_rows(text_of(data, encoding=encoding), separator, after=max(titles - 1, 0)))
    named = rows.pop(0)[1] if rows and titles else []
    width = max([len(named), *(len(cells) for _, cells in rows)], default=0)
    if not rows or not width:
        raise BadFile(msg("The file has no rows below its titles."))
    if width > MOST_COLUMNS:
        raise BadFile(msg("A file has at most {most} columns.", most=MOST_COLUMNS))
    names = [clean(cell)[:100] for cell in named] + [""] * (width - len(named))
    return Head(
        names, [(line, [cell[:200] for cell in cells]) for line, cells in rows[:SAMPLE_ROWS]]
    )


def read_values(data: bytes, mapping: ColumnMapping) -> Content:
    """Values of a robot, one a row."""
    value = mapping.of(VALUE)
    if value is None:
        raise Refused(msg("Say which column is “{field}”.", field=ROLES[VALUE]), field="columns")
    for role, fixed in (
        (TARGET, mapping.target),
        (PARAMETER, mapping.parameter),
        (UNIT, mapping.unit),
    ):
        if mapping.of(role) is None and not fixed:
            raise Refused(
                msg(
                    "Say which column is “{field}”, or what it is for all rows.", field=ROLES[role]
                ),
                field="columns" if role != UNIT else "unit",
            )
    sheet = Sheet()
    for line, cells in _body(data, mapping):
        said = {
            role: _cell(cells, mapping.of(role)) or fixed
            for role, fixed in (
                (TARGET, mapping.target),
                (PARAMETER, mapping.parameter),
                (UNIT, mapping.unit),
            )
        }
        written = _cell(cells, value)
        try:
            read_figure(written, decimal=mapping.decimal)
        except Refused as refusal:
            sheet.problem(line, refusal.message)
            continue
        sheet.add(said[TARGET], said[PARAMETER], written, unit=said[UNIT], line=line)
    return sheet.content()


def read_rows(data: bytes, mapping: ColumnMapping) -> tuple[list[Row], list[Remark]]:
    """Readings of a job, one a row, and what is wrong with rows."""
    if not mapping.numbers:
        raise Refused(msg("Say which column holds the reading."), field="columns")
    if not mapping.unit:
        raise Refused(msg("Say in which unit the readings are."), field="unit")
    rows: list[Row] = []
    problems: list[Remark] = []
    for line, cells in _body(data, mapping):
        numbers = tuple(_cell(cells, at) for at in mapping.numbers)
        try:
            point = (
                _point(_cell(cells, mapping.of(POINT))) if mapping.of(POINT) is not None else None
            )
            for number in numbers:
                read_figure(number, decimal=mapping.decimal)
        except Refused as refusal:
            problems.append(Remark(line, refusal.message))
            continue
        rows.append(Row(line, point, numbers))
    if not rows and not problems:
        raise BadFile(msg("The file has no rows below its titles."))
    return rows, problems


def _point(said: str) -> int:
    if not (said.isascii() and said.isdigit() and int(said[:9]) >= 1):
        raise Refused(msg("“{said}” is not the number of a point.", said=said[:40]))
    return int(said[:9])


def _body(data: bytes, mapping: ColumnMapping) -> Iterator[tuple[int, list[str]]]:
    text = text_of(data, encoding=mapping.encoding)
    for count, (line, cells) in enumerate(
        _rows(text, mapping.separator, after=mapping.titles), start=1
    ):
        if count > MOST_FINDINGS:
            raise BadFile(msg("A file states at most {most} values.", most=MOST_FINDINGS), line)
        yield line, cells


def _rows(text: str, separator: str, *, after: int) -> Iterator[tuple[int, list[str]]]:
    try:
        for line, cells in records(text, separator):
            if line > after:
                yield line, cells
    except Refused as refusal:
        raise BadFile(refusal.message) from refusal


def _cell(cells: Sequence[str], at: int | None) -> str:
    return clean(plain(cells[at])) if at is not None and at < len(cells) else ""

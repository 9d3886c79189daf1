"""A maker's delivery note as CSV: from bytes to rows of text, whatever program wrote them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.csvreading import SEPARATORS, decoded, plain, records, separator_of
from app.kernel.errors import Refused, TooLarge
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg

MOST_BYTES = 5_000_000
MOST_ROWS = 10_000
REQUIRED = ("maker", "model", "serial")
# What the maker read off the robot when it was packed.
READ_OFF = ("controller", "ai_model", "hours", "steps", "falls", "cycles")
COLUMNS = (
    *REQUIRED,
    "hardware_revision",
    "firmware",
    "cost",
    "component_serials",
    *READ_OFF,
)

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One line: its number as a spreadsheet counts, its cells by column, and cells too many."""

    number: int
    cells: dict[str, str]
    surplus: int = 0


@dataclass(frozen=True, slots=True)
class NoteFile:
    """What a file says, and how it was understood."""

    encoding: str
    separator: Text
    unknown_columns: tuple[str, ...]
    rows: list[NoteRow]


def read_note(data: bytes) -> NoteFile:
    """The rows of a delivery note; blank ones are left out.

    Encoding and separator as `app.kernel.csvreading` finds them. Raises TooLarge over 5 MB or
    10,000 rows, Refused for what is no such file or lacks a required column.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(msg("A delivery note has at most 5 MB."), field="file")
    if data.startswith(_WORKBOOKS):
        raise Refused(
            msg("This is a workbook. Save it as “CSV UTF-8” and choose that file."), field="file"
        )
    text, encoding = decoded(data)
    separator = separator_of(text, _known)
    lines = records(text, separator)
    _, titles = next(lines, (0, []))
    columns = _columns(titles)
    rows: list[NoteRow] = []
    for number, cells in lines:
        if len(rows) == MOST_ROWS:
            raise TooLarge(
                msg("A delivery note has at most {most} rows.", most=MOST_ROWS), field="file"
            )
        rows.append(_row(number, cells, columns))
    if not rows:
        raise Refused(msg("The file has no rows below its titles."), field="file")
    unknown = tuple(
        clean(title)
        for title, column in zip(titles, columns, strict=True)
        if column not in COLUMNS and clean(title)
    )
    return NoteFile(encoding, SEPARATORS[separator], unknown, rows)


def _known(titles: Sequence[str]) -> int:
    return sum(_column(title) in COLUMNS for title in titles)


def _columns(titles: list[str]) -> list[str]:
    """Each title's column. Raises Refused if a required one is missing, or one stands twice."""
    columns = [_column(title) for title in titles]
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        raise Refused(
            msg(
                "The file has no column {missing}. Its columns are: {titles}.",
                missing=", ".join(missing),
                titles=", ".join(clean(title) for title in titles)[:300] or "–",
            ),
            field="file",
        )
    twice = [column for column in COLUMNS if columns.count(column) > 1]
    if twice:
        raise Refused(msg("The column {column} stands twice.", column=twice[0]), field="file")
    return columns


def _column(title: str) -> str:
    """`Hardware Revision`, `hardware-revision` and ` HARDWARE_REVISION ` are one column."""
    return _BETWEEN_WORDS.sub("_", search_key(title))


def _row(number: int, cells: list[str], columns: list[str]) -> NoteRow:
    filled = dict.fromkeys(COLUMNS, "") | {
        column: plain(cell) for column, cell in zip(columns, cells, strict=False)
    }
    surplus = sum(bool(clean(cell)) for cell in cells[len(columns) :])
    return NoteRow(number, {column: filled[column] for column in COLUMNS}, surplus)

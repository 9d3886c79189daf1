"""A maker's delivery note as CSV: from bytes to rows of text, whatever program wrote them."""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

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

_SEPARATORS = {",": msg("comma"), ";": msg("semicolon"), "\t": msg("tab")}
_MARKED = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}
# The order matters: nearly every text is valid GB18030, but hardly any other text is valid UTF-8.
_UNMARKED = (("utf-8", "UTF-8"), ("gb18030", "GB18030"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
# ="007": how careful programs keep a spreadsheet from reading a number
_KEPT_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)


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

    UTF-8, UTF-16 with byte order mark, GB18030; comma, semicolon or tab. Raises TooLarge over 5 MB
    or 10,000 rows, Refused for what is no such file or lacks a required column.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(msg("A delivery note has at most 5 MB."), field="file")
    text, encoding = _decoded(data)
    separator = _separator(text)
    records = _records(text, separator)
    _, titles = next(records, (0, []))
    columns = _columns(titles)
    rows: list[NoteRow] = []
    for number, cells in records:
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
    return NoteFile(encoding, _SEPARATORS[separator], unknown, rows)


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith(_WORKBOOKS):
        raise Refused(
            msg("This is a workbook. Save it as “CSV UTF-8” and choose that file."), field="file"
        )
    marked = [ways for mark, ways in _MARKED.items() if data.startswith(mark)]
    for codec, name in marked or _UNMARKED:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.removeprefix("\ufeff"), name
    raise Refused(msg("This is not a text file. Save it as “CSV UTF-8”."), field="file")


def _separator(text: str) -> str:
    """What parts the titles into the most columns that we know."""
    stated = _SEPARATOR_LINE.match(text)
    if stated and stated[1] in _SEPARATORS:
        return stated[1]

    def known(separator: str) -> int:
        try:
            _, titles = next(_records(text, separator), (0, []))
        except Refused:
            return 0
        return sum(_column(title) in COLUMNS for title in titles)

    return max(_SEPARATORS, key=known)


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each record that is not blank; a quoted cell may hold line breaks."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            is_title_of_separator = number == 1 and _SEPARATOR_LINE.match(text)
            if any(map(clean, cells)) and not is_title_of_separator:
                yield number, cells
    except csv.Error:
        raise Refused(
            msg("Row {row} cannot be read: its quotation marks do not fit.", row=number + 1),
            field="file",
        ) from None


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
        column: _cell(cell) for column, cell in zip(columns, cells, strict=False)
    }
    surplus = sum(bool(clean(cell)) for cell in cells[len(columns) :])
    return NoteRow(number, {column: filled[column] for column in COLUMNS}, surplus)


def _cell(text: str) -> str:
    kept = _KEPT_AS_TEXT.fullmatch(text)
    return kept[1].replace('""', '"') if kept else text

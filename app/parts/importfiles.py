"""The file of an import as rows of text, whether a spreadsheet or a text with separators."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from app.kernel import workbooks
from app.kernel.csvreading import SEPARATORS, decoded, plain, records, separator_of
from app.kernel.errors import Refused, TooLarge
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import importfields
from app.parts.import_models import ImportKind

MOST_BYTES = 24_000_000
MOST_ROWS = 100_000
_MOST_TITLES = 60
_LOOKED_AT = 12  # rows among which the titles are looked for
_SAMPLE = 8
_LAST_ROW = 1 << 20  # of any workbook
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read: as a workbook, or as text in an encoding with a separator."""

    encoding: str = ""
    separator: str = ""

    @property
    def is_workbook(self) -> bool:
        return not self.separator


@dataclass(frozen=True, slots=True)
class Head:
    """A file's layout, its titles and the row they stand in, its first rows, and about how many."""

    layout: Layout
    titles: list[str]
    title_row: int
    sample: list[Row]
    rows: int


def look(data: bytes, kind: ImportKind, *, encoding: str = "", separator: str = "") -> Head:
    """What a file seems to be; encoding and separator are taken at their word.

    Raises TooLarge, or Refused for what has no titles and rows below them.
    """
    if not data:
        raise Refused(msg("Please choose a file."), field="file")
    if len(data) > MOST_BYTES:
        raise TooLarge(msg("A file has at most {most} MB.", most=MOST_BYTES // 10**6), field="file")
    if data.startswith(_OLD_WORKBOOK):
        raise Refused(
            msg("Old or protected workbooks cannot be read. Save it as XLSX without a password."),
            field="file",
        )
    layout, number = _layout(data, kind, encoding, separator)
    first = list(islice(_rows(data, layout), _LOOKED_AT + _SAMPLE))
    at = max(
        range(min(len(first), _LOOKED_AT)),
        key=lambda each: (importfields.known(kind, first[each][1]), -each),
        default=None,
    )
    if at is None or at + 1 == len(first):
        raise Refused(msg("The file has no rows below its titles."), field="file")
    title_row, titles = first[at]
    if len(titles) > _MOST_TITLES:
        raise Refused(msg("A file has at most {most} columns.", most=_MOST_TITLES), field="file")
    return Head(
        layout,
        [clean(title)[:100] for title in titles],
        title_row,
        first[at + 1 : at + 1 + _SAMPLE],
        max(number - title_row, len(first) - at - 1),
    )


def body(data: bytes, layout: Layout, *, title_row: int) -> Iterator[Row]:
    """The rows below the titles. Raises Refused or TooLarge on the way."""
    for number, cells in _rows(data, layout):
        if number > title_row:
            yield number, cells


def _layout(data: bytes, kind: ImportKind, encoding: str, separator: str) -> tuple[Layout, int]:
    """How to read a file, and about how many rows it has."""
    if data.startswith(workbooks.BEGINS):
        return Layout(), workbooks.row_count(data)
    text, name = decoded(data, encoding)
    chosen = (
        separator
        if separator in SEPARATORS
        else separator_of(text, lambda titles: importfields.known(kind, titles))
    )
    return Layout(name, chosen), text.count("\n") + (not text.endswith("\n"))


def _rows(data: bytes, layout: Layout) -> Iterator[Row]:
    if layout.is_workbook:
        rows = workbooks.rows(data, most=_LAST_ROW)
    else:
        text, _ = decoded(data, layout.encoding)
        rows = ((number, [plain(cell) for cell in cells])
                for number, cells in records(text, layout.separator))  # fmt: skip
    for place, row in enumerate(rows):
        if place >= MOST_ROWS + 1:
            raise TooLarge(
                msg("A file has at most {most} rows. Split it.", most=MOST_ROWS), field="file"
            )
        yield row

"""Tables for spreadsheets, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

Row = Sequence[str | int | Decimal]
MEDIA_TYPE = "text/csv; charset=utf-8"
# With these a spreadsheet begins a formula, and with the last two it is made to forget a quote.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK = "\ufeff"  # by it spreadsheets know that this is UTF-8


def csv_bytes(titles: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A title row and rows as UTF-8, separated by commas, lines ended as RFC 4180 says.

    A number that is a number, also a negative one, stays one; text never becomes a formula.
    """
    return (_BYTE_ORDER_MARK + _lines([titles]) + _lines(rows)).encode()


def csv_pieces(titles: Sequence[str], batches: Iterable[Iterable[Row]]) -> Iterator[bytes]:
    """The same a piece at a time, for what would not fit into memory."""
    yield csv_bytes(titles, ())
    for rows in batches:
        yield _lines(rows).encode()


def _lines(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def _written(cell: str | int | Decimal) -> str:
    return harmless(cell) if isinstance(cell, str) else str(cell)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: what looks like one gets an apostrophe."""
    looks_so = any(text.startswith(_BEGINS_FORMULA) for text in (cell, cell.lstrip()))
    return f"'{cell}" if looks_so else cell

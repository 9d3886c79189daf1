"""Whole quantities of a base unit, read strictly."""

import re

from app.kernel.errors import Refused
from app.kernel.searchkeys import figures
from app.kernel.text import msg

_WHOLE = re.compile(r"[0-9]{1,7}")
MOST = 1_000_000
_PERCENT = re.compile(r"(?P<whole>[0-9]{1,3})(?:[.](?P<rest>[0-9]{1,2}))?")
WHOLE_BP = 10_000
# fewer than the 19 digits of 2**63 - 1, the largest number that a column holds
_DIGITS_OF_A_ROW = 18
_LARGEST_NUMBER = 2**31 - 1


def parse_quantity(text: str, *, field: str = "quantity") -> int:
    """A count of pieces from 1 to 1,000,000.

    Refuses what `int()` would take by mistake: `1_000`, `1e5`, `-0`, `+2`, `1,5`, the empty text.
    """
    plain = figures(text)
    if not _WHOLE.fullmatch(plain):
        raise Refused(msg("“{text}” is not a whole number of pieces.", text=text[:40]), field=field)
    quantity = int(plain)
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field=field)
    return quantity


def row_number(text: str) -> int | None:
    """The row that a form's hidden field or choice names; None for what no row can be."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _DIGITS_OF_A_ROW):
        return None
    return int(plain)


def document_number(text: str) -> int | None:
    """The number of a document in an address; None for what no document's number can be."""
    number = row_number(text)
    return number if number is not None and number <= _LARGEST_NUMBER else None


def parse_percent(text: str, *, field: str = "percent") -> int:
    """A share from 0 to 100 with up to two decimals, as basis points: `5`, `7,5`, `12.25`."""
    plain = figures(text).removesuffix("%").strip().replace(",", ".")
    match = _PERCENT.fullmatch(plain)
    points = int(match["whole"]) * 100 + int((match["rest"] or "").ljust(2, "0")) if match else -1
    if not 0 <= points <= WHOLE_BP:
        raise Refused(
            msg("“{text}” is not a percentage between 0 and 100.", text=text[:40]), field=field
        )
    return points

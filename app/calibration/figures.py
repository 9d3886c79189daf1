"""Figures as people write them: kept as decimal text, made a float only where one computes."""

import re

from app.kernel.errors import Refused
from app.kernel.text import msg

LONGEST = 40
# Squares and products of such figures are still far from the ends of a float.
LARGEST = 1e15
_FIGURE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
# Minus signs and spaces of print; figures are pasted from data sheets.
_SPELLINGS = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u00a0": None, "\u202f": None, " ": None}
)


def read_figure(text: str, *, field: str | None = None) -> str:
    """Decimal text with a point, empty for nothing; raises Refused for what is no number.

    A comma is a decimal mark. With both marks in one figure nobody knows which is which.
    """
    written = text.strip().translate(_SPELLINGS)
    if "," in written and ("." in written or written.count(",") > 1):
        raise Refused(
            msg("Write “{text}” with one decimal mark and no separators.", text=text[:LONGEST]),
            field=field,
        )
    written = written.replace(",", ".")
    if not written:
        return ""
    if len(written) > LONGEST or not _FIGURE.fullmatch(written):
        raise Refused(msg("“{text}” is not a number.", text=text[:LONGEST]), field=field)
    if abs(float(written)) > LARGEST:
        raise Refused(
            msg("“{text}” is larger than anything that is measured here.", text=text[:LONGEST]),
            field=field,
        )
    return written


def figure(text: str) -> float | None:
    """The float of a kept figure; `None` for an empty one."""
    return float(text) if text else None


def read_vector(text: str, *, length: int, field: str | None = None) -> str:
    """So many figures, parted by semicolons or spaces, as `x; y; z`."""
    parts = [part for part in re.split(r"[;\s]+", text.strip()) if part]
    if len(parts) != length:
        raise Refused(
            msg("Write {length} figures, parted by semicolons.", length=length), field=field
        )
    return "; ".join(read_figure(part, field=field) for part in parts)


def vector(text: str) -> tuple[float, ...]:
    """The floats of a kept vector."""
    return tuple(float(part) for part in text.split(";"))

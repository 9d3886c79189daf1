"""Whole quantities of a base unit, read strictly."""

import re

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg

_WHOLE = re.compile(r"[0-9]{1,7}")
MOST = 1_000_000


def parse_quantity(text: str, *, field: str = "quantity") -> int:
    """A count of pieces from 1 to 1,000,000.

    Refuses what `int()` would take by mistake: `1_000`, `1e5`, `-0`, `+2`, `1,5`, the empty text.
    """
    plain = search_key(text)
    if not _WHOLE.fullmatch(plain):
        raise Refused(msg("“{text}” is not a whole number of pieces.", text=text[:40]), field=field)
    quantity = int(plain)
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field=field)
    return quantity

"""Days as people type them."""

from datetime import date

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg

_FIRST, _LAST = date(1970, 1, 1), date(2200, 1, 1)
_ISO = 10  # characters of 2025-11-30


def read_day(text: str, *, field: str) -> date | None:
    """A day as a date field sends it, 2025-11-30; None for nothing typed."""
    typed = search_key(text)
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed) if len(typed) == _ISO else None
    except ValueError:
        day = None
    if day is None or not _FIRST <= day < _LAST:
        raise Refused(msg("“{text}” is not a day like 2025-11-30.", text=text[:40]), field=field)
    return day


def required_day(text: str, *, field: str) -> date:
    day = read_day(text, field=field)
    if day is None:
        raise Refused(msg("Please fill this in."), field=field)
    return day

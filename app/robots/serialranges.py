"""Ranges of serial numbers, as recalls and deliveries name them: G1-0100 to G1-0199.

Serials are compared by their search keys, digits as numbers: A9 comes before A10, and a007 stands
where a7 does. Two serials with one place in the order are still two serials: whether they are
the same is asked of their search keys alone.
"""

import re
from dataclasses import dataclass

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg

# Digits and other signs by turns; a digit run sorts before a letter at the same place.
_Piece = tuple[int, int, str]
SerialKey = tuple[_Piece, ...]

_DIGITS, _SIGNS = 0, 1
_RUN = re.compile(r"[0-9]+|[^0-9]+")
_DIGIT_RUN = re.compile(r"[0-9]+")
_BEFORE_ALL, _BEHIND_DIGITS = "\x01", "\x02"  # search keys hold no control characters
_TO = re.compile(r"\s*(?:\.\.+|…|~|→|–|—)\s*|\s+(?:to|-|bis|至|到)\s+")
MAX_LENGTH = 100
MAX_RANGE = 250


class UnreadableRange(Refused):
    code = "unreadable_serial_range"


def serial_key(serial: str) -> SerialKey:
    """The place of a serial in the natural order: compare keys with `<` and `==`."""
    return tuple(_piece(run) for run in _RUN.findall(_said(serial)))


def order_text(key: str) -> str:
    """A search key so written that its bytes sort as `serial_key` sorts: an index can stand on it.

    A digit run becomes its length and its digits, after a sign below all that keys contain.
    """
    return _DIGIT_RUN.sub(lambda run: f"{_BEFORE_ALL}{len(_bare(run[0])):03d}{_bare(run[0])}", key)


def _bare(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _piece(run: str) -> _Piece:
    return (_DIGITS, int(run), "") if run[0].isdecimal() else (_SIGNS, 0, run)


def _said(serial: str) -> str:
    key = search_key(serial)
    if not key or len(key) > MAX_LENGTH:
        raise UnreadableRange(
            msg("A serial number has 1 to {most} characters.", most=MAX_LENGTH), field="serial"
        )
    return key


def _series(said: str) -> str:
    """The signs before the first digit."""
    return re.split(r"[0-9]", said, maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class SerialRange:
    """Serials of one series from `first` to `last`, both included, that begin with `prefix`.

    None is no bound. A range from a serial to itself holds that serial alone.
    """

    first: str | None = None
    last: str | None = None
    prefix: str = ""

    def contains(self, serial: str) -> bool:
        said = _said(serial)
        if not said.startswith(search_key(self.prefix)):
            return False
        if self.first is not None and self.is_single:
            return said == search_key(self.first)
        bound = self.first or self.last
        if bound is not None and _series(said) != _series(search_key(bound)):
            return False
        key = serial_key(said)
        low = self.first is None or serial_key(self.first) <= key
        return low and (self.last is None or key <= serial_key(self.last))

    @property
    def is_single(self) -> bool:
        return self.first is not None and self.first == self.last

    def order_bounds(self) -> tuple[str, str] | None:
        """Between which `order_text`, both included, the serials of a range lie.

        None where no bounds say it: a single serial, a prefix, or all of them.
        """
        bound = self.first or self.last
        if bound is None or self.is_single:
            return None
        series = _series(search_key(bound))
        low = order_text(search_key(self.first)) if self.first else series
        high = order_text(search_key(self.last)) if self.last else series + _BEHIND_DIGITS
        return low, high


def serial_range(first: str, last: str) -> SerialRange:
    """From `first` to `last`; a bare number as `last` takes the letters of `first`.

    Refuses a range whose ends are the wrong way round, or of two different series.
    """
    low, high = _said(first), _said(last)
    if high.isdecimal() and low[-1].isdecimal():
        high = low.rstrip("0123456789") + high
    if _series(low) != _series(high):
        raise UnreadableRange(
            msg(
                "{first} and {last} are of two series; name a range for each.",
                first=first,
                last=last,
            ),
            field="last",
        )
    if serial_key(low) > serial_key(high):
        raise UnreadableRange(
            msg("The range runs backwards: {first} comes after {last}.", first=first, last=last),
            field="last",
        )
    return SerialRange(low, high)


def read_serial_range(text: str) -> SerialRange:
    """The range that a text says: `A9..A12`, `A100 to 199`, `A9..` (and later), `A24*`, `A9`."""
    said = search_key(text)
    if len(said) > MAX_RANGE:
        raise UnreadableRange(
            msg("A range of serials has at most {most} characters.", most=MAX_RANGE), field="serial"
        )
    if said == "*":
        return SerialRange()
    if said.endswith("*"):
        return SerialRange(prefix=_said(said.removesuffix("*")))
    ends = [end.strip() for end in _TO.split(said, maxsplit=1)]
    if len(ends) == 1:
        return serial_range(said, said)
    first, last = ends
    if first and last:
        return serial_range(first, last)
    return SerialRange(_said(first) if first else None, _said(last) if last else None)

"""From what was typed for a reading to its numbers; nothing is guessed silently.

A single comma or point is the decimal mark, never one of thousands, so `1.234` and `1,234` are the
same number in every language. Several numbers of one reading stand apart by spaces, tabs or
semicolons. A unit behind them must be the point's own.
"""

import re
from enum import StrEnum

from app.calibration.metrology.checks import LARGEST_MAGNITUDE
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, figures
from app.kernel.text import Text, msg

LONGEST = 400
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_BETWEEN = re.compile(r"[\s;|]+")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2012": "-"})
_SPELLINGS = str.maketrans({"²": "^2", "³": "^3", "\u03bc": "\u00b5", "·": "*"})
_NO_NUMBERS = {"nan", "inf", "infinity", "+inf", "-inf"}
_SAME = {"°": "deg", "grad": "deg", "degree": "deg", "degrees": "deg"}


class Mark(StrEnum):
    """The decimal mark that was declared; for what a person types either will do."""

    EITHER = "either"
    POINT = "point"
    COMMA = "comma"


class NotAReading(Refused):
    """What was typed is no reading of this point."""

    code = "not_a_reading"


class OtherUnit(NotAReading):
    """The unit behind the number is not the point's."""

    code = "other_unit"


def read(text: str, *, units: tuple[str, ...], mark: Mark = Mark.EITHER) -> tuple[float, ...]:
    """The numbers of one reading, one for each of the point's `units`.

    Raises NotAReading naming what is wrong, OtherUnit for another unit.
    """
    typed = clean(text).translate(_MINUS)
    if not typed:
        raise _bad(msg("Type a reading, then Enter."))
    if len(typed) > LONGEST:
        raise _bad(msg("At most {most} characters fit here.", most=LONGEST))
    numbers: list[float] = []
    for word in filter(None, _BETWEEN.split(typed)):
        figure, behind = _apart(word)
        if figure:
            numbers.append(_number(figure, mark))
        if behind:
            place = min(max(len(numbers), 1), len(units)) - 1
            _check_unit(behind, units[place], word=word, is_first=not numbers)
    if len(numbers) != len(units):
        raise _bad(
            msg(
                "This point takes {wanted} numbers for a reading; {count} were given.",
                wanted=len(units),
                count=len(numbers),
            )
        )
    return tuple(numbers)


def same_unit(one: str, other: str) -> bool:
    """Whether two writings are the same unit; `°` is `deg`."""
    return _plain(one) == _plain(other)


def _apart(word: str) -> tuple[str, str]:
    """The number that a word begins with, and what stands behind it."""
    written = figures(word)
    found = _NUMBER.match(written)
    if found is None:
        return "", word
    behind = word[found.end() :] if len(written) == len(word) else written[found.end() :]
    if behind[:1].isdigit() or behind[:1] in {".", ",", "+", "-"}:
        raise _no_number(word)
    return found[0], behind


def _check_unit(written: str, unit: str, *, word: str, is_first: bool) -> None:
    if same_unit(written, unit):
        return
    if is_first or written.casefold() in _NO_NUMBERS:
        raise _no_number(word)
    raise OtherUnit(
        msg("This point is read in {unit}, not in “{written}”.", unit=unit, written=written[:40]),
        field="reading",
    )


def _number(written: str, mark: Mark) -> float:
    if mark is Mark.POINT and "," in written:
        raise _bad(msg("The decimal mark is a point here."))
    if mark is Mark.COMMA and "." in written:
        raise _bad(msg("The decimal mark is a comma here."))
    value = float(written.replace(",", "."))
    if abs(value) > LARGEST_MAGNITUDE:
        raise _no_number(written)
    return value


def _no_number(word: str) -> NotAReading:
    return _bad(msg("“{text}” is not a number.", text=word[:40]))


def _bad(sentence: Text) -> NotAReading:
    return NotAReading(sentence, field="reading")


def _plain(unit: str) -> str:
    written = unit.strip().translate(_SPELLINGS)
    return _SAME.get(written, written)

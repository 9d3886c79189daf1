"""What a serial number may be. Every way in (page, file, scan, program) reads it here."""

import re
import unicodedata

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg

MOST = 100
# 8.93901E+18 or 1,23E+15: what spreadsheets make of long numbers. 2E-0001 and 12E34 are serials.
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+e[+-]?|e\+)\d+")
_LINE_BREAK = re.compile(r"[\n\u2028\u2029]")
# Letters by Unicode's table, though nobody can see them: Hangul fillers and the empty Braille cell.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def read_serial(text: str, *, field: str = "serial") -> str:
    """A serial number as printed on the robot: outer space and control characters taken off.

    Text for ever: `007` stays `007` and is not `7`. Raises Refused for what is blank, longer than
    100 characters, of several lines, or a number that a spreadsheet has shortened.
    """
    serial = clean(text)
    if not any(map(_shows, serial)):
        raise Refused(msg("A robot needs its serial number."), field=field)
    if _LINE_BREAK.search(serial):
        raise Refused(msg("A serial number stands on one line."), field=field)
    key = search_key(serial)
    if max(len(serial), len(key)) > MOST:
        raise Refused(msg("A serial number has at most {most} characters.", most=MOST), field=field)
    if _SCIENTIFIC.fullmatch(key):
        raise Refused(
            msg(
                "“{serial}” is a number that a spreadsheet (Excel) has shortened; its last digits "
                "are lost. Format the column as text and enter the serials again.",
                serial=serial,
            ),
            field=field,
        )
    return serial


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS

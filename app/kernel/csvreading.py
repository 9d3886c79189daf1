"""CSV as other programs write it: from bytes to records of text."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from io import StringIO

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg

SEPARATORS: dict[str, Text] = {",": msg("comma"), ";": msg("semicolon"), "\t": msg("tab")}
UTF_8, UTF_16, GB18030, WESTERN = "UTF-8", "UTF-16", "GB18030", "Windows-1252"
ENCODINGS = (UTF_8, UTF_16, GB18030, WESTERN)

_CODECS = {UTF_8: "utf-8-sig", UTF_16: "utf-16", GB18030: "gb18030", WESTERN: "cp1252"}
_MARKS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF16_LE: UTF_16,
    codecs.BOM_UTF16_BE: UTF_16,
}
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# ="007": how careful programs keep a spreadsheet from reading a number
_KEPT_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
# How punctuation and the letters of everyday begin in GB 2312.
_COMMON = frozenset([*range(0xA1, 0xA4), *range(0xB0, 0xD8)])
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_NO_TEXT = msg("This is not a text file. Save it as “CSV UTF-8”.")


def decoded(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and the name of its encoding; a name given is taken at its word.

    Without one: by the byte order mark, else UTF-8, else what the bytes look like. Raises Refused.
    """
    marked = [name for mark, name in _MARKS.items() if data.startswith(mark)]
    names = [encoding] if encoding in _CODECS else marked or [UTF_8, *_guessed(data)]
    for name in names:
        try:
            text = data.decode(_CODECS[name])
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and (encoding or name != WESTERN or _looks_western(text)):
            return text.removeprefix("\ufeff"), name
    raise Refused(_NO_TEXT, field="file")


def _guessed(data: bytes) -> list[str]:
    """Nearly all bytes are valid GB18030. But Chinese letters come in pairs, and most of them begin
    as the common ones of GB 2312 do; umlauts mostly come alone.
    """
    chinese = western = 0
    for run in _BEYOND_ASCII.findall(data):
        if len(run) % 2:
            western += 1
            continue
        common = sum(lead in _COMMON for lead in run[::2])
        chinese += common
        western += len(run) // 2 - common
    return [WESTERN, GB18030] if western > chinese else [GB18030, WESTERN]


def _looks_western(text: str) -> bool:
    """Nearly all bytes are Windows-1252 too; a text in it is mostly plain letters and figures."""
    return 2 * sum(
        sign.isascii() and (sign.isprintable() or sign.isspace()) for sign in text
    ) > len(text)


def separator_of(text: str, fitness: Callable[[Sequence[str]], int]) -> str:
    """What parts the first record into the most titles, as `fitness` counts them."""
    stated = _SEPARATOR_LINE.match(text)
    if stated and stated[1] in SEPARATORS:
        return stated[1]

    def fits(separator: str) -> tuple[int, int]:
        try:
            _, titles = next(records(text, separator), (0, []))
        except Refused:
            return (0, 0)
        return (fitness(titles), len(titles))

    return max(SEPARATORS, key=fits)


def records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each record that is not blank; a quoted cell may hold line breaks.

    Raises Refused where the quotation marks do not fit.
    """
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


def plain(cell: str) -> str:
    """A cell without the wrapping that kept it text in a spreadsheet."""
    kept = _KEPT_AS_TEXT.fullmatch(cell)
    return kept[1].replace('""', '"') if kept else cell

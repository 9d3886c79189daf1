"""Slips for receipt printers in ESC/POS: lines of text, square codes, cut, drawer.

A printer shows the bytes above 127 by its code page, and a wrong guess prints other letters without
any error. So each line goes one of these ways, the first that can show every character of it:
a code page that the printer's owner has named; GB18030 where the printer is a Chinese model;
dots drawn here; and last plain letters in the place of others, with a warning in the log.
"""

import copy
import importlib
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import structlog

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.web import raster
from app.web.columns import padded, width, wrapped

log = structlog.get_logger("printer")

_INTERNATIONAL_SET_USA = b"\x1bR\x00"  # else an older setting may print [ as Ä
_CHINESE_ON, _CHINESE_OFF = b"\x1c&", b"\x1c."
_COLUMN_DOTS = 12
_TWO_BYTES = 2
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "))
# Signs with a plain twin that nobody reads differently.
_TWINS = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "‑": "-", "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"'}
    | {"„": '"', "…": "...", "•": "*", "→": "->", "×": "x", "·": "-", "≥": ">=", "≤": "<="}
)
_PLAIN_LETTERS = {
    "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "€": "EUR"
}  # fmt: skip


class Style(StrEnum):
    PLAIN = "plain"
    BOLD = "bold"
    TALL = "tall"  # bold, double height
    LARGE = "large"  # bold, double height and width: half the columns


_DOT_SIZES = {
    Style.PLAIN: (24, 22, 20),
    Style.BOLD: (24, 22, 20),
    Style.TALL: (36, 32, 28, 24),
    Style.LARGE: (48, 40, 32, 24),
}
_SMALLEST_DOTS = 16


@dataclass(frozen=True, slots=True)
class ReceiptPrinter:
    """What a store says about its printer.

    `model` is a name in python-escpos's table of capabilities, `code_pages` those that the printer
    really has, the preferred one first; `gb18030` says that it prints Chinese from its own font.
    """

    model: str = "TM-T88V"
    width_chars: int = 42
    code_pages: tuple[str, ...] = ("CP858",)
    gb18030: bool = False

    @property
    def width_dots(self) -> int:
        return self.width_chars * _COLUMN_DOTS


class Slip:
    """One slip being written; `data` is what the printer gets.

    Raises Refused for a printer model or code page that does not exist.
    """

    def __init__(self, printer: ReceiptPrinter) -> None:
        self.printer = printer
        self._paper = _paper(printer)
        self._paper.hw("INIT")
        self._send(_INTERNATIONAL_SET_USA)
        if printer.gb18030:
            self._send(_CHINESE_OFF)  # these models start in it, and pair any two high bytes
        self._paper.charcode(printer.code_pages[0])

    @property
    def data(self) -> bytes:
        output: bytes = self._paper.output
        return output

    def text(self, text: str, *, style: Style = Style.PLAIN, centred: bool = False) -> None:
        """Text over as many lines as it needs."""
        columns = self._columns(style)
        for line in wrapped(self._printable(text), columns):
            indent = (columns - width(line)) // 2 if centred else 0
            self._line(" " * indent + line, "", style)

    def pair(self, left: str, right: str, *, style: Style = Style.PLAIN) -> None:
        """Text at the left, wrapped beside an amount that ends at the right edge."""
        right = self._printable(right)
        lines = wrapped(self._printable(left), max(self._columns(style) - width(right) - 1, 1))
        for number, line in enumerate(lines):
            self._line(line, right if number == 0 else "", style)

    def rule(self) -> None:
        self._line("-" * self.printer.width_chars, "", Style.PLAIN)

    def feed(self) -> None:
        self._paper.text("\n")

    def qr(self, text: str) -> None:
        """A square code in the middle, by the printer's own drawing where it has one."""
        self._paper.set(align="center")
        native = bool(self._paper.profile.supports("qrCode"))
        self._paper.qr(text, ec=1, size=5, native=native)
        self._paper.text("\n")
        self._paper.set(align="left")

    def cut(self) -> None:
        self._paper.cut()

    def kick_drawer(self) -> None:
        self._paper.cashdraw(2)

    def _printable(self, text: str) -> str:
        """Text without control characters, which would be commands to the printer."""
        plain = unicodedata.normalize("NFC", clean(text.translate(_SPACES)))
        return plain.replace("¥", "￥") if self.printer.gb18030 else plain

    def _columns(self, style: Style) -> int:
        return self.printer.width_chars // (2 if style is Style.LARGE else 1)

    def _line(self, left: str, right: str, style: Style) -> None:
        by_font = self._by_gb18030 if self.printer.gb18030 else self._by_code_page
        if self._by_ascii(left, right, style) or by_font(left, right, style):
            return
        if raster.has_letters_for(left + right):
            self._by_dots(left, right, style)
            return
        lacking = {letter for letter in left + right if not self._page_for(letter)}
        names = ", ".join(f"U+{ord(letter):04X}" for letter in sorted(lacking))
        log.warning("letters_replaced", printer=self.printer.model, letters=names)
        self._by_code_page(self._spelled(left), self._spelled(right), style)

    def _by_ascii(self, left: str, right: str, style: Style) -> bool:
        return (left + right).isascii() and self._by_code_page(left, right, style)

    def _by_code_page(self, left: str, right: str, style: Style) -> bool:
        columns = self._columns(style)
        twin = padded(left.translate(_TWINS), right.translate(_TWINS), columns)
        for text in (padded(left, right, columns), twin):
            page = self._page_for(text)
            if page:
                self._paper.charcode(page)
                with self._set(style):
                    self._paper.text(text + "\n")
                return True
        return False

    def _by_gb18030(self, left: str, right: str, style: Style) -> bool:
        """Only letters of one or two bytes: no printer is known to hold the four-byte ones."""
        start, end = left.encode("gb18030"), right.encode("gb18030")
        gap = self._columns(style) - len(start) - len(end)  # a byte is a column wide here
        if gap < 0 or any(len(letter.encode("gb18030")) > _TWO_BYTES for letter in left + right):
            return False
        line = start + (b" " * gap + end if end else b"")
        with self._set(style):
            self._send(_CHINESE_ON + line + b"\n" + _CHINESE_OFF)
        return True

    def _by_dots(self, left: str, right: str, style: Style) -> None:
        """The line as a picture, in the largest size that fits."""
        bold = style is not Style.PLAIN
        room = self.printer.width_dots
        size = next(
            size
            for size in (*_DOT_SIZES[style], _SMALLEST_DOTS)
            if size == _SMALLEST_DOTS
            or raster.text_width(f"{left} {right}", size_px=size, bold=bold) <= room
        )
        indent = (len(left) - len(left.lstrip())) * room // self._columns(style)
        end = room - raster.text_width(right, size_px=size, bold=bold)
        strip = raster.text_image(
            [(indent, left.lstrip()), (end, right)],
            width_px=room,
            height_px=round(size * 1.3),
            size_px=size,
            bold=bold,
        )
        self._paper.image(strip)

    @contextmanager
    def _set(self, style: Style) -> Iterator[None]:
        """Text in `style`, and plain again after it."""
        if style is Style.PLAIN:
            yield
            return
        if style is not Style.BOLD:
            self._paper.set(double_height=True, double_width=style is Style.LARGE)
        self._paper.set(bold=True)  # after the size, whose command also unsets bold
        yield
        self._paper.set(bold=False, normal_textsize=True)

    def _page_for(self, text: str) -> str | None:
        """The first of the printer's code pages that has every letter of `text`."""
        can_encode = self._paper.magic.encoder.can_encode
        for page in self.printer.code_pages:
            if all(can_encode(page, letter) for letter in text):
                return page
        return None

    def _spelled(self, text: str) -> str:
        return "".join(self._spelled_letter(letter) for letter in text)

    def _spelled_letter(self, letter: str) -> str:
        """The letter, or its plain form (ő is o), or at least its number: never another letter."""
        bare = "".join(
            part
            for part in unicodedata.normalize("NFKD", letter)
            if not unicodedata.combining(part)
        )
        tries = (letter, letter.translate(_TWINS), _PLAIN_LETTERS.get(letter, ""), bare)
        first_page = self.printer.code_pages[:1]
        can_encode = self._paper.magic.encoder.can_encode
        for text in tries:
            if text and all(can_encode(page, part) for page in first_page for part in text):
                return text
        return f"[U+{ord(letter):04X}]"

    def _send(self, data: bytes) -> None:
        self._paper._raw(data)  # noqa: SLF001 - python-escpos has no public verb for bytes


def _paper(printer: ReceiptPrinter) -> Any:
    """python-escpos's writer into memory, for this printer's capabilities."""
    try:
        paper = _writer()(profile=printer.model)
    except KeyError as unknown:
        raise Refused(
            msg("“{model}” is not a known receipt printer.", model=printer.model), field="model"
        ) from unknown
    for page in printer.code_pages:
        if page not in paper.profile.get_code_pages():
            raise Refused(
                msg("{model} has no code page {page}.", model=printer.model, page=page),
                field="code_pages",
            )
    # without a known width, python-escpos complains on standard output for each picture
    paper.profile.profile_data = copy.deepcopy(paper.profile.profile_data)
    paper.profile.profile_data["media"]["width"]["pixels"] = printer.width_dots
    return paper


@cache
def _writer() -> Any:
    """The class of python-escpos that writes into memory; loaded late, since few workers print."""
    # it keeps a pickle in a new temporary folder at each start, and leaves it behind
    shutil.rmtree(importlib.import_module("escpos.capabilities").pickle_dir, ignore_errors=True)
    return importlib.import_module("escpos.printer").Dummy

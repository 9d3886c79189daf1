"""Labels with a QR code: one layout in millimetres, written as SVG, PDF and ZPL.

A label says what a thing is (`title`), which one it is (`identity`: serial, part number, ticket)
and where a scan leads (`url`). The identity is never shortened; it shrinks or takes more lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.searchkeys import clean
from app.web import raster
from app.web.columns import width, wrapped
from app.web.printing import pdf_from_html
from app.web.qr import QUIET_ZONE, Drawing, modules, qr_code
from app.web.rendering import environment

_PLAIN_EM, _BOLD_EM = 0.62, 0.68  # width of a digit of Inter, which is wider than the mean letter
_LEADING = 1.2
_SMALLEST_MM = 1.6
_MARGIN_MM = 1.5


@dataclass(frozen=True, slots=True)
class Label:
    title: str
    identity: str
    url: str


@dataclass(frozen=True, slots=True)
class Stock:
    """Label material: one label's size, and how many lie on a sheet (1 by 1 is a roll)."""

    name: str
    width_mm: int
    height_mm: int
    columns: int = 1
    rows: int = 1

    @property
    def per_sheet(self) -> int:
        return self.columns * self.rows


STOCKS = {
    stock.name: stock
    for stock in (
        Stock("62x29", 62, 29),
        Stock("100x50", 100, 50),
        Stock("a4", 70, 37, columns=3, rows=8),
    )
}


@dataclass(frozen=True, slots=True)
class TextBox:
    """A line of text: left edge, top edge and letter height, in millimetres."""

    x: float
    y: float
    size: float
    text: str
    bold: bool = False

    @property
    def baseline(self) -> float:
        return round(self.y + 0.8 * self.size, 2)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands; the square code fills `code_mm` from `_MARGIN_MM` at the left."""

    stock: Stock
    url: str
    code: Drawing
    code_mm: float
    texts: tuple[TextBox, ...]

    @property
    def code_scale(self) -> float:
        return round(self.code_mm / self.code.width, 4)

    @property
    def code_top(self) -> float:
        return (self.stock.height_mm - self.code_mm) / 2


def laid_out(label: Label, stock: Stock) -> Layout:
    """The layout of a label on its material."""
    height = stock.height_mm
    code_mm = min(height - 2 * _MARGIN_MM, stock.width_mm * 0.38)
    left = round(_MARGIN_MM + code_mm + 0.5, 2)
    room = stock.width_mm - left - _MARGIN_MM
    address = label.url.partition("://")[2]
    blocks = [
        _Block.of(label.title, size=height * 0.12, room=room).cut(2, room),
        _Block.of(label.identity, size=height * 0.16, room=room, bold=True),
        _Block.of(address, size=height * 0.08, room=room, least=_SMALLEST_MM),
    ]
    if len(blocks[-1].lines) > 1 or _height(blocks) > height - 2 * _MARGIN_MM:
        blocks.pop()  # the code says the address too
    texts = []
    top = (height - _height(blocks)) / 2
    for block in blocks:
        for number, line in enumerate(block.lines):
            y = top + number * block.size * _LEADING
            texts.append(TextBox(left, round(y, 2), round(block.size, 2), line, bold=block.bold))
        top += block.height
    return Layout(stock, label.url, qr_code(label.url), round(code_mm, 2), tuple(texts))


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one size."""

    size: float
    lines: tuple[str, ...]
    bold: bool

    @classmethod
    def of(
        cls, text: str, *, size: float, room: float, bold: bool = False, least: float = 0
    ) -> "_Block":
        """`text` in one line of at most `size`, else broken into lines at the `least` size."""
        text = clean(text).replace("\n", " ")
        em = _BOLD_EM if bold else _PLAIN_EM
        least = least or size * 0.6
        fitting = room / (em * max(width(text), 1))
        if fitting >= least:
            return cls(min(size, fitting), (text,) if text else (), bold)
        return cls(least, tuple(wrapped(text, _columns(room, em * least))), bold)

    def cut(self, most: int, room: float) -> "_Block":
        """At most so many lines; what is lost is marked."""
        if len(self.lines) <= most:
            return self
        end = self.lines[most - 1][: _columns(room, _PLAIN_EM * self.size) - 1].rstrip() + "…"
        return _Block(self.size, (*self.lines[: most - 1], end), self.bold)

    @property
    def height(self) -> float:
        """Millimetres down to the next block."""
        return len(self.lines) * self.size * _LEADING + (self.size * 0.4 if self.lines else 0)


def _height(blocks: list[_Block]) -> float:
    return sum(block.height for block in blocks)


def _columns(room: float, column_mm: float) -> int:
    return max(int(room / column_mm), 1)


def svg(label: Label, stock: Stock) -> str:
    """One label as a picture of its real size."""
    return environment().get_template("documents/label.svg").render(layout=laid_out(label, stock))


def pdf(labels: Sequence[Label], stock: Stock, *, skip: int = 0) -> bytes:
    """Labels as PDF: a page each on a roll, else sheets; the first `skip` places are used up."""
    places = [None] * (skip % stock.per_sheet) + [laid_out(label, stock) for label in labels]
    sheets = [
        places[start : start + stock.per_sheet] for start in range(0, len(places), stock.per_sheet)
    ]
    page = environment().get_template("documents/labels.html")
    return pdf_from_html(page.render(stock=stock, sheets=sheets))


def zpl(label: Label, stock: Stock, *, dots_per_mm: int = 8) -> str:
    """One label in Zebra's language, for 203 dpi (8 dots per mm) or 300 dpi (12)."""
    layout = laid_out(label, stock)
    size = f"^PW{stock.width_mm * dots_per_mm}^LL{stock.height_mm * dots_per_mm}"
    fields = [_zpl_code(layout, dots_per_mm)]
    fields += [_zpl_text(text, dots_per_mm) for text in layout.texts]
    return "\n".join(["^XA^CI28^LH0,0", size, *fields, "^XZ", ""])


def _zpl_code(layout: Layout, dots_per_mm: int) -> str:
    """The code by the printer's own drawing, which leaves the white edge to us."""
    dark = len(modules(layout.url)) - 2 * QUIET_ZONE
    room = round(layout.code_mm * dots_per_mm)
    scale = max(min(room // (dark + 2 * QUIET_ZONE), 10), 1)
    edge = (room - dark * scale) // 2
    left = round(_MARGIN_MM * dots_per_mm) + edge
    top = round(layout.code_top * dots_per_mm) + edge
    return f"^FO{left},{top}^BQN,2,{scale}^FH_^FDMA,{_zpl_escaped(layout.url)}^FS"


def _zpl_text(box: TextBox, dots_per_mm: int) -> str:
    place = f"^FO{round(box.x * dots_per_mm)},{round(box.y * dots_per_mm)}"
    height = round(box.size * dots_per_mm)
    if _has_zebra_letters(box.text) or not raster.has_letters_for(box.text):
        return f"{place}^A0N,{height},{height}^FH_^FD{_zpl_escaped(box.text)}^FS"
    return f"{place}{_zpl_picture(box, height)}^FS"


def _zpl_picture(box: TextBox, height: int) -> str:
    """Text as dots, for letters that Zebra's scalable font has not."""
    width_px = raster.text_width(box.text, size_px=height, bold=box.bold) + 1
    strip = raster.text_image(
        [(0, box.text)],
        width_px=width_px,
        height_px=round(height * 1.3),
        size_px=height,
        bold=box.bold,
    )
    per_row = (width_px + 7) // 8
    # in ZPL a set bit is black, in Pillow it is white; the bits that fill up a row stay white
    rows = bytearray()
    for row in raster.rows(strip):
        bits = int("".join("1" if dark else "0" for dark in row).ljust(per_row * 8, "0"), 2)
        rows += bits.to_bytes(per_row, "big")
    return f"^GFA,{len(rows)},{len(rows)},{per_row},{rows.hex().upper()}"


def _has_zebra_letters(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _zpl_escaped(text: str) -> str:
    """UTF-8 with all but plain letters as `_5E`: `^` and `~` would be commands, `_` an escape."""
    return "".join(
        chr(byte)
        if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in " .:/-")
        else f"_{byte:02X}"
        for byte in text.encode()
    )

"""Reading ESC/POS back: what a printer would show, as lines of text and pictures."""

from dataclasses import dataclass, field

from PIL import Image

# command, and how many bytes of it follow
_FIXED = {
    b"\x1b@": 0, b"\x1bR": 1, b"\x1b!": 1, b"\x1bE": 1, b"\x1ba": 1, b"\x1bd": 1, b"\x1bp": 3,
    b"\x1dV": 1, b"\x1dB": 1, b"\x1b{": 1, b"\x1b-": 1,
}  # fmt: skip
_PAGES = {0: "cp437", 18: "cp852", 19: "cp858", 16: "cp1252"}


@dataclass
class Read:
    """`text` with a line per printed line, "<picture>" for one of dots and "<qr …>" for a code."""

    text: str = ""
    pictures: list[Image.Image] = field(default_factory=list)
    cuts: int = 0
    kicks: int = 0
    commands: list[bytes] = field(default_factory=list)


def read(data: bytes) -> Read:
    """Follow the commands; AssertionError for one that our slips should not hold."""
    found, page, chinese, at = Read(), "cp437", False, 0
    while at < len(data):
        head = data[at : at + 2]
        if head == b"\x1bt":
            page, at = _PAGES[data[at + 2]], at + 3
        elif head in {b"\x1c&", b"\x1c."}:
            chinese, at = head == b"\x1c&", at + 2
        elif data[at : at + 3] == b"\x1dv0":
            at = _picture(data, at, found)
        elif data[at : at + 3] == b"\x1d(k":
            at = _code(data, at, found)
        elif head in _FIXED:
            found.cuts += head == b"\x1dV"
            found.kicks += head == b"\x1bp"
            found.commands.append(data[at : at + 2 + _FIXED[head]])
            at += 2 + _FIXED[head]
        else:
            assert data[at] not in {0x1B, 0x1C, 0x1D}, f"unknown command {data[at : at + 4]!r}"
            end = next(
                (i for i in range(at, len(data)) if data[i] in {0x1B, 0x1C, 0x1D}), len(data)
            )
            found.text += data[at:end].decode("gb18030" if chinese else page)
            at = end
    return found


def _picture(data: bytes, at: int, found: Read) -> int:
    width_bytes = int.from_bytes(data[at + 4 : at + 6], "little")
    height = int.from_bytes(data[at + 6 : at + 8], "little")
    end = at + 8 + width_bytes * height
    dots = bytes(byte ^ 0xFF for byte in data[at + 8 : end])
    found.pictures.append(Image.frombytes("1", (width_bytes * 8, height), dots))
    found.text += "<picture>\n"
    return end


def _code(data: bytes, at: int, found: Read) -> int:
    length = int.from_bytes(data[at + 3 : at + 5], "little")
    body = data[at + 5 : at + 5 + length]
    if body[1] == 80:
        found.text += f"<qr {body[3:].decode()}>"
    return at + 5 + length

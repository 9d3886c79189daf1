"""A signature from the screen: a drawing, or a typed name where nobody can draw."""

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageChops, UnidentifiedImageError

from app.kernel.errors import Refused
from app.kernel.text import msg

_PREFIX = "data:image/png;base64,"
_MOST_BYTES = 300_000
_MOST_PIXELS = 2_000_000
# As it is kept: 7 cm on paper at 260 dots an inch. A hand turns from paper to ink and back a few
# thousand times on it; what does so much more often is no handwriting, and would fill its paper.
_KEPT = (720, 360)
_INK_BELOW = 128
_MOST_EDGES = 20_000
# What Pillow says of bytes that are no picture, half of one, or one of absurd size.
_BROKEN = (
    binascii.Error,
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    EOFError,
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed, and how it looks (PNG; empty when the name was typed)."""

    name: str
    picture: bytes = b""


def read_signature(name: str, data_url: str) -> Signed:
    """A drawn or typed signature. Raises Refused for anything that is not a small PNG with strokes.

    The picture is decoded, made small and written anew, so that only pixels are kept.
    """
    if not data_url:
        return Signed(name)
    if not data_url.startswith(_PREFIX) or len(data_url) > _MOST_BYTES * 4 // 3 + 100:
        raise _unreadable()
    try:
        raw = base64.b64decode(data_url.removeprefix(_PREFIX), validate=True)
        picture = Image.open(BytesIO(raw), formats=["PNG"])
        if picture.width * picture.height > _MOST_PIXELS:
            raise _unreadable()
        flat = picture.convert("RGBA")
    except _BROKEN as error:
        raise _unreadable() from error
    flat.thumbnail(_KEPT)
    if not 0 < _edges(flat) <= _MOST_EDGES:
        raise _unreadable()
    written = BytesIO()
    flat.save(written, "PNG", optimize=True)
    return Signed(name, written.getvalue())


def _edges(picture: Image.Image) -> int:
    """How often ink and white paper meet along its rows; nothing on a page that is all one."""
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    inked = paper.convert("L").point(lambda level: 255 if level < _INK_BELOW else 0)
    shifted = ImageChops.offset(inked, 1, 0)
    return ImageChops.difference(inked, shifted).histogram()[255]


def _unreadable() -> Refused:
    return Refused(msg("The signature could not be read; please sign again."), field="signature")

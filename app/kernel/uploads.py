"""What people send as files: told by their first bytes, pictures written anew, PDF as it is.

A picture is decoded and encoded again, so that only its dots are kept: no position, no camera, no
second file behind it. Its size is known before it is decoded.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from app.kernel.errors import Refused, TooLarge
from app.kernel.text import msg

MOST_BYTES = 20_000_000
MOST_PIXELS = 40_000_000
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
EXTENSIONS = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg"}
_PDF_BEGINS, _PDF_ENDS = b"%PDF-", b"%%EOF"
_PDF_HEAD, _PDF_TAIL = 1024, 2048  # where readers look for these
_JPEG_QUALITY = 88
_BROKEN = (
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
class Upload:
    """A file as it is kept."""

    content: bytes
    media_type: str


def read_document(data: bytes, *, field: str = "file") -> Upload:
    """A PDF, or a PNG or JPEG picture. Raises TooLarge, or Refused for anything else."""
    _check_size(data, field=field)
    if _PDF_BEGINS in data[:_PDF_HEAD]:
        if not data.startswith(_PDF_BEGINS) or _PDF_ENDS not in data[-_PDF_TAIL:]:
            raise Refused(msg("This PDF is not whole."), field=field)
        return Upload(data, PDF)
    return read_picture(data, field=field)


def read_picture(data: bytes, *, field: str = "file") -> Upload:
    """A PNG or JPEG picture, upright and without anything but its dots."""
    bare, is_png = _decoded(data, field=field)
    written = BytesIO()
    if is_png:
        bare.save(written, "PNG", optimize=True)
        return Upload(written.getvalue(), PNG)
    bare.save(written, "JPEG", quality=_JPEG_QUALITY)
    return Upload(written.getvalue(), JPEG)


def read_photo(data: bytes, *, field: str = "photo") -> Upload:
    """The same, always as JPEG: what is transparent becomes black."""
    bare, _ = _decoded(data, field=field)
    written = BytesIO()
    bare.convert("RGB").save(written, "JPEG", quality=_JPEG_QUALITY)
    return Upload(written.getvalue(), JPEG)


def small_copy(photo: Upload, *, most_px: int) -> Upload:
    """A JPEG that `read_photo` gave, with at most so many dots on a side."""
    with Image.open(BytesIO(photo.content), formats=["JPEG"]) as picture:
        picture.thumbnail((most_px, most_px))
        written = BytesIO()
        picture.save(written, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return Upload(written.getvalue(), JPEG)


def _decoded(data: bytes, *, field: str) -> tuple[Image.Image, bool]:
    """A picture of its own with the dots of the one that was sent, and whether that was a PNG.

    Profiles and texts would be written along with the old one.
    """
    _check_size(data, field=field)
    try:
        with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise TooLarge(
                    msg("A picture has at most {most} million dots.", most=MOST_PIXELS // 10**6),
                    field=field,
                )
            is_png = picture.format == "PNG"
            upright = ImageOps.exif_transpose(picture)
            dots = upright.convert("RGBA" if is_png and upright.has_transparency_data else "RGB")
    except _BROKEN as broken:
        raise Refused(
            msg("This is not a PDF, PNG or JPEG that can be read."), field=field
        ) from broken
    bare = Image.new(dots.mode, dots.size)
    bare.paste(dots)
    return bare, is_png


def _check_size(data: bytes, *, field: str) -> None:
    if not data:
        raise Refused(msg("Please choose a file."), field=field)
    if len(data) > MOST_BYTES:
        raise TooLarge(msg("A file has at most {most} MB.", most=MOST_BYTES // 10**6), field=field)

"""Text and pictures as black dots: for printers without the letters, and for signatures.

Fonts are the system's: Noto Sans CJK where it is installed, else what the platform has for Chinese.
"""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from app.kernel.errors import Refused
from app.kernel.text import msg
from app.web.qr import Drawing, drawn

MOST_PIXELS = 2_000_000
_BLACK_BELOW = 128
_NO_LETTER = "\U0010ffff"
# File and face of each candidate; Pillow looks for the file in the system's font folders.
_FACES = {
    False: (
        ("NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"),
        ("NotoSansSC-Regular.otf", "Noto Sans SC"),
        ("PingFang.ttc", "PingFang SC"),
        ("msyh.ttc", "Microsoft YaHei"),
    ),
    True: (
        ("NotoSansCJK-Bold.ttc", "Noto Sans CJK SC"),
        ("NotoSansSC-Bold.otf", "Noto Sans SC"),
        ("PingFang.ttc", "PingFang SC"),
        ("msyhbd.ttc", "Microsoft YaHei"),
    ),
}


def has_letters_for(text: str) -> bool:
    """Whether the system's Chinese font draws every character of `text`."""
    font = _font(24, bold=False)
    return font is not None and all(_draws(font, letter) for letter in set(text) - {" "})


def text_width(text: str, *, size_px: int, bold: bool = False) -> int:
    """Dots that `text` takes when set at `size_px`."""
    return round(_needed_font(size_px, bold=bold).getlength(text))


def text_image(
    texts: list[tuple[int, str]], *, width_px: int, height_px: int, size_px: int, bold: bool = False
) -> Image.Image:
    """A white strip with each text in black at its x; mode "1". Needs `has_letters_for`."""
    font = _needed_font(size_px, bold=bold)
    strip = Image.new("L", (width_px, height_px), 255)
    pen = ImageDraw.Draw(strip)
    ascent, descent = font.getmetrics()
    top = (height_px - ascent - descent) // 2
    for x, text in texts:
        pen.text((x, top), text, font=font, fill=0)
    return _black_and_white(strip)


def ink(picture: bytes) -> Drawing:
    """A signature's dark strokes as path data, so that a page shows it without loading a picture.

    Refuses what is no picture, an empty one, and one above `MOST_PIXELS` before decoding it.
    """
    try:
        with Image.open(BytesIO(picture)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused(msg("The signature's picture is too large."))
            paper = Image.new("RGBA", opened.size, "white")
            paper.alpha_composite(opened.convert("RGBA"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as unreadable:
        raise Refused(msg("The signature is not a picture that can be read.")) from unreadable
    drawing = drawn(rows(_black_and_white(paper.convert("L"))))
    if not drawing.path:
        raise Refused(msg("The signature is empty."))
    return drawing


def rows(image: Image.Image) -> list[list[bool]]:
    """The rows of a black-and-white image, True for black."""
    dots = [dot == 0 for dot in image.convert("L").tobytes()]
    return [dots[start : start + image.width] for start in range(0, len(dots), image.width)]


def _black_and_white(image: Image.Image) -> Image.Image:
    return image.point(lambda level: 0 if level < _BLACK_BELOW else 255, mode="1")


def _needed_font(size_px: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    font = _font(size_px, bold=bold)
    if font is None:
        raise LookupError("no font with Chinese letters is installed")
    return font


@cache
def _font(size_px: int, *, bold: bool) -> ImageFont.FreeTypeFont | None:
    for file, family in _FACES[bold]:
        font = _face(file, family, size_px)
        if font is not None:
            return font
    return None


def _face(file: str, family: str, size_px: int) -> ImageFont.FreeTypeFont | None:
    """The face of a font collection with that family name, or None where it is not installed."""
    index = 0
    while True:
        try:
            font = ImageFont.truetype(file, size_px, index=index)
        except OSError:
            return None
        if font.getname()[0] == family:
            return font
        index += 1


@cache
def _draws(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    return bytes(font.getmask(letter)) != bytes(font.getmask(_NO_LETTER))

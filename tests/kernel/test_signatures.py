"""What a pad sends is a small picture of strokes, or it is refused where it was drawn."""

import base64
import random
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from app.kernel.errors import Refused
from app.kernel.signatures import read_signature

pytestmark = pytest.mark.only_on("sqlite")


def sent(picture: Image.Image, kind: str = "PNG") -> str:
    written = BytesIO()
    picture.save(written, kind)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def stroke(width: int, height: int) -> Image.Image:
    pad = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(pad).line([(0, 0), (width, height)], "black", 5)
    return pad


def noise() -> Image.Image:
    dots = random.Random(7).randbytes(700 * 300)
    return Image.frombytes("L", (700, 300), bytes(255 * (dot & 1) for dot in dots))


@pytest.mark.parametrize(
    "data_url",
    [
        "Kerstin Arndt",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,\u4e2d",
        "data:image/png;base64," + "A" * 500_000,
        sent(stroke(300, 100))[:150],
        sent(stroke(300, 100), "GIF"),
        sent(Image.new("1", (2_000, 2_000))),
        sent(Image.new("RGBA", (300, 100), (0, 0, 0, 0))),
        sent(Image.new("L", (300, 100), 0)),
        sent(noise()),
    ],
)
def test_nonsense_is_refused_at_its_field(data_url: str) -> None:
    with pytest.raises(Refused) as refused:
        read_signature("Kerstin Arndt", data_url)

    assert refused.value.field == "signature"


def test_a_large_drawing_is_kept_small() -> None:
    signed = read_signature("Kerstin Arndt", sent(stroke(1_500, 900)))

    assert Image.open(BytesIO(signed.picture)).size == (600, 360)

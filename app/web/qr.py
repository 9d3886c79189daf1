"""QR codes as SVG path data, drawn by `components/qr.html` with a class and no inline style."""

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET_ZONE = 4  # modules of white around the code (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Black on white: `path` is SVG path data in a box of `width` by `height` units."""

    width: int
    height: int
    path: str


def modules(text: str, *, error: str = "M") -> list[list[bool]]:
    """The code's rows of dark (True) and light modules, quiet zone included.

    `error` is the level of error correction: L 7 %, M 15 %, Q 25 %, H 30 %.
    """
    code = segno.make(text, error=error, micro=False, boost_error=False)
    return [[bool(dark) for dark in row] for row in code.matrix_iter(border=QUIET_ZONE)]


def qr_code(text: str, *, error: str = "M") -> Drawing:
    """The QR code that says `text`, one unit per module."""
    return drawn(modules(text, error=error))


def drawn(rows: list[list[bool]]) -> Drawing:
    """A bitmap as path data: one flat box per horizontal run of dark cells."""
    boxes = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                boxes.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return Drawing(width=len(rows[0]) if rows else 0, height=len(rows), path="".join(boxes))

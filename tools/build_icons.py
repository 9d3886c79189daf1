"""Build static/icons.svg, the one sprite: Lucide's icons and our own drawings (drawings.svg).

Usage: npm pack lucide-static@1.62.0, unpack it, then
    python tools/build_icons.py package/icons

A page shows an icon with `<use href="/static/icons.svg#bot">`; stroke and size come from the class
`icon` in ui.css. A new icon is a new line in icons.txt and a new run.
"""

import re
import sys
from pathlib import Path

SPRITE = Path(__file__).parents[1] / "static" / "icons.svg"

NAMES = Path(__file__).parent / "icons.txt"
DRAWINGS = Path(__file__).parent / "drawings.svg"


def symbol(name: str, svg: str) -> str:
    """One `<symbol>` out of a whole Lucide file, without line breaks and licence comment."""
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if drawing is None:
        raise ValueError(f"{name}.svg holds no drawing")
    body = re.sub(r"\s*\n\s*", "", drawing.group(1)).replace(" />", "/>")
    body = re.sub(r"\d*\.\d{3,}", lambda number: f"{float(number[0]):.2f}".lstrip("0"), body)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def main() -> None:
    """Write the sprite; the folder of Lucide's `icons` is the only argument."""
    source = Path(sys.argv[1])
    names = NAMES.read_text().split()
    symbols = [symbol(name, (source / f"{name}.svg").read_text()) for name in names]
    licence = "<!-- Lucide 1.62.0, ISC licence: vendor/licences/lucide.txt -->"
    opening, *ours, closing = DRAWINGS.read_text().splitlines()
    lines = [opening, licence, *symbols, *ours, closing]
    SPRITE.write_text("\n".join(lines) + "\n")
    print(f"{len(symbols) + len(ours)} symbols, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()

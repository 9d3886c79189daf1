"""Build static/icons.svg, the one sprite of all icons, from the npm package `lucide-static`.

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


def symbol(name: str, svg: str) -> str:
    """One `<symbol>` out of a whole Lucide file, without line breaks and licence comment."""
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if drawing is None:
        raise ValueError(f"{name}.svg holds no drawing")
    body = re.sub(r"\s*\n\s*", "", drawing.group(1)).replace(" />", "/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def main() -> None:
    """Write the sprite; the folder of Lucide's `icons` is the only argument."""
    source = Path(sys.argv[1])
    names = NAMES.read_text().split()
    symbols = [symbol(name, (source / f"{name}.svg").read_text()) for name in names]
    licence = "<!-- Lucide 1.62.0, ISC licence: vendor/licences/lucide.txt -->"
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', licence, *symbols, "</svg>"]
    SPRITE.write_text("\n".join(lines) + "\n")
    print(f"{len(symbols)} icons, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()

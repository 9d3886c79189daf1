"""Build static/icons.svg, the one sprite of all icons, from the npm package `lucide-static`.

Usage: npm pack lucide-static@1.62.0, unpack it, then
    python tools/build_icons.py package/icons

A page shows an icon with `<use href="/static/icons.svg#bot">`; stroke and size come from the class `icon` in ui.css.
A new icon is a new name in ICONS and a new run.
"""

import re
import sys
from pathlib import Path

SPRITE = Path(__file__).parents[1] / "static" / "icons.svg"

ICONS = """
activity arrow-down arrow-left arrow-right arrow-right-left arrow-up banknote bell bot boxes calendar camera
chart-column check chevron-left chevron-right circle-alert circle-check circle-dashed circle-question-mark clock
columns-3 credit-card download file-clock file-text history info key-round keyboard landmark languages
layout-dashboard list list-filter list-restart lock lock-open log-out mail menu message-square package-check
package-open pause pencil percent phone plus printer qr-code receipt-text refresh-cw ruler scan-barcode search send
settings shield-check signature split store ticket-percent timer trash-2 triangle-alert truck undo-2 upload user
users wallet wifi-off wrench x
""".split()


def symbol(name: str, svg: str) -> str:
    """One `<symbol>` out of a whole Lucide file, without its line breaks and its licence comment."""
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if drawing is None:
        raise ValueError(f"{name}.svg holds no drawing")
    body = re.sub(r"\s*\n\s*", "", drawing.group(1)).replace(" />", "/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def main() -> None:
    """Write the sprite; the folder of Lucide's `icons` is the only argument."""
    source = Path(sys.argv[1])
    symbols = [symbol(name, (source / f"{name}.svg").read_text()) for name in sorted(ICONS)]
    licence = "<!-- Lucide 1.62.0, ISC licence: vendor/licences/lucide.txt -->"
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', licence, *symbols, "</svg>"]
    SPRITE.write_text("\n".join(lines) + "\n")
    print(f"{len(symbols)} icons, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()

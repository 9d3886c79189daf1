#!/bin/sh
# Cut static/fonts/inter.woff2 out of Inter's variable font: the Latin letters and signs that the screens use,
# weights 400 to 700, one optical size, and only the features that ui.css switches on (tabular figures, slashed zero,
# cv05, cv11, ss03). The whole font is 352 KB, the cut about 27 KB; Chinese is left to the system's fonts.
#
# Usage: tools/subset_font.sh [InterVariable.woff2]
# Without a file the font is taken from the npm package inter-ui. fonttools lives in a throw-away environment: the
# product itself never needs it.
set -eu
export SOURCE_DATE_EPOCH=0 # the same bytes each time

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

source_font=${1:-}
if [ -z "$source_font" ]; then
  (cd "$work" && npm pack --silent inter-ui@4.1.1 >/dev/null && tar -xzf inter-ui-4.1.1.tgz)
  source_font="$work/package/variable/InterVariable.woff2"
fi

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'fonttools==4.68.0' 'brotli==1.2.1'

"$work/venv/bin/fonttools" varLib.instancer "$source_font" wght=400:700 opsz=14 \
  --output "$work/pinned.ttf" --quiet

# Tabular figures only: Inter's tnum also widens the hyphen and brackets to a figure's width, which tears words apart.
"$work/venv/bin/python" - "$work/pinned.ttf" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont

font = TTFont(sys.argv[1])
table = font["GSUB"].table
indices = {i for record in table.FeatureList.FeatureRecord if record.FeatureTag == "tnum" for i in record.Feature.LookupListIndex}
for index in indices:
    for subtable in table.LookupList.Lookup[index].SubTable:
        mapping = getattr(subtable, "ExtSubTable", subtable).mapping
        for glyph in list(mapping):
            if glyph.startswith(("hyphen", "paren", "bracket", "brace", "asterisk", "asciitilde", "space", "uni00A0")):
                del mapping[glyph]
font.save(sys.argv[1])
PYTHON

# ASCII, Latin-1, the Windows-1252 letters, dashes, quotes, arrows, minus, comparison signs, key caps, tick and cross.
# Inter's contextual alternates (calt) stay out: they turn "M4x12" into "M4×12", and a part number must be shown as it is.
"$work/venv/bin/pyftsubset" "$work/pinned.ttf" \
  --unicodes='U+0020-007E,U+00A0-00FF,U+0131,U+0152,U+0153,U+0160,U+0161,U+0178,U+017D,U+017E,U+2009,U+200A,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032,U+2033,U+2039,U+203A,U+20AC,U+2122,U+2190-2195,U+21B5,U+21E7,U+2212,U+2248,U+2260,U+2264,U+2265,U+23CE,U+2713,U+2717' \
  --layout-features='kern,mark,mkmk,ccmp,locl,tnum,zero,ss03,cv05,cv11' \
  --flavor=woff2 --no-hinting --desubroutinize --name-IDs='0,1,2,3,4,5,6,13,14' \
  --output-file="$root/static/fonts/inter.woff2"

wc -c "$root/static/fonts/inter.woff2"

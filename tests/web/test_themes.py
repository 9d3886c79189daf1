"""A theme is other colours and nothing else: pages are looked at closely in one, see journeys."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STYLES = sorted((ROOT / "static").glob("*.css"))
SCRIPTS = sorted((ROOT / "static").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_no_style_or_script_asks_which_theme_it_is() -> None:
    """`light-dark()` gives a colour, and is all that they know of it."""
    for path in (*STYLES, *SCRIPTS, *TEMPLATES):
        assert "prefers-color-scheme" not in path.read_text(), path.name


def test_a_chosen_theme_only_says_which_colours() -> None:
    rules = [
        rule
        for path in STYLES
        for rule in re.findall(r"[^{}]*\[data-theme[^{}]*\{([^{}]*)\}", path.read_text())
    ]

    assert sorted(rules) == ["color-scheme:dark", "color-scheme:light", "color-scheme:light"]

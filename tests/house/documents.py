"""The project's own pages, as tests read them."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    """A page of `docs/` as text."""
    return (DOCS / name).read_text()


def pages() -> list[Path]:
    """Every page for people: the README and what it leads to."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

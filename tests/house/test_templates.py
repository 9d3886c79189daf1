"""Templates: each compiles, and none says to a browser what the policy forbids."""

import re
from pathlib import Path

import pytest

from app import main
from app.web.rendering import TEMPLATES, environment

NAMES = sorted(
    path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()
)
# What a page must not hold, since its policy would stop it, or an attacker could use it.
FORBIDDEN = {
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "an address that runs": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
    "a frame or a plug-in": re.compile(r"<(iframe|object|embed|base)\b", re.IGNORECASE),
    "something of another site": re.compile(r"(src|href|action)=[\"'](https?:)?//", re.IGNORECASE),
}
# Papers become PDFs, never pages of a browser; labels are pictures with a style of their own.
ON_PAPER = ("documents/",)


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def test_every_template_compiles() -> None:
    """After `create_app`, which gives the environment its last names."""
    assert main.ROUTERS
    for name in NAMES:
        environment().get_template(name)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_page_holds(what: str) -> None:
    for name in NAMES:
        if name.startswith(ON_PAPER):
            continue
        bare = re.sub(r"{#.*?#}", "", source(name), flags=re.DOTALL)
        found = FORBIDDEN[what].search(bare)

        assert not found, f"{name} holds {what}: {found}"


def test_every_form_that_posts_carries_the_pages_token() -> None:
    """By its hidden field, or by a macro that writes it."""
    for name in NAMES:
        for form in re.findall(r"<form\b.*?</form>", source(name), re.DOTALL | re.IGNORECASE):
            if re.search(r"method=[\"']post|hx-post|hx-put|hx-delete", form, re.IGNORECASE):
                assert re.search("csrf_token|form_start|form_fields", form), name


def test_every_template_is_used() -> None:
    """By a page, by another template, or by a paper."""
    python = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(main.__file__).parent.rglob("*.py")
    )
    written = python + "\n".join(source(name) for name in NAMES)
    unused = [name for name in NAMES if name not in written and Path(name).stem not in python]

    assert unused == []

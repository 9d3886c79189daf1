"""The look holds its promises: accessible, inside its frame, light to load, all signs there."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.web.i18n import LANGUAGES
from app.web.rendering import STATIC, TEMPLATES, environment
from tests.web.shell import Site, context

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
FIRST_LOAD = (
    "ui.css vendor/htmx.min.js vendor/idiomorph-ext.min.js scanner.js app.js icons.svg favicon.svg"
)


def living_page(language: str = "en", **more: object) -> str:
    template = environment().get_template("settings/components.html")
    return template.render(context(language, **more))


@pytest.fixture(scope="module")
def unguarded(browser: Browser) -> Iterator[Page]:
    """A page into which axe may be put, against the page's own policy."""
    with browser.new_context(bypass_csp=True) as opened:
        yield opened.new_page()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_living_page(unguarded: Page, theme: str, language: str) -> None:
    with Site(living_page(language, theme=theme)).open() as site:
        for width in (1280, 390):
            unguarded.set_viewport_size({"width": width, "height": 844})
            unguarded.goto(site.url)
            unguarded.evaluate(AXE.read_text())
            found = unguarded.evaluate("axe.run().then(result => result.violations)")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    with Site(living_page("de")).open() as site:
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto(site.url)

        assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize(("density", "least"), [("office", 24), ("touch", 44)])
def test_targets_are_large_enough_to_hit(page: Page, density: str, least: int) -> None:
    with Site(living_page(density=density)).open() as site:
        page.goto(site.url)

        small = page.evaluate(
            """least => [...document.querySelectorAll("button, .btn, .input, .tick, .seg > *")]
                .filter(one => one.checkVisibility() && !one.closest(".topbar"))
                .filter(one => one.getBoundingClientRect().height < least - 0.5)
                .map(one => one.outerHTML.slice(0, 120))""",
            least,
        )

    assert small == []


def test_the_page_works_under_its_policy_in_every_theme(page: Page) -> None:
    with Site(living_page(theme="auto")).open() as site:
        page.goto(site.url)
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(color_scheme="dark")

        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert (light, dark) == ("rgb(242, 244, 245)", "rgb(13, 16, 18)")


def test_the_first_load_is_light() -> None:
    """70 KiB compressed with the font, 45 without, of which a page itself may take 5."""
    sizes = [len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in FIRST_LOAD.split()]
    font = (STATIC / "fonts/inter.woff2").stat().st_size

    assert sum(sizes) <= 40 * 1024
    assert sum(sizes) + font <= 65 * 1024
    assert (STATIC / "ui.css").stat().st_size < 30_000


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    call = re.compile(
        r"""ui\.(?:icon|icon_button)\(\s*"([a-z0-9-]+)"|icons\.svg'\) \}\}#([a-z0-9-]+)"""
    )
    named = {
        name
        for template in TEMPLATES.rglob("*.html")
        for pair in call.findall(template.read_text())
        for name in pair
        if name
    }

    assert named - sprite == set()


def test_no_template_carries_style_or_script_of_its_own() -> None:
    forbidden = re.compile(r"""\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|\|safe\b""")
    for template in TEMPLATES.rglob("*.html"):
        assert not forbidden.search(template.read_text()), template

"""Every page that a link leads to in the demo store: accessible, quiet, and inside its window."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tools.screenshots import THEMES, Theme, at_the_door, kinds_of_page, sign_in

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
# Pages with a small public part of their own, which no link of ours leads to.
FEWEST_KINDS = 25

# The engine behind a page does not change its look: once is enough.
pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def store(live_server: str) -> str:
    return live_server


def test_every_page_is_accessible_quiet_and_inside_its_window(store: str, browser: Browser) -> None:
    kinds = {"sign-in": "/sign-in", **pages_of(browser, store)}
    assert len(kinds) >= FEWEST_KINDS

    faults = [fault for theme in THEMES for fault in faults_of(browser, store, kinds, theme=theme)]

    assert not faults, "\n".join(faults)


def pages_of(browser: Browser, store: str) -> dict[str, str]:
    with at_the_door(browser, store, language="en", size="desktop", theme="light") as page:
        sign_in(page, store)
        page.goto(f"{store}/settings/terminals")
        page.fill("#f-name", "Counter 1")
        page.press("#f-name", "Enter")
        page.wait_for_load_state()
        return kinds_of_page(page, store)


def faults_of(
    browser: Browser, store: str, kinds: dict[str, str], *, theme: Theme
) -> Iterator[str]:
    """What axe, the console and a ruler find, in one theme on desktop and phone."""
    for size, language in (("desktop", "en"), ("phone", "zh")):
        with at_the_door(browser, store, language=language, size=size, theme=theme) as page:
            said = listen(page)
            sign_in(page, store)
            for kind, path in kinds.items():
                page.goto(store + path)
                where = f"{kind}, {theme}, {size}"
                yield from (f"{where}: console: {text}" for text in said())
                yield from (f"{where}: axe: {text}" for text in violations(page))
                if wider_than_window(page):
                    yield f"{where}: wider than its window"


def listen(page: Page) -> Callable[[], list[str]]:
    """Collects errors of console and scripts; each call gives those since the last."""
    heard: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: heard.append(error.message))

    def since() -> list[str]:
        texts = heard.copy()
        heard.clear()
        return texts

    return since


def violations(page: Page) -> list[str]:
    # evaluated through the debugger, which no content policy hinders
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then(result => result.violations)")
    return [f"{one['id']} at {one['nodes'][0]['html'][:120]}" for one in found]


def wider_than_window(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )

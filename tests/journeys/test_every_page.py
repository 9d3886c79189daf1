"""Every page that a link leads to in the demo store: accessible, quiet, and inside its window."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tools.screenshots import (
    MOST_PAGES,
    THEMES,
    at_the_door,
    demo_store,
    kinds_of_page,
    sign_in,
)

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
# Pages with a small public part of their own, which no link of ours leads to.
FEWEST_KINDS = 25


@dataclass(frozen=True, slots=True)
class Store:
    """A demo store's address, and one address below it for each kind of page."""

    url: str
    kinds: dict[str, str]


@pytest.fixture(scope="module")
def store(browser: Browser) -> Iterator[Store]:
    """Looked at only; the engine behind a page does not change its look: one is enough."""
    with demo_store() as url:
        yield Store(url, {"sign-in": "/sign-in", **pages_of(browser, url)})


@pytest.mark.parametrize(("size", "language"), [("desktop", "en"), ("phone", "zh")])
def test_every_page_is_accessible_quiet_and_inside_its_window(
    store: Store, browser: Browser, size: str, language: str
) -> None:
    assert FEWEST_KINDS <= len(store.kinds) < MOST_PAGES

    faults = list(faults_of(browser, store, size=size, language=language))

    assert not faults, "\n".join(faults)


def pages_of(browser: Browser, url: str) -> dict[str, str]:
    with at_the_door(browser, url, language="en", size="desktop", theme="light") as page:
        sign_in(page, url)
        page.goto(f"{url}/settings/terminals")
        page.fill("#f-name", "Counter 1")
        page.press("#f-name", "Enter")
        page.wait_for_load_state()
        return kinds_of_page(page, url)


def faults_of(browser: Browser, store: Store, *, size: str, language: str) -> Iterator[str]:
    """What axe, the console and a ruler find at one size, in each theme."""
    with at_the_door(browser, store.url, language=language, size=size, theme="light") as page:
        said = listen(page)
        sign_in(page, store.url)
        for kind, path in store.kinds.items():
            page.goto(store.url + path)
            for theme in THEMES:
                # without motion: half-way between two themes, nothing has its contrast
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
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
    if not page.evaluate("'axe' in window"):
        # evaluated through the debugger, which no content policy hinders
        page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(result => result.violations)"
    )
    return [f"{one['id']} at {one['nodes'][0]['html'][:120]}" for one in found]


def wider_than_window(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )

"""Every page that a link leads to in the demo store: accessible, quiet, and inside its window."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.journeys.axe import IN_COLOUR, violations
from tools.screenshots import MOST_PAGES, THEMES, at_the_door, kinds_of_page, sign_in

# Pages with a small public part of their own, which no link of ours leads to.
FEWEST_KINDS = 25


@dataclass(frozen=True, slots=True)
class Store:
    """A demo store's address, one address below it for each kind of page, and what was wrong with
    them when they were found.
    """

    url: str
    kinds: dict[str, str]
    faults: list[str]


@pytest.fixture(scope="module")
def store(browser: Browser, demo_url: str) -> Store:
    """Looked at only; the engine behind a page does not change its look: one is enough."""
    faults: list[str] = []
    with at_the_door(browser, demo_url, language="en", size="desktop", theme="light") as page:
        said = listen(page)
        faults += faults_of(page, said, "sign-in, desktop")
        sign_in(page, demo_url)
        page.goto(f"{demo_url}/settings/terminals")
        page.fill("#f-name", "Counter 1")
        page.press("#f-name", "Enter")
        page.wait_for_load_state()

        def look(kind: str) -> None:
            if kind:
                faults.extend(faults_of(page, said, f"{kind}, desktop"))
            said()  # a browser complains of files that it cannot show

        kinds = kinds_of_page(page, demo_url, look=look)
    return Store(demo_url, {"sign-in": "/sign-in", **kinds}, faults)


def test_every_page_is_accessible_quiet_and_inside_its_window(store: Store) -> None:
    """On a desktop, in English, as they were found."""
    assert FEWEST_KINDS <= len(store.kinds) < MOST_PAGES
    assert not store.faults, "\n".join(store.faults)


def test_every_page_is_so_on_a_phone_in_chinese(store: Store, browser: Browser) -> None:
    faults: list[str] = []
    with at_the_door(browser, store.url, language="zh", size="phone", theme="light") as page:
        said = listen(page)
        for kind, path in store.kinds.items():
            page.goto(store.url + path)
            faults += faults_of(page, said, f"{kind}, phone")
            if kind == "sign-in":
                sign_in(page, store.url)

    assert not faults, "\n".join(faults)


def faults_of(page: Page, said: Callable[[], list[str]], where: str) -> Iterator[str]:
    """What axe, the console and a ruler find at one size, in each theme.

    A theme is other colours and nothing else (see test_themes): in the second one, axe is asked
    only for what depends on these.
    """
    for theme in THEMES:
        rules = None if theme == THEMES[0] else IN_COLOUR
        # without motion: half-way between two themes, nothing has its contrast
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        yield from (f"{where}, {theme}: console: {text}" for text in said())
        yield from (f"{where}, {theme}: axe: {text}" for text in violations(page, rules))
        if wider_than_window(page):
            yield f"{where}, {theme}: wider than its window"


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


def wider_than_window(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )

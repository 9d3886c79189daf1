"""A real browser for journeys: Debian's Chromium, else the one that Playwright brings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

DEBIAN_CHROMIUM = Path("/usr/bin/chromium")
# No sandbox, since root may not have one; nothing that calls home or waits for a GPU.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # a container may give 64 MB of it
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(RuntimeError):
    """Chromium, or a library that it or Playwright needs, is not installed."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window; raises NoBrowser where that cannot be."""
    program = DEBIAN_CHROMIUM if DEBIAN_CHROMIUM.exists() else None
    with ExitStack() as opened:
        try:
            playwright = opened.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        except Exception as error:  # Playwright tells by a bare one that its Node did not start
            raise NoBrowser(f"Install Debian's chromium and libatomic1: {error}") from error
        opened.callback(browser.close)
        yield browser


def watch(page: Page) -> list[str]:
    """Collect what goes wrong in this page's scripts, and what its content policy refuses."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"script: {error.message}"))
    page.on(
        "console",
        lambda line: (
            troubles.append(f"policy: {line.text}")
            if "Content Security Policy" in line.text
            else None
        ),
    )
    return troubles

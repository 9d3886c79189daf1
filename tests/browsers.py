"""A real browser for journeys: Debian's Chromium, else the one that Playwright brings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

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
    """Neither Debian's Chromium nor Playwright's own is installed."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window; raises NoBrowser where there is none."""
    with sync_playwright() as playwright:
        program = DEBIAN_CHROMIUM if DEBIAN_CHROMIUM.exists() else None
        try:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        except Error as error:
            raise NoBrowser(f"Install Debian's chromium. {error.message}") from error
        yield browser
        browser.close()


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

"""Photograph every page of the demo store: `python -m tools.screenshots [FOLDER] [LANGUAGE]`.

Serves a fresh demo store on a free port, signs in as its administrator and follows each link to a
page of another kind, on desktop and phone, light and dark. Pictures land in
`var/screenshots` unless a folder is named.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Error, Page

from app.demo import LOGINS, PASSWORD
from app.identity.roles import Role
from app.web.i18n import LANGUAGE_COOKIE
from tests.browsers import open_browser
from tests.processes import QUATREFOIL, free_port, is_ready, running

FOLDER = Path(__file__).resolve().parent.parent / "var" / "screenshots"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
MOST_PAGES = 300
# A part of an address that names one thing among many, so that others of its kind look alike.
ONE_OF_MANY = re.compile(r"(?<=/slots/)[^/]+|[^/]*[\dA-Z][^/]*")
LINKS = "links => links.map(link => link.getAttribute('href'))"
NOT_PAGES = re.compile(r"/(static|api|documents/[^/]+\.pdf|sign-out|lock)\b")


@contextmanager
def demo_store() -> Iterator[str]:
    """The address of a demo store in a folder that goes when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with running(
            (QUATREFOIL, "serve", "--port", str(port)),
            settings={"QUATREFOIL_DATA_DIR": folder},
            is_up=lambda: is_ready(url),
            log=Path(folder) / "log",
        ):
            yield url


@contextmanager
def at_the_door(
    browser: Browser, url: str, *, language: str, size: str, theme: Theme
) -> Iterator[Page]:
    """A page where somebody may sign in."""
    width, height = SIZES[size]
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme
    ) as context:
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/sign-in")
        yield page


def sign_in(page: Page, url: str) -> None:
    """Come in as the administrator, who may see every page."""
    login = next(login for login in LOGINS if login.role is Role.ADMIN)
    page.fill("#f-login", login.login)
    page.fill("#f-password", PASSWORD)
    page.press("#f-password", "Enter")
    page.wait_for_url(f"{url}/")


def kinds_of_page(
    page: Page, url: str, *, look: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """One address for each kind of page that links lead to; the key is fit for a file's name.

    `look` is called with the key of each page while it is open; without one after a file.
    """
    seen = {"today": "/"}
    found: dict[str, str] = {}
    while len(found) < MOST_PAGES and (waiting := [kind for kind in seen if kind not in found]):
        kind = waiting[0]
        found[kind] = seen[kind]
        try:
            answer = page.goto(url + seen[kind])
        except Error:  # a file that this browser keeps
            answer = None
        # another browser shows a file, in a page of its own that is not ours
        if answer is None or not answer.headers["content-type"].startswith("text/html"):
            found[kind] = ""
            look("")
            continue
        for link in page.eval_on_selector_all("a[href]", LINKS):
            address = urlsplit(urljoin(page.url, link))
            if address.netloc == urlsplit(url).netloc and not NOT_PAGES.match(address.path):
                seen.setdefault(
                    kind_of(address.path), address._replace(scheme="", netloc="").geturl()
                )
        look(kind)
    return {kind: path for kind, path in found.items() if path}


def kind_of(path: str) -> str:
    """`/robots/H1-0001/timeline` and that of any other robot are `robots-one-timeline`."""
    return ONE_OF_MANY.sub("one", path).strip("/").replace("/", "-") or "today"


def main(folder: str = str(FOLDER), language: str = "en") -> None:
    with demo_store() as url, open_browser() as browser:
        with at_the_door(browser, url, language=language, size="desktop", theme="light") as page:
            sign_in(page, url)
            kinds = kinds_of_page(page, url)
        for size, theme in product(SIZES, THEMES):
            target = Path(folder) / language / f"{size}-{theme}"
            target.mkdir(parents=True, exist_ok=True)
            with at_the_door(browser, url, language=language, size=size, theme=theme) as page:
                page.screenshot(path=target / "sign-in.png", full_page=True)
                sign_in(page, url)
                for kind, path in kinds.items():
                    page.goto(url + path)
                    page.screenshot(path=target / f"{kind}.png", full_page=True)
    print(f"{len(kinds) + 1} pages in {folder}/{language}")


if __name__ == "__main__":
    main(*sys.argv[1:3])

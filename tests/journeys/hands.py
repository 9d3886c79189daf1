"""A person at the counter without a mouse: keys, a scanner, and eyes for what the page says."""

from playwright.sync_api import Locator, Page, expect

from tests.web.keyboard import Keyboard

PATIENCE_MS = 15_000


class Hands:
    """Works a page by keyboard and scanner alone, and counts what a person would count."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0
        self._scanner = Keyboard(page)
        page.set_default_timeout(PATIENCE_MS)

    def go(self, address: str) -> None:
        self.page.goto(address)

    def scan(self, code: str) -> None:
        """A scanner: a burst of keys and Enter, whatever has the focus.

        Its keys carry their own times, so that a slow machine does not make typing of it.
        """
        self.actions += 1
        self.page.wait_for_timeout(250)  # a person takes the next box in hand
        self._scanner.scan(code)

    def press(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def enter(self, selector: str) -> None:
        """Walk to a button or link by Tab, and press Enter on it."""
        self.actions += 1
        self._at(selector).press("Enter")

    def tick(self, selector: str) -> None:
        self._at(selector).press("Space")

    def write(self, selector: str, text: str) -> None:
        """Type into a field, over whatever stands there."""
        self.actions += 1
        self.page.locator(selector).fill(text)

    def sees(self, text: str, *, within: str = "body") -> None:
        expect(self.page.locator(within)).to_contain_text(text, timeout=PATIENCE_MS)

    def _at(self, selector: str) -> Locator:
        found = self.page.locator(selector).first
        found.focus()
        return found

"""Key presses with a time stamp each, so that a slow machine does not turn a scan into typing."""

import time

from playwright.sync_api import CDPSession, Page

_CODES = {"-": "Minus", "/": "Slash", ".": "Period", " ": "Space", "*": "Digit8", ":": "Semicolon"}


def code_of(char: str) -> str:
    """The key of the US layout that gives `char`."""
    if char.isdigit():
        return f"Digit{char}"
    return f"Key{char.upper()}" if char.isalpha() else _CODES[char]


class Keyboard:
    """A keyboard, or a scanner, on one page."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._now = time.time()

    def type(self, text: str, *, every_s: float) -> None:
        for char in text:
            self.press(char, code_of(char), text=char, after_s=every_s)

    def scan(self, code: str, *, end: str = "Enter", every_s: float = 0.004) -> None:
        """What a scanner does: each character, then the end key, all in one burst."""
        self._now = max(self._now + 0.03, time.time())
        self.type(code, every_s=every_s)
        self.press(end, end, text="\r" if end == "Enter" else "", after_s=every_s)

    def press(
        self, key: str, code: str, *, text: str = "", after_s: float = 0.2, control: bool = False
    ) -> None:
        """One key down and up, `after_s` seconds after the key before it."""
        self._now += after_s
        shared = {
            "key": key,
            "code": code,
            "timestamp": self._now,
            "modifiers": 2 if control else 0,
            "windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}.get(key, ord(key[0].upper())),
        }
        self._cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": text, **shared})
        self._cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **shared})

    def compose(self, text: str, *, every_s: float = 0.004) -> None:
        """The same burst while an input method is on: it hides the keys and shows its own text."""
        self._now = max(self._now + 0.03, time.time())
        for at, char in enumerate(text, start=1):
            self._hidden_key(code_of(char), every_s, shift=char.isupper())
            shown = text[:at].lower()
            self._cdp.send(
                "Input.imeSetComposition",
                {"text": shown, "selectionStart": at, "selectionEnd": at},
            )
        self._hidden_key("Enter", every_s)

    def _hidden_key(self, code: str, after_s: float, *, shift: bool = False) -> None:
        self._now += after_s
        self._cdp.send(
            "Input.dispatchKeyEvent",
            {
                "type": "rawKeyDown",
                "key": "Process",
                "code": code,
                "timestamp": self._now,
                "modifiers": 8 if shift else 0,
                "windowsVirtualKeyCode": 229,
            },
        )

"""A signed-in browser over real HTTP, one connection kept open."""

import http.client
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from app.identity.guard import SESSION_COOKIE

_ORDER = re.compile(rb'name="order" value="(\d+)"')
_TOKEN = re.compile(rb'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    seconds: float

    @property
    def order(self) -> str:
        """The number of the sale that the cart shows; empty where there is none."""
        found = _ORDER.search(self.body)
        return found[1].decode() if found else ""


class Visitor:
    """Asks one service at one port of loopback, and never two things at once."""

    def __init__(self, port: int, *, session: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Accept-Encoding": "identity", "HX-Request": "true"}
        self._fields: dict[str, str] = {}
        if session:
            self._sign_in(session)

    def get(self, address: str) -> Answer:
        return self._ask("GET", address, None)

    def post(self, address: str, **fields: str) -> Answer:
        """Send a form with this browser's token."""
        return self._ask("POST", address, urlencode({**self._fields, **fields}))

    def hang_up(self) -> None:
        """Come on a new connection next time: the service ends one that was idle for seconds."""
        self._connection.close()

    def _sign_in(self, session: str) -> None:
        """The first page gives this browser its secret, and its forms the token for it."""
        self._headers["Cookie"] = f"{SESSION_COOKIE}={session}"
        page = self.get("/counter")
        found = _TOKEN.search(page.body)
        if found is None:
            raise RuntimeError(f"no form at the counter: {page.status} {page.body[:500]!r}")
        self._fields["csrf_token"] = found[1].decode()

    def _ask(self, method: str, address: str, body: str | None) -> Answer:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self._connection.request(method, address, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - started
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            self._headers["Cookie"] += f"; {cookie.partition(';')[0]}"
        return Answer(answer.status, content, seconds)

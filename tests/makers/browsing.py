"""A browser's part in page tests: cookies, CSRF token, HTMX header."""

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from app.identity.guard import SESSION_COOKIE
from app.web import csrf

HTMX = {"HX-Request": "true"}
SECRET = "a-browser-secret"


class Browser:
    """A signed-in browser: `get` and `post` as its pages would send them."""

    def __init__(self, client: TestClient, cookie: str) -> None:
        self.client = client
        client.cookies.set(SESSION_COOKIE, cookie)
        client.cookies.set(csrf.COOKIE, SECRET)

    def get(self, address: str, *, htmx: bool = False) -> Response:
        return self.client.get(address, headers=HTMX if htmx else {}, follow_redirects=False)

    def post(self, address: str, *, htmx: bool = False, **fields: str) -> Response:
        return self.send(address, fields, htmx=htmx)

    def send(self, address: str, fields: Mapping[str, str], *, htmx: bool = False) -> Response:
        """As `post`, for fields whose names are no words or are not known beforehand."""
        return self.client.post(
            address,
            data={csrf.FIELD: csrf._token(SECRET), **fields},
            headers=HTMX if htmx else {},
            follow_redirects=False,
        )


def a_browser(app: FastAPI, cookie: str) -> Browser:
    return Browser(TestClient(app), cookie)

"""A write comes from a page of ours, in a browser that has one."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from app.web import csrf

pytestmark = pytest.mark.only_on("sqlite")
SECRET = "of-this-browser"
# what a sign-in without the right password is answered with once it was let through
WRONG_PASSWORD = 401
FOREIGN = {"Origin": "https://evil.example"}


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    client = TestClient(app, follow_redirects=False)
    client.cookies.set(csrf.COOKIE, SECRET)
    return client


def posted(
    client: TestClient, token: str = "", *, headers: dict[str, str] | None = None
) -> Response:
    """A sign-in that is refused for its password when the door lets it through."""
    sent = {csrf.FIELD: token, "login": "nobody", "password": "x"}
    return client.post("/sign-in", data=sent, headers=headers or {})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_form_of_ours_gets_through(browser: TestClient, headers: dict[str, str]) -> None:
    assert posted(browser, csrf._token(SECRET), headers=headers).status_code == WRONG_PASSWORD


def test_a_script_of_ours_may_send_the_token_in_a_header(browser: TestClient) -> None:
    answer = posted(browser, headers={csrf.HEADER: csrf._token(SECRET)})

    assert answer.status_code == WRONG_PASSWORD


@pytest.mark.parametrize(
    "headers",
    [
        FOREIGN,
        {"Origin": "null"},
        {"Origin": "https://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_is_turned_away_even_with_the_token(
    browser: TestClient, headers: dict[str, str]
) -> None:
    answer = posted(browser, csrf._token(SECRET), headers=headers)

    assert answer.status_code == 403
    assert "another site" in answer.text


@pytest.mark.parametrize(
    "token",
    ["", "0", "0" * 64, SECRET, csrf._token("of another browser"), "ünïcödé", "\x00", "9" * 9_999],
)
def test_a_wrong_token_is_refused_and_says_what_to_do(browser: TestClient, token: str) -> None:
    answer = posted(browser, token)

    assert answer.status_code == 403
    assert "Reload it and try again" in answer.text


def test_a_browser_without_a_secret_cannot_write(app: FastAPI) -> None:
    """Also not with the token that an empty secret would have."""
    client = TestClient(app, follow_redirects=False)
    for token in ("", csrf._token("")):
        assert posted(client, token).status_code == 403
    client.cookies.set(csrf.COOKIE, "")
    assert posted(client, csrf._token("")).status_code == 403


def test_a_file_is_no_token(browser: TestClient) -> None:
    answer = browser.post("/sign-in", files={csrf.FIELD: ("token.txt", csrf._token(SECRET))})

    assert answer.status_code == 403


def test_a_first_visit_gets_a_secret_that_no_script_reads(app: FastAPI) -> None:
    client = TestClient(app, follow_redirects=False)
    first, second = client.get("/sign-in"), client.get("/sign-in")

    cookie = first.headers["set-cookie"].lower()
    assert csrf.COOKIE in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "set-cookie" not in second.headers
    token = csrf._token(str(client.cookies[csrf.COOKIE]))
    assert token in second.text
    assert posted(client, token).status_code == WRONG_PASSWORD

"""Around every answer: headers that keep browsers strict, an id, and a log without secrets."""

import re
from collections.abc import Iterator

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.web.frame import POLICY
from tests.makers.sales import a_counter

pytestmark = pytest.mark.only_on("sqlite")
ADDRESSES = (
    "/sign-in",
    "/counter",
    "/nowhere",
    "/healthz",
    "/static/app.js",
    "/api/v1/orders",
    "/api/v1/openapi.json",
)


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


def test_no_policy_lets_in_what_a_page_could_be_tricked_with() -> None:
    for forbidden in ("unsafe", "*", "http:", "https:", "nonce", "sha256"):
        assert forbidden not in POLICY
    assert "default-src 'none'" in POLICY
    for narrow in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert narrow in POLICY


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_keeps_browsers_strict(visitor: TestClient, address: str) -> None:
    for answer in (
        visitor.get(address),
        visitor.post(address),
        visitor.request("PROPFIND", address),
    ):
        headers = answer.headers

        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert re.fullmatch(r"[0-9a-f]{12}", headers["x-request-id"])
        assert "server" not in headers


def test_the_page_of_a_defect_is_as_strict(app: FastAPI, visitor: TestClient) -> None:
    """It is made outside of everything else."""

    @app.get("/api/broken")
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a defect with a secret in it")

    for address in ("/broken", "/api/broken"):
        answer = visitor.get(address)

        assert answer.status_code == 500
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-request-id"] in answer.text
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def test_no_page_is_kept_by_anybody_on_the_way(visitor: TestClient) -> None:
    """UI-03: Back shows what is now, and a shared browser nothing of before."""
    for address in ("/sign-in", "/nowhere"):
        assert visitor.get(address).headers["cache-control"] == "no-store"


def test_a_redirect_to_ourselves_names_no_host(visitor: TestClient) -> None:
    """By which a key would go through the open where a proxy speaks https for us."""
    assert visitor.get("/sign-in/").headers["location"] == "/sign-in"
    assert not visitor.get("//evil.example//").headers.get("location", "").startswith("//")


def test_a_page_and_its_fragment_are_two_things_to_a_cache(visitor: TestClient) -> None:
    assert "HX-Request" in visitor.get("/sign-in").headers["vary"]


def test_going_back_twice_gets_the_page_and_never_a_part_of_it(visitor: TestClient) -> None:
    """UI-03, UI-05: the browser keeps nothing of a page, and asks for the whole one again."""
    page = visitor.get("/sign-in").text
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert "<html" in visitor.get("/sign-in", headers=back).text
    assert "<html" in visitor.get("/nowhere", headers=back).text
    for setting in ('"historyCacheSize":0', '"refreshOnHistoryMiss":true', '"allowEval":false'):
        assert setting in page


@pytest.fixture
def own_log() -> Iterator[None]:
    """The log as it is by itself, whatever a command of a test before has made of it."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("own_log")
def test_the_log_tells_the_way_and_no_secret(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    session.commit()
    secrets = ("s3cret-token", "4711", counter.session_cookie, "Bearer")
    client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, counter.session_cookie)

    with structlog.testing.capture_logs() as logs:
        client.get("/sales/7?next=s3cret-token")
        client.get("/robots/s3cret-token")
        client.get("/nowhere/s3cret-token")
        client.post("/sign-in", data={"login": "jana", "password": "s3cret-token"})
        client.get("/api/v1/orders", headers={"Authorization": "Bearer s3cret-token"})

    written = repr(logs)
    assert [secret for secret in secrets if secret in written] == []
    routes = [entry["route"] for entry in logs if entry["event"] == "answered"]
    assert routes == [
        "/sales/{number}",
        "/robots/{serial:path}",
        "unknown",
        "/sign-in",
        "/api/v1/orders",
    ]
    assert len({entry["request_id"] for entry in logs}) == len(logs)

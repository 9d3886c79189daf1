"""One map from a refusal to what somebody sees: a page, a fragment, or problem JSON."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    StoreError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from app.kernel.money import Money
from app.kernel.text import msg

pytestmark = pytest.mark.only_on("sqlite")
SENTENCE = msg("{what} costs {price}.", what="<b>G1</b>", price=Money(1_350_000, "EUR"))
KINDS: list[tuple[StoreError, int]] = [
    (Refused(SENTENCE, field="code", link="/sales/7"), 422),
    # a page that marks no fields says what is wrong with each
    (Invalid(SENTENCE, problems={"name": msg("Please fill this in."), "price": SENTENCE}), 422),
    (NotFound(SENTENCE), 404),
    (Conflict(SENTENCE, link="/sales/7"), 409),
    (Forbidden(SENTENCE), 403),
    (TooLarge(SENTENCE), 413),
    (TooMany(SENTENCE, retry_after_s=60), 429),
    (Unavailable(SENTENCE), 503),
    (StoreError(SENTENCE), 400),
]
named = pytest.mark.parametrize(
    ("error", "status"), KINDS, ids=lambda case: type(case).__name__ if case else None
)


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


def raising(app: FastAPI, error: Exception) -> None:
    @app.get("/api/raise")
    @app.get("/raise")
    def fail() -> None:
        raise error


@named
def test_a_program_gets_a_problem_with_its_facts(
    app: FastAPI, visitor: TestClient, error: StoreError, status: int
) -> None:
    raising(app, error)
    answer = visitor.get("/api/raise")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == error.code
    assert problem["type"].endswith(error.code)
    assert "G1" in problem["detail"]
    assert problem["facts"]["price"] == {"amount": 1_350_000, "currency": "EUR"}
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem.get("field") == error.field


@named
def test_a_person_gets_a_page_and_htmx_the_notice(
    app: FastAPI, visitor: TestClient, error: StoreError, status: int
) -> None:
    raising(app, error)
    page = visitor.get("/raise")
    fragment = visitor.get("/raise", headers={"HX-Request": "true"})

    for answer in (page, fragment):
        assert answer.status_code == status
        assert "&lt;b&gt;G1&lt;/b&gt; costs €13,500.00." in answer.text
        assert "<b>G1</b>" not in answer.text
        assert ('href="/sales/7"' in answer.text) == (error.link is not None)
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert fragment.headers["HX-Retarget"] == "#notice"


def test_who_tries_too_often_is_told_when_to_come_again(app: FastAPI, visitor: TestClient) -> None:
    raising(app, TooMany(SENTENCE, retry_after_s=60))

    assert visitor.get("/raise").headers["retry-after"] == "60"


def test_who_is_not_signed_in_is_led_to_the_door_and_back(
    app: FastAPI, visitor: TestClient
) -> None:
    raising(app, Unauthenticated(SENTENCE))

    page = visitor.get("/raise")
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fraise")
    assert visitor.get("/api/raise").status_code == 401


def test_a_busy_database_is_no_defect(app: FastAPI, visitor: TestClient) -> None:
    raising(app, OperationalError("BEGIN", {}, Exception("database is locked")))

    for address in ("/raise", "/api/raise"):
        answer = visitor.get(address)
        assert answer.status_code == 503
        assert "Nothing was saved" in answer.text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("GET", "/nowhere", 404), ("GET", "/api/v1/nowhere", 404), ("PUT", "/sign-in", 405)],
)
def test_an_address_that_is_none_answers_in_our_words(
    visitor: TestClient, method: str, address: str, status: int
) -> None:
    answer = visitor.request(method, address)

    assert answer.status_code == status
    assert "detail" in answer.text or "<html" in answer.text

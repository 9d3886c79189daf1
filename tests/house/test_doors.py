"""No way into the service without a guard, none to write without a page of ours behind it."""

import inspect

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.web import csrf
from tests.house.routes import API, WEBHOOKS, ways
from tests.makers.browsing import SECRET
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")  # the doors are the same on both engines

# Open to whoever comes: signing in, the language before it, and what watches the service.
OPEN_PAGES = {
    *("/healthz", "/readyz", "/metrics", "/sign-in", "/sign-in/pin", "/sign-in/badge"),
    # a robot's public passport: its code or its owner's key is what opens it
    *("/r/key", "/r/{code}", "/r/{code}/passport.json", "/c/{code}"),
    *(f"/r/{{code}}/{last}" for last in ("book", "service", "give", "repairs/{number}")),
    *("/r/{code}/appointment", "/r/{code}/appointment/cancel"),
    *("/r/{code}/certificates/{number}.pdf", "/d/{key}"),
    # a repair's status and estimate: the key on its receipt is what opens them
    *("/s", "/s/{token}", "/s/{token}/estimate", "/s/{token}/photos/{photo_id}"),
    *(
        f"/s/{{token}}/{last}"
        for last in ("messages", "letters", "pay", "live", "papers/{key}.pdf")
    ),
    # a bill that is paid by a link: its key is what opens it
    "/pay/{key}",
    # the link at a message's foot, by which its reader wants no more of these
    "/u/{key}",
    # one question to a customer: the key in its letter is what opens it
    "/q/{token}",
    # a customer's quote: the key in its link is what opens it
    *("/o/{token}", "/o/{token}/quote.pdf", "/o/{token}/accept", "/o/{token}/pay"),
    *("/sign-out", "/switch", "/lock", "/preferences"),
}
TO_SIGN_IN = ("/sign-in", "/lock")
# Taking money, stock or paper by a page.
DONE_ONCE = {
    *("/counter/pay/cash", "/counter/pay/transfer", "/counter/customer/new", "/counter/quote"),
    *("/sales/{number}/handover", "/products/new", "/products/{product_id}/stock"),
    *("/till/open", "/till/close", "/till/movements", "/documents/{document_id}/print"),
    *("/till/safe", "/till/drawer"),
    *("/counter/trade-in", "/robots/{serial:path}/trade-in"),
    *(f"/sales/trade-ins/{{number}}/{last}" for last in ("take", "offer", "withdraw", "price")),
    *("/customers/new", "/robots/receive/{sha256}"),
    *(f"/service/tickets/{{number}}/{last}" for last in ("bill/{way}", "return")),
    "/service/tickets/{number}/estimate/{version}/decide",
    *("/counter/gift-card", "/counter/gift-card/pay", "/customers/{number}/credit"),
    *(f"/gift-cards/{{number}}/{last}" for last in ("block", "unblock", "replace")),
    *("/parts/buying", "/parts/move/scan", "/parts/returns", "/parts/returns/cores/{core_id}"),
    *(f"/sales/quotes/{{number}}/{last}" for last in ("send", "accept", "withdraw", "robot")),
    *(f"/sales/{{number}}/{last}" for last in ("deposit", "arrival", "on-account", "cancel")),
    *("/sales/pre-orders/{row_id}/allocate", "/sales/pre-orders/models/{model_id}/allocate"),
    *(f"/books/overdue/{{bill_id}}/{last}" for last in ("remind", "receive", "give-up")),
    *("/parts/orders/{number}/receive", "/parts/orders/{number}/receipts/{row_id}/undo"),
    *(f"/service/requests/{{number}}/{last}" for last in ("take", "confirm")),
}
# The same once and twice by their nature: they look at what has become of one payment; or their
# answer is a secret that is kept nowhere; or what they are told works once at the card service.
BY_NATURE = {
    *("cancel_payment", "reconcile_payment"),
    *("register_card_reader", "clear_card_reader"),
    *("make_owner_link", "make_ticket_receipt", "make_quote_link"),
    *("hand_out_gift_card", "look_up_gift_card"),
}


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    session.commit()
    return made


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    """Somebody without a session."""
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def seller(app: FastAPI, counter: Counter) -> TestClient:
    """A browser in which somebody is signed in."""
    client = TestClient(app, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, counter.session_cookie)
    client.cookies.set(csrf.COOKIE, SECRET)
    return client


def test_who_is_not_signed_in_sees_no_page(stranger: TestClient) -> None:
    for way in ways():
        if way.writes or not way.is_page or way.path in OPEN_PAGES:
            continue
        answer = stranger.request(way.method, way.address)

        assert answer.status_code == 303, way
        assert answer.headers["location"].startswith(TO_SIGN_IN), way


def test_who_is_not_signed_in_changes_nothing(stranger: TestClient) -> None:
    """With a token of their own browser, so that it is the guard that answers."""
    stranger.cookies.set(csrf.COOKIE, SECRET)
    for way in ways():
        if not way.writes or not way.is_page or way.path in OPEN_PAGES:
            continue
        sent = {csrf.FIELD: csrf._token(SECRET)}
        answer = stranger.request(way.method, way.address, data=sent)

        assert answer.status_code == 303, f"{way}: {answer.status_code} {answer.text[:200]}"
        assert answer.headers["location"].startswith(TO_SIGN_IN), way


def test_no_page_writes_without_its_token(seller: TestClient) -> None:
    for way in ways():
        if not way.writes or not way.is_page:
            continue
        for sent in ({}, {csrf.FIELD: ""}, {csrf.FIELD: "0" * 64}, {csrf.FIELD: SECRET}):
            answer = seller.request(way.method, way.address, data=sent)

            assert answer.status_code == 403, way


def test_no_page_writes_for_another_site(seller: TestClient) -> None:
    sent = {csrf.FIELD: csrf._token(SECRET)}
    for way in ways():
        if not way.writes or not way.is_page:
            continue
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            answer = seller.request(way.method, way.address, data=sent, headers=headers)

            assert answer.status_code == 403, (way, headers)


def test_no_program_gets_in_without_a_token(stranger: TestClient, seller: TestClient) -> None:
    """A person's cookie is none: no foreign page can use the API through a browser."""
    for way in ways():
        if not way.path.startswith(API):
            continue
        for client in (stranger, seller):
            for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Basic eDp5"}):
                answer = client.request(way.method, way.address, json={}, headers=headers)

                assert answer.status_code == 401, f"{way}: {answer.status_code}"
                assert answer.headers["content-type"] == "application/problem+json", way


def test_no_message_is_believed_without_a_signature(stranger: TestClient) -> None:
    for way in ways():
        if way.path.startswith(WEBHOOKS):
            answer = stranger.request(way.method, way.address, json={"id": "evt_1"})

            # 503 where no card service is set up, so that nobody could have signed
            assert answer.status_code in {400, 401, 403, 503}, way


def test_each_program_may_repeat_itself() -> None:
    """`Idempotency-Key` is honoured, or the act is the same once and twice by its nature."""
    for way in ways():
        if way.path.startswith(API) and way.method == "POST":
            is_once = hasattr(way.endpoint, "__wrapped__")

            assert is_once or way.endpoint.__name__ in BY_NATURE, way


def test_what_takes_money_or_stock_by_a_page_is_done_once() -> None:
    done_once = {way.path for way in ways() if way.writes and hasattr(way.endpoint, "__wrapped__")}

    assert done_once >= DONE_ONCE


def test_what_a_page_says_it_takes_it_can_refuse() -> None:
    """Numbers in addresses are bounded: what no column holds never reaches the database."""
    for way in ways():
        for name, parameter in inspect.signature(way.endpoint).parameters.items():
            if f"{{{name}}}" in way.path:
                bare = parameter.annotation is int

                assert not bare, f"{way}: {name} has no bounds"

"""The till's pages: nothing typed is lost, nothing expected is shown before the count."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import StaffSession
from app.kernel import clock
from app.kernel.outbox import OutboxItem
from app.payments import bills, tenders, tills
from app.payments.models import PaymentAttempt, TillSession
from app.payments.states import AttemptState
from app.payments.stripe_gate import gate_of
from app.stores.models import Till
from tests.makers.browsing import Browser, a_browser
from tests.makers.payments import eur
from tests.makers.sales import Counter, a_counter
from tests.stripe_server import StripeStandIn

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@contextmanager
def writing(app: FastAPI) -> Iterator[Session]:
    with app.state.database.transaction() as session:
        yield session


@pytest.fixture
def here(app: FastAPI) -> Counter:
    with writing(app) as session:
        return a_counter(session)


@pytest.fixture
def browser(app: FastAPI, here: Counter) -> Browser:
    return a_browser(app, here.session_cookie)


@pytest.fixture
def manager(app: FastAPI, here: Counter) -> Browser:
    return a_browser(app, here.manager_cookie)


def take_cash(app: FastAPI, here: Counter, minor: int) -> None:
    with writing(app) as session:
        owed = bills.raise_bill(
            session, here.seller, reference="repair:1", customer_id=None, total=eur(minor)
        )
        drawer = tills.require_open(session, here.till.id)
        tenders.take_cash(
            session, here.seller, owed, drawer, amount=eur(minor), tendered=eur(minor)
        )


def test_a_day_at_the_till(app: FastAPI, here: Counter, browser: Browser) -> None:
    assert "€200.00" in browser.get("/till").text  # the float
    take_cash(app, here, 12_345)
    browser.post("/till/movements", direction="out", amount="100", reason="To the bank", token="m")

    page = browser.get("/till").text
    assert "To the bank" in page
    assert "−€100.00" in page
    assert "223.45" not in page, "what is expected is not told before the count"
    assert "223.45" in browser.get("/till/x").text

    refused = browser.post("/till/close", counted="223,40", reason="", token="c")
    assert refused.status_code == 422
    assert 'value="223,40"' in refused.text
    assert "223.45" not in refused.text
    closed = browser.post("/till/close", counted="223,40", reason="five cents", token="c")
    assert (closed.status_code, closed.headers["location"]) == (303, "/till/sessions/1")

    page = browser.get("/till/sessions/1").text
    for shown in ("€223.45", "€223.40", "−€0.05", "five cents", "Z-000001"):
        assert shown in page
    assert "Till 1 is closed" in browser.get("/till").text
    again = browser.post("/till/open", float_amount="150", token="o")
    assert again.status_code == 303
    sessions = browser.get("/till/sessions").text
    assert sessions.index("/till/sessions/2") < sessions.index("/till/sessions/1")


def test_the_same_form_twice_moves_cash_once(browser: Browser) -> None:
    for _ in range(2):
        answer = browser.post(
            "/till/movements", direction="in", amount="5", reason="coins", token="same"
        )
        assert answer.status_code == 303
    assert browser.get("/till").text.count("coins") == 1


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/till/open", {"float_amount": "1e5"}),
        ("/till/movements", {"amount": "0x1", "direction": "in", "reason": "r"}),
        ("/till/movements", {"amount": "5", "direction": "in", "reason": ""}),
        ("/till/movements", {"amount": "999", "direction": "out", "reason": "too much"}),
        ("/till/close", {"counted": ""}),
        ("/till/close", {"counted": "-5", "reason": "r"}),
    ],
)
def test_what_cannot_be_read_is_shown_again(
    browser: Browser, address: str, fields: dict[str, Any]
) -> None:
    if address == "/till/open":
        browser.post("/till/close", counted="200", token="close first")
    answer = browser.post(address, token="t", **fields)
    assert answer.status_code == 422
    assert 'class="err"' in answer.text
    for value in fields.values():
        if value:
            assert value in answer.text


def test_who_may_not_see_the_till_does_not(app: FastAPI) -> None:
    stranger = a_browser(app, "nobody")
    assert stranger.get("/till").status_code == 303
    assert stranger.get("/till/sessions").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "address",
    [
        "/till/sessions/99",
        "/till/sessions/99999999999999999999",
        "/documents/99",
        "/documents/99999999999999999999.pdf",
        "/till/sessions?cursor=nonsense",
        "/till?till=abc",
    ],
)
def test_odd_addresses_are_answered(browser: Browser, address: str) -> None:
    assert browser.get(address).status_code in {200, 404, 422}


def test_documents_can_be_read_as_page_paper_and_pdf(app: FastAPI, browser: Browser) -> None:
    browser.post("/till/close", counted="200", token="c")
    with writing(app) as session:
        document_id = session.scalars(select(TillSession.z_document_id)).one()
    page = browser.get(f"/documents/{document_id}")
    assert "Z-000001" in page.text
    assert "print.css" in browser.get(f"/documents/{document_id}/paper").text
    pdf = browser.get(f"/documents/{document_id}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content == browser.get(f"/documents/{document_id}.pdf").content


def test_a_copy_goes_to_the_printer_only_where_there_is_one(
    app: FastAPI, here: Counter, browser: Browser
) -> None:
    browser.post("/till/close", counted="200", token="c")
    with writing(app) as session:
        document_id = session.scalars(select(TillSession.z_document_id)).one()
    assert browser.post(f"/documents/{document_id}/print", token="p").status_code == 422
    with writing(app) as session:
        session.get_one(Till, here.till.id).printer = "file:///dev/null"
    assert browser.post(f"/documents/{document_id}/print", token="p").status_code == 303
    with writing(app) as session:
        (item,) = session.scalars(select(OutboxItem))
        assert '"copy":true' in item.payload


# Card payments that need a look


@pytest.fixture
def unknown(app: FastAPI, here: Counter) -> int:
    """A card payment whose answer was lost for good, and which the customer has made."""
    reader = gate_of(app.state.database).add_simulated_reader("Till 1", country="DE")
    with writing(app) as session:
        owed = bills.raise_bill(
            session, here.seller, reference="repair:7", customer_id=None, total=eur(5_000)
        )
        attempt = tenders.start_card(
            session,
            here.seller,
            owed,
            tills.require_open(session, here.till.id),
            amount=eur(5_000),
            reader_id=reader.id,
        )
        attempt.state = AttemptState.UNKNOWN
    return attempt.id


def state_of(app: FastAPI, attempt_id: int) -> AttemptState:
    with writing(app) as session:
        return session.get_one(PaymentAttempt, attempt_id).state


def test_an_unknown_payment_is_listed_and_reconciled(
    app: FastAPI, browser: Browser, unknown: int
) -> None:
    assert "repair:7" in browser.get("/till").text
    assert browser.post(f"/till/payments/{unknown}/reconcile").status_code == 303
    assert state_of(app, unknown) is not AttemptState.UNKNOWN


def test_reconciling_after_a_quiet_while_works_too(
    app: FastAPI, browser: Browser, unknown: int
) -> None:
    """The visit is then noted by a write of its own, as the request itself only reads."""
    with writing(app) as session:
        for signed in session.scalars(select(StaffSession)):
            signed.seen_at = clock.now() - timedelta(minutes=3)
    assert browser.post(f"/till/payments/{unknown}/reconcile").status_code == 303


def test_setting_aside_needs_a_reason_and_a_manager(
    app: FastAPI, browser: Browser, manager: Browser, unknown: int, stripe: StripeStandIn
) -> None:
    stripe.outage("refuse")
    with writing(app) as session:
        session.get_one(PaymentAttempt, unknown).intent_id = "pi_lost"
    assert browser.post(f"/till/payments/{unknown}/set-aside", reason="x").status_code == 403
    refused = manager.post(f"/till/payments/{unknown}/set-aside", reason=" ")
    assert refused.status_code == 422
    assert 'class="err"' in refused.text
    answer = manager.post(f"/till/payments/{unknown}/set-aside", reason="looked it up")
    assert answer.status_code == 303
    assert state_of(app, unknown) is AttemptState.CANCELLED


def test_a_reader_is_chosen_for_the_till(
    app: FastAPI, here: Counter, manager: Browser, browser: Browser
) -> None:
    reader = gate_of(app.state.database).add_simulated_reader("Left counter", country="DE")
    page = manager.get("/till/readers")
    assert "Left counter" in page.text
    assert browser.post("/till/readers", reader=reader.id, token="r").status_code == 403
    assert manager.post("/till/readers", reader=reader.id, token="r").status_code == 303
    with writing(app) as session:
        assert session.get_one(Till, here.till.id).reader_id == reader.id

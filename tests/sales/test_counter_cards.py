"""Cards at the counter when things go wrong: a sentence, the basket, and a way on."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.payments import stripe_gate
from app.payments.models import PaymentAttempt
from app.payments.states import AttemptState
from app.sales.models import Order
from app.settings import Settings
from tests.makers.books import breaches_of
from tests.makers.browsing import Browser
from tests.makers.sales import Counter, a_counter, a_robot
from tests.stripe_server import StripeStandIn, running_stripe_stand_in

pytestmark = pytest.mark.only_on("sqlite")  # what depends on the engine is in test_cards.py
SERIAL = "DEMO-G1-0001"


@pytest.fixture(scope="module")
def one_stripe() -> Iterator[StripeStandIn]:
    with running_stripe_stand_in(auto_present=False) as stripe:
        yield stripe


@pytest.fixture
def stripe(one_stripe: StripeStandIn) -> StripeStandIn:
    one_stripe.control("clear")
    one_stripe.outage("off")
    one_stripe.reset()
    return one_stripe


@pytest.fixture
def settings(database_url: str, stripe: StripeStandIn) -> Settings:
    return Settings(
        database_url=database_url, stripe_secret_key=stripe.key, stripe_api_base=stripe.url
    )


@pytest.fixture
def counter(session: Session, app: FastAPI) -> Counter:
    """A till with a reader. Nothing works in the background: the page asks by itself."""
    reader = stripe_gate.gate_of(app.state.database).add_simulated_reader("Till 1", country="DE")
    made = a_counter(session, reader_id=reader.id)
    a_robot(session, made)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    """A basket with a robot and its owner lies at the till."""
    browser = Browser(TestClient(app, raise_server_exceptions=False), counter.session_cookie)
    browser.post("/counter/scan", htmx=True, code=SERIAL)
    browser.post("/counter/scan", htmx=True, code=f"C-{counter.customer.number}")
    return browser


@pytest.fixture
def manager(app: FastAPI, counter: Counter) -> Browser:
    return Browser(TestClient(app, raise_server_exceptions=False), counter.manager_cookie)


def pay_by_card(till: Browser, **fields: str) -> Response:
    sent = {"order": "1", "token": "card"} | fields
    return till.post("/counter/pay/card", htmx=True, **sent)


def present(stripe: StripeStandIn, counter: Counter, number: str = "4242424242424242") -> None:
    stripe.client().v1.test_helpers.terminal.readers.present_payment_method(
        counter.till.reader_id, {"type": "card_present", "card_present": {"number": number}}
    )


def states(database: Database) -> list[AttemptState]:
    with database.reading() as session:
        return list(session.scalars(select(PaymentAttempt.state).order_by(PaymentAttempt.id)))


def is_paid(database: Database) -> bool:
    with database.reading() as session:
        assert breaches_of(session) == []
        return session.scalars(select(Order)).one().settled_at is not None


def words(answer: Response) -> str:
    assert answer.status_code < 500, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_double_click_on_card_asks_the_customer_once(
    till: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    """UI-01."""
    pay_by_card(till)
    pay_by_card(till)
    assert states(database) == [AttemptState.PROCESSING]
    present(stripe, counter)

    assert "Sale 1 is paid" in words(till.get("/counter/payment/1", htmx=True))
    assert "Sale 1 is paid" in words(pay_by_card(till))
    assert pay_by_card(till, token="another").status_code == 409
    assert len(stripe.charges(status="succeeded")) == 1
    assert is_paid(database)


def test_a_form_that_paid_a_part_asks_for_no_second_one(
    till: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    """Sent again once its payment is over: by Back, by a browser that lost the answer."""
    pay_by_card(till, amount="5000")
    present(stripe, counter)
    assert "5,000.00" in words(till.get("/counter/payment/1", htmx=True))

    again = pay_by_card(till, amount="5000")
    other = pay_by_card(till, amount="6000")

    assert again.status_code == 200
    assert other.status_code == 409
    assert "already sent with other contents" in words(other)
    assert states(database) == [AttemptState.CAPTURED]
    assert pay_by_card(till, token="rest").status_code == 200
    assert states(database) == [AttemptState.CAPTURED, AttemptState.PROCESSING]


def test_a_card_is_never_asked_for_more_than_the_page_said(
    till: Browser, database: Database
) -> None:
    till.post("/counter/scan", htmx=True, code="BAT-G1")

    answer = pay_by_card(till, due="1350000")

    assert answer.status_code == 409
    assert "€14,399.00 is left to pay now" in words(answer)
    assert states(database) == []


def test_what_came_into_the_basket_after_a_declined_card_is_due_too(
    till: Browser, stripe: StripeStandIn, counter: Counter
) -> None:
    pay_by_card(till)
    present(stripe, counter, "4000000000009995")
    till.get("/counter/payment/1", htmx=True)
    till.post("/counter/scan", htmx=True, code="BAT-G1")

    assert 'value="14399.00"' in till.get("/counter/ask/cash", htmx=True).text


def test_a_declined_card_says_so_and_another_way_is_open(
    till: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    pay_by_card(till)
    present(stripe, counter, "4000000000009995")
    seen = words(till.get("/counter/payment/1", htmx=True))

    assert "not enough funds" in seen
    assert SERIAL in seen
    assert states(database) == [AttemptState.DECLINED]
    assert not is_paid(database)
    paid = till.post("/counter/pay/cash", htmx=True, order="1", tendered="13500", token="cash")
    assert paid.status_code == 200
    assert is_paid(database)


def test_a_reader_without_power_takes_nothing_and_says_so(
    till: Browser, database: Database, stripe: StripeStandIn
) -> None:
    stripe.next("reader_offline")

    seen = words(pay_by_card(till))

    assert "switched off or has no network" in seen
    assert SERIAL in seen
    assert states(database) == [AttemptState.CANCELLED]
    assert stripe.charges() == []
    assert not is_paid(database)


@pytest.mark.parametrize("mode", ["refuse", "503"])
def test_a_card_service_that_is_down_takes_nothing_and_cash_still_works(
    till: Browser, database: Database, stripe: StripeStandIn, mode: str
) -> None:
    stripe.outage(mode)

    seen = words(pay_by_card(till))

    assert "Nothing was taken" in seen
    assert states(database) == [AttemptState.CANCELLED]
    paid = till.post("/counter/pay/cash", htmx=True, order="1", tendered="13500", token="cash")
    assert paid.status_code == 200
    assert is_paid(database)


def test_a_card_service_that_comes_back_takes_the_next_try(
    till: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    stripe.outage("refuse")
    pay_by_card(till)
    stripe.outage("off")

    pay_by_card(till, token="next")
    present(stripe, counter)

    assert "Sale 1 is paid" in words(till.get("/counter/payment/1", htmx=True))
    assert states(database) == [AttemptState.CANCELLED, AttemptState.CAPTURED]
    assert is_paid(database)


def test_a_till_closes_while_a_payment_is_unknown_and_the_money_is_not_lost(
    till: Browser, manager: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    """CASH-03, CASH-05: closing never blocks; what is open is listed, and booked when it comes."""
    pay_by_card(till)
    stripe.outage("503")
    till.get("/counter/payment/1", htmx=True)
    assert states(database) == [AttemptState.UNKNOWN]
    assert "under way" in words(till.post("/counter/scan", htmx=True, code="BAT-G1"))

    assert till.post("/till/close", counted="200", token="z").status_code == 303
    stripe.outage("off")
    present(stripe, counter)
    assert till.post("/counter/payment/1/reconcile", htmx=True).status_code == 200
    assert states(database) == [AttemptState.CAPTURED]
    assert not is_paid(database)
    assert "13,500.00" in words(manager.get("/till"))

    assert till.post("/till/open", float_amount="200", token="o").status_code == 303
    assert is_paid(database)


def test_an_unknown_payment_does_not_hold_up_the_next_customer(
    till: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    """The sale is parked with its question, and comes back with its answer."""
    pay_by_card(till)
    stripe.outage("503")
    till.get("/counter/payment/1", htmx=True)
    assert till.post("/counter/park", htmx=True, label="asks the bank").status_code == 200

    till.post("/counter/scan", htmx=True, code="BAT-G1")
    next_one = till.post("/counter/pay/cash", htmx=True, order="2", tendered="1000", token="2")
    assert "Sale 2 is paid" in words(next_one)
    stripe.outage("off")
    present(stripe, counter)
    till.post("/counter/scan", htmx=True, code="S-1")
    till.post("/counter/payment/1/reconcile", htmx=True)

    with database.reading() as session:
        sales = session.scalars(select(Order)).all()
        assert [order.settled_at is not None for order in sales] == [True, True]
        assert breaches_of(session) == []


def test_cancelling_too_late_finds_it_paid(
    till: Browser, database: Database, stripe: StripeStandIn, counter: Counter
) -> None:
    pay_by_card(till)
    present(stripe, counter)

    assert "Sale 1 is paid" in words(till.post("/counter/payment/1/cancel", htmx=True))
    assert is_paid(database)


def test_the_pages_of_a_payment_that_is_not_there_say_so(till: Browser) -> None:
    for number in ("99", "0", "99999999999999999999", "x"):
        for answer in (
            till.get(f"/counter/payment/{number}", htmx=True),
            till.post(f"/counter/payment/{number}/cancel", htmx=True),
            till.post(f"/counter/payment/{number}/reconcile", htmx=True),
        ):
            assert answer.status_code in {404, 422}, number

"""Paying by a link: at the card service's page, once, whatever happens on the way."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.kernel import clock
from app.kernel.errors import NotFound, Refused, Unavailable
from app.payments import bills, cards, checkouts, links, tenders, tills
from app.payments.errors import OverTender, PaymentUnderWay
from app.payments.models import PaymentAttempt, Tender
from app.payments.states import AttemptState
from tests.makers.browsing import Browser, a_browser
from tests.makers.payments import eur
from tests.payments.counter import Counter
from tests.payments.test_webhooks import deliver, news

sqlite = pytest.mark.only_on("sqlite")
HERE = "https://store.example/pay/key"


def started(counter: Counter, minor: int = 10_000) -> int:
    with counter.database.transaction() as session:
        return checkouts.start(session, counter.bill, eur(minor), by="payment link").id


def opened(counter: Counter, minor: int = 10_000) -> tuple[int, str]:
    attempt_id = started(counter, minor)
    url = checkouts.open_page(counter.database, attempt_id, name="Repair 1", here=HERE)
    return attempt_id, url


def pay(url: str, way: str = "card") -> None:
    """What the customer does on the page; where it leads afterwards is not followed."""
    assert urlsplit(url).hostname == "127.0.0.1"
    request = Request(url, f"with={way}&email=".encode(), method="POST")
    try:
        urlopen(request, timeout=10).close()
    except OSError:
        return  # it leads to the store's own address, which no test has


def a_link(counter: Counter, **how: Any) -> str:
    with counter.database.transaction() as session:
        return links.make(session, counter.cashier, counter.bill, **how)


def test_a_bill_is_paid_at_the_page_and_booked_at_no_till(counter: Counter) -> None:
    attempt_id, url = opened(counter)
    assert counter.refresh(attempt_id) is AttemptState.PROCESSING
    pay(url)
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    attempt = counter.attempt(attempt_id)
    assert (attempt.till_session_id, attempt.card_last4) == (None, "4242")
    assert counter.paid == eur(10_000)
    assert counter.breaches == []


def test_money_that_takes_days_is_under_way_until_it_comes(counter: Counter) -> None:
    attempt_id, url = opened(counter)
    counter.stripe.next("pending")
    pay(url)
    assert counter.refresh(attempt_id) is AttemptState.PROCESSING
    intent = counter.attempt(attempt_id).intent_id
    counter.stripe.control("settle", id=intent, outcome="approve")
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED


@sqlite
def test_a_declined_card_leaves_the_page_open_for_another(counter: Counter) -> None:
    attempt_id, url = opened(counter)
    pay(url, "decline")
    assert counter.refresh(attempt_id) is AttemptState.PROCESSING
    pay(url)
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED


@sqlite
def test_one_payment_of_a_bill_runs_at_a_time(counter: Counter) -> None:
    opened(counter)
    with pytest.raises(PaymentUnderWay):
        started(counter)
    with counter.database.transaction() as session, pytest.raises(PaymentUnderWay):
        tenders.take_cash(
            session,
            counter.cashier,
            counter.bill,
            tills.require_open(session, counter.place.till.id),
            amount=eur(10_000),
            tendered=eur(10_000),
        )


@sqlite
def test_the_counter_closes_the_page_and_takes_cash(counter: Counter) -> None:
    attempt_id, url = opened(counter)
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.CANCELLED
    pay(url)
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert not counter.paid


@sqlite
def test_who_was_faster_than_the_counter_has_paid(counter: Counter) -> None:
    attempt_id, url = opened(counter)
    pay(url)
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.CAPTURED
    assert counter.paid == eur(10_000)


@sqlite
def test_more_than_is_due_is_not_asked_for(counter: Counter) -> None:
    with pytest.raises(OverTender):
        started(counter, 10_001)


@sqlite
def test_a_service_that_is_silent_takes_nothing_and_hinders_nothing(counter: Counter) -> None:
    attempt_id = started(counter)
    counter.stripe.outage("refuse")
    with pytest.raises(Unavailable):
        checkouts.open_page(counter.database, attempt_id, name="Repair 1", here=HERE)
    assert counter.attempt(attempt_id).state is AttemptState.CANCELLED
    counter.stripe.outage("off")
    again, url = opened(counter)
    pay(url)
    assert counter.refresh(again) is AttemptState.CAPTURED


@sqlite
def test_who_asks_again_later_or_by_another_link_still_gets_a_page(counter: Counter) -> None:
    """Cut off between the page and the note of it, as by a power cut: nobody was sent there."""
    attempt_id, lost = opened(counter)
    with counter.database.transaction() as session:
        session.get_one(PaymentAttempt, attempt_id).checkout_id = None
    with clock.set_to(clock.now() + timedelta(seconds=40)):
        url = checkouts.open_page(
            counter.database, attempt_id, name="Repair 1", here=f"{HERE}-of-another-link"
        )
    assert url not in {"", lost}
    pay(url)
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert len(counter.stripe.charges(status="succeeded")) == 1


def test_two_links_opened_at_once_lead_to_one_page(counter: Counter) -> None:
    attempt_id = started(counter)

    def opening(link: str) -> str:
        return checkouts.open_page(
            counter.database, attempt_id, name="Repair 1", here=f"{HERE}-{link}"
        )

    with ThreadPoolExecutor(2) as pool:
        urls = set(pool.map(opening, "ab"))
    (noted,) = urls
    pay(noted)
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert counter.paid == eur(10_000)


@sqlite
def test_silence_after_the_page_was_shown_is_no_second_charge(counter: Counter) -> None:
    attempt_id, url = opened(counter)
    pay(url)
    counter.stripe.outage("refuse")
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    with pytest.raises(PaymentUnderWay):
        started(counter)
    counter.stripe.outage("off")
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert len(counter.stripe.charges(status="succeeded")) == 1


def test_news_that_come_before_the_page_was_noted_find_their_payment(
    app: FastAPI, counter: Counter
) -> None:
    attempt_id, url = opened(counter)
    with counter.database.transaction() as session:
        session.get_one(PaymentAttempt, attempt_id).checkout_id = None
    pay(url)
    for kind in ("payment_intent.succeeded", "checkout.session.completed"):
        raw = json.dumps(news(counter, kind)).encode()
        assert deliver(app, raw).json() == {"received": True, "applied": True}
    assert counter.attempt(attempt_id).state is AttemptState.CAPTURED
    assert counter.paid == eur(10_000)
    assert counter.breaches == []


# Links


@sqlite
def test_a_link_ends_is_revoked_and_guessed_in_the_same_words(counter: Counter) -> None:
    key = a_link(counter)
    with counter.database.transaction() as session:
        assert links.of_key(session, key).bill_id == counter.bill.id
        links.revoke_all(session, counter.cashier, counter.bill)
    with counter.database.reading() as session:
        for guess in (key, "guessed", "", "x" * 500):
            with pytest.raises(NotFound, match="nothing to pay at this address"):
                links.of_key(session, guess)


@sqlite
def test_a_paid_bill_gets_no_link(counter: Counter) -> None:
    _, url = opened(counter)
    pay(url)
    with counter.database.reading() as session:
        (attempt,) = session.scalars(select(PaymentAttempt))
    counter.refresh(attempt.id)
    with pytest.raises(Refused, match="Nothing is due"):
        a_link(counter)


@sqlite
def test_a_fixed_amount_is_never_more_than_is_due(counter: Counter) -> None:
    key = a_link(counter, amount=eur(8_000))
    _, url = opened(counter, 5_000)
    pay(url)
    with counter.database.reading() as session:
        (attempt,) = session.scalars(select(PaymentAttempt))
    counter.refresh(attempt.id)
    with counter.database.reading() as session:
        assert links.asks(session, links.of_key(session, key)) == eur(5_000)


# The page


@pytest.fixture
def visitor(app: FastAPI) -> Browser:
    return a_browser(app, "nobody")


@sqlite
def test_the_page_leads_to_the_card_service_and_says_when_it_is_paid(
    counter: Counter, visitor: Browser
) -> None:
    address = f"/pay/{a_link(counter)}"
    assert "To pay" in visitor.get(address).text
    assert visitor.post(address).headers["Location"] == f"{address}?go=1"
    on_the_way = visitor.get(f"{address}?go=1").text
    with counter.database.reading() as session:
        (attempt,) = session.scalars(select(PaymentAttempt))
    assert attempt.tender is Tender.ONLINE
    url = counter.stripe.client().v1.checkout.sessions.retrieve(attempt.checkout_id or "").url
    assert url is not None
    assert url in on_the_way
    pay(url)
    paid = visitor.get(address)
    assert "Paid. Thank you!" in paid.text
    assert paid.headers["Cache-Control"] == "no-store"


@sqlite
def test_two_tabs_lead_to_one_payment(counter: Counter, visitor: Browser) -> None:
    address = f"/pay/{a_link(counter)}"
    assert [visitor.post(address).status_code for _ in range(2)] == [303, 303]
    with counter.database.reading() as session:
        assert len(session.scalars(select(PaymentAttempt)).all()) == 1


@sqlite
def test_a_second_link_takes_nothing_of_what_the_first_one_paid(
    counter: Counter, visitor: Browser
) -> None:
    first, second = (f"/pay/{a_link(counter)}" for _ in range(2))
    visitor.post(first)
    with counter.database.reading() as session:
        (attempt,) = session.scalars(select(PaymentAttempt))
    pay(counter.stripe.client().v1.checkout.sessions.retrieve(attempt.checkout_id or "").url or "")
    assert "Paid. Thank you!" in visitor.get(first).text
    visitor.post(second)
    assert "Paid. Thank you!" in visitor.get(second).text
    assert counter.paid.minor == 10_000
    assert len(counter.stripe.charges()) == 1


@sqlite
def test_a_link_that_is_over_takes_nothing(counter: Counter, visitor: Browser) -> None:
    address = f"/pay/{a_link(counter, days=1)}"
    with clock.set_to(clock.now() + timedelta(days=2)):
        assert "This link is over" in visitor.get(address).text
        visitor.post(address)
    with counter.database.reading() as session:
        assert bills.attempts_of(session, counter.bill) == []


@sqlite
def test_guesses_are_not_found(app: FastAPI) -> None:
    answer = TestClient(app).get("/pay/guessed")
    assert answer.status_code == 404

"""Messages of the card service: genuine, ours, of now; each once, in any order."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from app.kernel import clock
from app.payments.models import PaymentAttempt, WebhookEvent
from app.payments.states import AttemptState
from tests.payments.counter import LACKING_FUNDS, WEBHOOK_SECRET, Counter

sqlite = pytest.mark.only_on("sqlite")


def signed(raw: bytes, *, secret: str = WEBHOOK_SECRET, age_s: int = 0) -> str:
    at = int(clock.now().timestamp()) - age_s
    digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def deliver(app: FastAPI, raw: bytes, header: str | None = None) -> Response:
    """As Stripe posts it: no cookie, no CSRF token, one client for each."""
    return TestClient(app).post(
        "/webhooks/stripe", content=raw, headers={"Stripe-Signature": header or signed(raw)}
    )


def news(counter: Counter, kind: str) -> dict[str, Any]:
    """The newest event of this kind, as the service keeps it."""
    event: dict[str, Any] = next(
        each for each in counter.stripe.read("events") if each["type"] == kind
    )
    return event


def kept(counter: Counter) -> list[WebhookEvent]:
    with counter.database.reading() as session:
        return list(session.scalars(select(WebhookEvent).order_by(WebhookEvent.id)))


@pytest.fixture
def paid(counter: Counter) -> int:
    """A payment that the customer has made and that nobody has told us of."""
    attempt_id = counter.at_reader()
    counter.present()
    return attempt_id


def test_the_same_event_twice_at_once_is_booked_once(
    app: FastAPI, counter: Counter, paid: int
) -> None:
    """WHK-01."""
    raw = json.dumps(news(counter, "payment_intent.succeeded")).encode()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: deliver(app, raw), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [(event.applied, event.outcome) for event in kept(counter)] == [(True, "captured")]
    assert counter.attempt(paid).card_last4 == "4242"
    assert counter.audit.count("payment.booked") == 1
    assert counter.paid.minor == 10_000
    assert counter.breaches == []


@sqlite
@pytest.mark.usefixtures("paid")
def test_the_bytes_are_signed_not_what_they_mean(app: FastAPI, counter: Counter) -> None:
    """WHK-09."""
    event = news(counter, "payment_intent.succeeded")
    raw = json.dumps(dict(reversed(event.items())), indent=7, separators=(" ,", " : ")).encode()
    assert deliver(app, raw + b"\n\n").status_code == 200
    assert counter.paid.minor == 10_000


@sqlite
@pytest.mark.usefixtures("paid")
def test_what_is_not_genuine_changes_nothing(app: FastAPI, counter: Counter) -> None:
    event = news(counter, "payment_intent.succeeded")
    raw = json.dumps(event).encode()
    at = int(clock.now().timestamp())
    good = signed(raw)
    forgeries = {
        "another secret": signed(raw, secret="whsec_other"),
        "other bytes": signed(raw + b" "),
        "too old": signed(raw, age_s=301),
        "from the future": signed(raw, age_s=-301),
        "no time": "v1=" + good.partition("v1=")[2],
        "two times": f"t=1,{good}",
        "no signature": f"t={at}",
        "nonsense": "?",
        "letters": good.replace("v1=", "v1=é"),
    }
    for name, header in forgeries.items():
        answer = TestClient(app).post(
            "/webhooks/stripe",
            content=raw,
            headers={b"Stripe-Signature": header.encode("latin-1")},
        )
        assert answer.status_code == 400, name
        assert answer.json()["code"] == "not_genuine"
    assert TestClient(app).post("/webhooks/stripe", content=raw).status_code == 400
    assert kept(counter) == []
    assert not counter.paid


@sqlite
@pytest.mark.parametrize("age_s", [270, -299, 0])  # on its way a request grows older
@pytest.mark.usefixtures("paid")
def test_five_minutes_either_way_are_now(app: FastAPI, counter: Counter, age_s: int) -> None:
    raw = json.dumps(news(counter, "payment_intent.succeeded")).encode()
    assert deliver(app, raw, signed(raw, age_s=age_s)).status_code == 200


@sqlite
@pytest.mark.usefixtures("paid")
def test_a_secret_that_is_being_replaced_signs_twice(app: FastAPI, counter: Counter) -> None:
    raw = json.dumps(news(counter, "payment_intent.succeeded")).encode()
    header = signed(raw).replace(",v1=", f",v1={'0' * 64},v0=x,v1=")
    assert deliver(app, raw, header).status_code == 200
    assert counter.paid.minor == 10_000


@sqlite
@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize(
    "change", [{"account": "acct_foreign"}, {"livemode": True}, {"livemode": None}, {"id": None}]
)
def test_events_of_others_are_refused(
    app: FastAPI, counter: Counter, change: dict[str, Any]
) -> None:
    event = news(counter, "payment_intent.succeeded") | change
    if change == {"id": None}:
        del event["id"]
    assert deliver(app, json.dumps(event).encode()).status_code == 400
    assert kept(counter) == []
    assert not counter.paid


@sqlite
@pytest.mark.usefixtures("paid")
def test_our_own_accounts_name_is_no_hindrance(app: FastAPI, counter: Counter) -> None:
    event = news(counter, "payment_intent.succeeded") | {"account": "acct_ours"}
    assert deliver(app, json.dumps(event).encode()).status_code == 200
    assert counter.paid.minor == 10_000


@sqlite
@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"null", b'{"data": 1}', b"\xff\xfe"])
def test_genuine_nonsense_is_refused(app: FastAPI, counter: Counter, raw: bytes) -> None:
    assert deliver(app, raw).status_code == 400
    assert kept(counter) == []


@sqlite
def test_an_event_before_its_payment_is_known_waits_for_it(
    app: FastAPI, counter: Counter, paid: int
) -> None:
    """WHK-03."""
    raw = json.dumps(news(counter, "payment_intent.succeeded")).encode()
    intent_id = counter.attempt(paid).intent_id
    with counter.database.transaction() as session:
        attempt = session.get_one(PaymentAttempt, paid)
        attempt.intent_id, attempt.state = None, AttemptState.STARTED

    answer = deliver(app, raw)
    assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert [event.applied for event in kept(counter)] == [False]

    # the answer that was lost is given again under the same key, and the news is not lost either
    assert counter.refresh(paid) is AttemptState.CAPTURED
    assert counter.attempt(paid).intent_id == intent_id
    assert [event.applied for event in kept(counter)] == [True]
    assert deliver(app, raw).json()["applied"]
    assert len(counter.stripe.charges()) == 1
    assert counter.paid.minor == 10_000


@sqlite
def test_order_does_not_matter_the_present_state_counts(
    app: FastAPI, counter: Counter, paid: int
) -> None:
    """WHK-07."""
    events = [
        each for each in counter.stripe.read("events") if each["type"].startswith("payment_intent")
    ]
    assert len(events) >= 2
    for event in events:  # the newest first
        assert deliver(app, json.dumps(event).encode()).status_code == 200
    assert counter.attempt(paid).state is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


@sqlite
def test_a_late_word_of_a_decline_does_not_undo_a_payment(app: FastAPI, counter: Counter) -> None:
    first = counter.at_reader()
    counter.present(LACKING_FUNDS)
    declined = json.dumps(news(counter, "payment_intent.payment_failed")).encode()
    assert counter.refresh(first) is AttemptState.DECLINED
    second = counter.at_reader()
    counter.present()
    counter.refresh(second)
    assert deliver(app, declined).status_code == 200
    assert counter.attempt(second).state is AttemptState.CAPTURED
    assert counter.attempt(first).state is AttemptState.DECLINED
    assert counter.paid.minor == 10_000


@sqlite
def test_while_stripe_cannot_be_asked_its_signed_word_is_enough(
    app: FastAPI, counter: Counter, paid: int
) -> None:
    raw = json.dumps(news(counter, "payment_intent.succeeded")).encode()
    counter.stripe.outage("refuse")
    assert deliver(app, raw).status_code == 200
    assert counter.attempt(paid).state is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


@sqlite
def test_a_signed_word_over_another_amount_does_not_count(
    app: FastAPI, counter: Counter, paid: int
) -> None:
    event = news(counter, "payment_intent.succeeded")
    event["data"]["object"]["amount_received"] = 1
    counter.stripe.outage("refuse")
    assert deliver(app, json.dumps(event).encode()).status_code == 200
    assert counter.attempt(paid).state is AttemptState.UNKNOWN
    assert not counter.paid


@sqlite
@pytest.mark.usefixtures("paid")
def test_what_tells_nothing_is_kept_and_done_with(app: FastAPI, counter: Counter) -> None:
    assert (
        deliver(app, json.dumps(news(counter, "payment_intent.created")).encode()).status_code
        == 200
    )
    assert [(event.applied, event.outcome) for event in kept(counter)] == [
        (True, "nothing follows")
    ]
    assert not counter.paid


@sqlite
def test_a_reader_that_reports_failure_is_looked_into(app: FastAPI, counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.present(LACKING_FUNDS)
    raw = json.dumps(news(counter, "terminal.reader.action_failed")).encode()
    assert deliver(app, raw).status_code == 200
    assert counter.attempt(attempt_id).state is AttemptState.DECLINED
    assert counter.attempt(attempt_id).failure == "insufficient_funds"

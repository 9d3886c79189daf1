"""Card payments by JSON: begun, decided at the reader, and told to whoever asks."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.payments import stripe_gate
from app.payments.checks import breaches as payment_breaches
from app.robots import claims, registry
from app.robots.models import UnitClaim
from app.sales.checks import breaches
from app.settings import Settings
from app.stores.models import Till
from tests.makers.programs import Program, a_token
from tests.makers.sales import Counter, a_counter, a_robot
from tests.stripe_server import StripeStandIn, running_stripe_stand_in

SERIAL = "DEMO-G1-0001"
VISA = "4242424242424242"
LACKING_FUNDS = "4000000000009995"


@pytest.fixture(scope="module")
def one_stripe() -> Iterator[StripeStandIn]:
    with running_stripe_stand_in(auto_present=False) as stripe:
        yield stripe


@pytest.fixture
def stripe(one_stripe: StripeStandIn) -> StripeStandIn:
    one_stripe.outage("off")
    one_stripe.reset()
    return one_stripe


@pytest.fixture
def settings(database_url: str, stripe: StripeStandIn) -> Settings:
    return Settings(
        database_url=database_url,
        stripe_secret_key=stripe.key,
        stripe_api_base=stripe.url,
        stripe_webhook_secret="whsec_test",
        stripe_account="acct_ours",
    )


@pytest.fixture
def counter(session: Session, app: FastAPI) -> Counter:
    """A till with a reader. The service's background work rests: the program asks by itself."""
    reader = stripe_gate.gate_of(app.state.database).add_simulated_reader("Till 1", country="DE")
    made = a_counter(session, reader_id=reader.id)
    a_robot(session, made)
    session.commit()
    return made


@pytest.fixture
def shop(session: Session, app: FastAPI, counter: Counter) -> Program:
    token = a_token(session, counter.manager)
    session.commit()
    return Program(TestClient(app), token)


def begun(shop: Program, counter: Counter, *, key: str = "") -> dict[str, Any]:
    """A robot ordered, its card payment on the way to the reader."""
    lines = [{"serial": SERIAL}]
    shop.post("/orders", {"customer": counter.customer.number, "lines": lines}, key="order")
    answer = shop.post("/orders/1/payments", {"tender": "card", "till": counter.till.id}, key=key)
    assert answer.status_code == 202, answer.text
    payment: dict[str, Any] = answer.json()["payment"]
    return payment


def claim_of(database: Database, counter: Counter) -> UnitClaim:
    with database.reading() as session:
        unit = registry.by_serial(session, counter.seller, SERIAL)
        found = claims.live_claim(session, unit.id)
    assert found is not None
    return found


def present(database: Database, counter: Counter, stripe: StripeStandIn, number: str) -> None:
    with database.reading() as session:
        reader_id = session.get_one(Till, counter.till.id).reader_id
    stripe.client().v1.test_helpers.terminal.readers.present_payment_method(
        reader_id, {"type": "card_present", "card_present": {"number": number}}
    )


def states(shop: Program) -> list[str]:
    return [one["state"] for one in shop.get("/orders/1/payments").json()["items"]]


def test_a_card_pays_once_it_was_presented(
    shop: Program, counter: Counter, database: Database, stripe: StripeStandIn
) -> None:
    payment = begun(shop, counter)

    at_reader = states(shop)
    waiting = shop.get("/orders/1").json()["status"]
    present(database, counter, stripe, VISA)
    paid = shop.get("/orders/1/payments").json()["items"][0]
    order = shop.get("/orders/1").json()

    assert (payment["number"], payment["state"], payment["booked"]) == (1, "started", False)
    assert (at_reader, waiting) == (["processing"], "open")
    assert (paid["state"], paid["booked"], paid["card"]["last4"]) == ("captured", True, "4242")
    assert (order["status"], order["till"]) == ("paid", counter.till.id)
    with database.reading() as session:
        assert [*breaches(session), *payment_breaches(session)] == []


def test_a_declined_card_leaves_the_order_open_and_its_robot_kept_for_a_while(
    shop: Program, counter: Counter, database: Database, stripe: StripeStandIn
) -> None:
    begun(shop, counter)
    states(shop)
    held = claim_of(database, counter)

    present(database, counter, stripe, LACKING_FUNDS)
    declined = shop.get("/orders/1/payments").json()["items"][0]
    kept = claim_of(database, counter)

    assert (declined["state"], declined["failure"]) == ("declined", "insufficient_funds")
    assert held.expires_at is None
    assert kept.expires_at is not None
    again = shop.post("/orders/1/payments", {"tender": "cash", "till": counter.till.id})
    assert again.json()["order"]["status"] == "paid"


def test_a_card_payment_under_way_comes_first(shop: Program, counter: Counter) -> None:
    begun(shop, counter)

    other = shop.post("/orders/1/payments", {"tender": "cash", "till": counter.till.id})
    line = shop.post("/orders/1/lines", {"product": "BAT-G1"})
    cancel = shop.post("/orders/1/cancel", {"reason": "no"})

    assert {other.status_code, line.status_code, cancel.status_code} == {409}


def test_the_same_key_begins_one_card_payment(
    shop: Program, counter: Counter, stripe: StripeStandIn
) -> None:
    first = begun(shop, counter, key="p-1")
    states(shop)

    again = begun(shop, counter, key="p-1")

    assert again == first
    assert len(shop.get("/orders/1/payments").json()["items"]) == 1
    assert len(stripe.requests("payment_intents.create")) <= 1


def test_a_waiting_payment_is_cancelled_once(
    shop: Program, counter: Counter, stripe: StripeStandIn
) -> None:
    begun(shop, counter)
    states(shop)

    cancelled = shop.post("/orders/1/payments/1/cancel")
    again = shop.post("/orders/1/payments/1/cancel")

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert again.json() == cancelled.json()
    assert stripe.charges() == []
    assert shop.post("/orders/1/payments/2/cancel").status_code == 404


def test_a_silent_card_service_leaves_the_outcome_unknown_until_it_is_asked(
    shop: Program, counter: Counter, database: Database, stripe: StripeStandIn
) -> None:
    begun(shop, counter)
    states(shop)
    present(database, counter, stripe, VISA)
    stripe.outage("503")

    silent = states(shop)
    stripe.outage("off")
    asked = states(shop)
    known = shop.post("/orders/1/payments/1/reconcile")

    assert (silent, asked) == (["unknown"], ["unknown"])
    assert (known.status_code, known.json()["state"]) == (200, "captured")
    assert shop.get("/orders/1").json()["status"] == "paid"


def test_a_till_without_a_reader_takes_no_card(
    shop: Program, counter: Counter, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Till, counter.till.id).reader_id = ""
    shop.post("/orders", {"lines": [{"product": "BAT-G1"}]})

    answer = shop.post("/orders/1/payments", {"tender": "card", "till": counter.till.id})

    assert answer.status_code == 422
    assert "No card reader stands at Till 1" in answer.json()["detail"]

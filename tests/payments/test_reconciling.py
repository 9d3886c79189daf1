"""Ours against the card service's own list."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.kernel import clock
from app.payments import cards, reconciling
from app.payments.models import PaymentAttempt
from app.payments.reconciling import Comparison, Kind
from app.payments.states import AttemptState
from tests.makers.browsing import a_browser
from tests.makers.payments import eur
from tests.makers.programs import a_program
from tests.makers.sales import a_counter
from tests.payments.counter import Counter
from tests.stripe_server import StripeStandIn

pytestmark = pytest.mark.only_on("sqlite")


def compared(counter: Counter) -> Comparison:
    now = clock.now()
    return reconciling.compare(
        counter.database,
        counter.place.manager,
        since=now - timedelta(days=1),
        until=now + timedelta(minutes=5),
    )


def kinds(found: Comparison) -> list[Kind]:
    return [one.kind for one in found.differences]


def charged(counter: Counter) -> int:
    attempt_id = counter.at_reader()
    counter.present()
    return attempt_id


def test_what_is_the_same_is_counted(counter: Counter) -> None:
    counter.refresh(charged(counter))
    found = compared(counter)
    assert (found.same, found.differences) == (1, ())


def test_charged_with_the_answer_lost_is_found_and_booked_once(counter: Counter) -> None:
    attempt_id = charged(counter)
    counter.stripe.outage("refuse")
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    counter.stripe.outage("off")
    (one,) = compared(counter).differences
    assert (one.kind, one.theirs, one.attempt_id) == (Kind.NOT_BOOKED, eur(10_000), attempt_id)

    state = cards.reconcile(counter.database, counter.place.manager, attempt_id)

    assert state is AttemptState.CAPTURED
    assert compared(counter).differences == ()
    assert len(counter.stripe.charges(status="succeeded")) == 1
    assert counter.paid == eur(10_000)


def test_a_payment_that_nobody_here_began_is_named(counter: Counter) -> None:
    counter.stripe.client().v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert kinds(compared(counter)) == [Kind.NOT_OURS]


def test_money_given_back_there_alone_is_named(counter: Counter) -> None:
    attempt_id = charged(counter)
    counter.refresh(attempt_id)
    intent = counter.attempt(attempt_id).intent_id or ""
    counter.stripe.client().v1.refunds.create({"payment_intent": intent, "amount": 500})
    assert kinds(compared(counter)) == [Kind.REFUND_NOT_OURS]


def test_a_page_paid_after_midnight_is_no_difference(counter: Counter) -> None:
    """Begun on one day, charged on the next."""
    attempt_id = charged(counter)
    counter.refresh(attempt_id)
    now = clock.now()
    with counter.database.transaction() as session:
        session.get_one(PaymentAttempt, attempt_id).started_at = now - timedelta(hours=2)
    found = reconciling.compare(
        counter.database,
        counter.place.manager,
        since=now - timedelta(days=1),
        until=now - timedelta(hours=1),
    )
    assert found.differences == ()


def test_while_the_service_is_silent_the_page_says_so(
    app: FastAPI, session: Session, stripe: StripeStandIn
) -> None:
    browser = a_browser(app, a_counter(session).manager_cookie)
    session.commit()
    assert "Nothing differs" in browser.get("/till/reconciliation").text
    stripe.outage("refuse")
    assert "does not answer" in browser.get("/till/reconciliation").text


def test_programs_get_the_same(session: Session, client: TestClient) -> None:
    shop = a_program(session, client, a_counter(session))
    asked, since = "/reconciliation", "2026-01-01T00:00:00Z"
    assert shop.get(asked, since=since, until="2026-01-08T00:00:00Z").json() == {
        "same": 0,
        "is_cut": False,
        "differences": [],
    }
    assert shop.get(asked, since=since, until="2026-09-08T00:00:00Z").status_code == 422

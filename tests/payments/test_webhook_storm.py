"""Twenty kinds of news, each told ten times, of many orders: the books come out the same."""

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from app.payments import bills, cardrefunds, checkouts, hearing, journal, refunds
from app.payments.card_models import Dispute
from app.payments.models import Account, Bill, PaymentAttempt, WebhookEvent
from app.payments.states import AttemptState, RefundState
from tests.makers.payments import bill, eur
from tests.payments.counter import Counter
from tests.payments.test_checkouts import HERE, pay
from tests.payments.test_webhooks import signed

ORDERS = int(os.environ.get("QUATREFOIL_TEST_STORM_ORDERS", "20"))
REPLAYS = 10
AT_ONCE = 8
# News that concern no payment of ours: kept, and that is all.
OTHERS = (
    *("payout.paid", "payout.created", "balance.available", "customer.created"),
    *("customer.updated", "price.created", "product.created", "radar.early_fraud_warning.created"),
    *("payment_method.attached", "setup_intent.created", "account.updated"),
)


def sold(counter: Counter, number: int) -> int:
    """A bill that is paid at the card service's page, of which we have heard nothing yet."""
    with counter.database.transaction() as session:
        owed = bill(session, counter.place, reference=f"shop:{number}")
        attempt_id = checkouts.start(session, owed, eur(10_000), by="payment link").id
    url = checkouts.open_page(counter.database, attempt_id, name=f"S-{number}", here=HERE)
    if number % 3 == 0:
        pay(url, "decline")
    pay(url)
    if number % 2 == 0:  # the news overtake the answer that names the page
        with counter.database.transaction() as session:
            session.get_one(PaymentAttempt, attempt_id).checkout_id = None
    return attempt_id


def given_back(counter: Counter, attempt_id: int) -> None:
    """A part of it goes back, and takes its time."""
    counter.refresh(attempt_id)
    with counter.database.transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
        owed = session.get_one(Bill, attempt.bill_id)
        refund_id = refunds.start(
            session, counter.cashier, owed, attempt, eur(2_500), reason="cancelled"
        ).id
    counter.stripe.next("refund_pending")
    assert cardrefunds.refresh(counter.database, refund_id) is RefundState.PROCESSING
    with counter.database.reading() as session:
        told = refunds.by_id(session, counter.cashier, refund_id).provider_id
    counter.stripe.control("settle", id=told, outcome="approve")


def all_news(counter: Counter) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = counter.stripe.read("events")
    sample = told[0]
    made_up = [
        {**sample, "id": f"evt_{uuid4().hex}", "type": kind, "data": {"object": {"object": "x"}}}
        for kind in OTHERS
    ]
    return [*told, *made_up]


def test_any_order_any_number_of_times_eight_at_a_time(counter: Counter) -> None:
    attempts = [sold(counter, number) for number in range(1, ORDERS + 1)]
    for attempt_id in attempts[::5]:
        with counter.database.transaction() as session:
            attempt = session.get_one(PaymentAttempt, attempt_id)
            if attempt.checkout_id is None:
                continue
        given_back(counter, attempt_id)
    charged = counter.stripe.charges(status="succeeded")
    counter.stripe.control("disputes", charge=charged[0]["id"], reason="fraudulent")
    news = all_news(counter)
    assert len({each["type"] for each in news}) >= 20
    deliveries = [json.dumps(each).encode() for each in news] * REPLAYS
    random.Random(7).shuffle(deliveries)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda raw: hearing.take(counter.database, raw, signed(raw)), deliveries))

    with counter.database.reading() as session:
        waiting = session.scalars(
            select(WebhookEvent.kind).where(WebhookEvent.applied.is_(False))
        ).all()
        states = session.scalars(
            select(PaymentAttempt.state).where(PaymentAttempt.id.in_(attempts))
        ).all()
        kept = session.scalar(select(func.count(WebhookEvent.id)))
        money = journal.balance(session, counter.place.store.id, Account.CARD_CLEARING, "EUR")
        went_back = session.scalars(select(Bill)).all()
        paid = bills.paid_of(session, [one.id for one in went_back])
        assert session.scalar(select(func.count(Dispute.id))) == 1
    assert list(waiting) == []
    assert set(states) == {AttemptState.CAPTURED}
    assert kept == len(news)
    refunded = sum(10_000 - minor for minor in paid.values())
    assert refunded % 2_500 == 0
    assert refunded > 0
    assert money == eur(10_000 * ORDERS - refunded)
    assert counter.breaches == []

"""News as posted: of the past, forged between, before we know what they are about; eight at a time.

`test_webhook_storm.py` has the same of many orders, without the endpoint.
"""

import asyncio
import json
import os
import random
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.payments import cardrefunds, cards, checkouts, checks, refunds, tenders, tills
from app.payments.card_models import Dispute
from app.payments.models import Account, Bill, EntryKind, JournalEntry, PaymentAttempt, Posting
from app.payments.states import AttemptState, RefundState
from app.payments.stripe_gate import gate_of
from tests.makers.payments import bill, eur
from tests.payments.counter import WEBHOOK_SECRET, Counter
from tests.payments.test_webhooks import signed

# `make soak` has a hundred orders, and each letter ten times.
ORDERS = int(os.environ.get("QUATREFOIL_TEST_STORM_ORDERS", "6"))
REPLAYS = 10 if "QUATREFOIL_TEST_STORM_ORDERS" in os.environ else 2
AT_ONCE = 8
PRICE, BACK = 10_000, 1_500

COMMON = (
    "payment_intent.created",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "charge.succeeded",
    "charge.captured",
    "charge.updated",
    "charge.failed",
    "charge.refunded",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "refund.created",
    "refund.updated",
    "payout.paid",
)
AT_READER = (
    "terminal.reader.action_succeeded",
    "terminal.reader.action_failed",
    "terminal.reader.action_updated",
)
AT_PAGE = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.expired",
)
# Snapshots older than the payment that they are about.
STALE = {
    "payment_intent.created": "requires_payment_method",
    "payment_intent.processing": "processing",
    "payment_intent.requires_action": "requires_action",
    "payment_intent.payment_failed": "requires_payment_method",
}


@dataclass(frozen=True, slots=True)
class Charged:
    """A payment that the service took; `refund_id` where we asked to give a part back."""

    attempt_id: int
    intent_id: str
    refund_id: int | None
    session_id: str


@pytest.mark.only_on("sqlite")
def test_news_in_any_order_and_number_make_one_journal(app: FastAPI, counter: Counter) -> None:
    chance = random.Random(2026)
    charged = [_charged(counter, number) for number in range(ORDERS)]
    letters = [
        json.dumps(event).encode()
        for number, one in enumerate(charged)
        for event in _news_of(counter, one, number)
        for _ in range(REPLAYS)
    ]
    assert len(letters) == ORDERS * REPLAYS * 20
    posts = [(raw, WEBHOOK_SECRET) for raw in letters]
    posts += [(raw, "whsec_forged") for raw in letters[:: 20 * REPLAYS]]
    chance.shuffle(posts)

    answers = asyncio.run(_deliver_all(app, posts))

    assert Tally(answers) == {200: len(letters), 400: ORDERS}
    _what_the_till_asks_anyway(counter, charged)
    assert _journal(counter) == _expected(charged)
    with counter.database.reading() as session:
        assert list(checks.breaches(session)) == []
        disputes = session.scalars(select(Dispute.status)).all()
    assert disputes == ["lost"] * ORDERS
    assert len(counter.stripe.charges(status="succeeded")) == ORDERS


def _charged(counter: Counter, number: int) -> Charged:
    """Paid at the reader or at a page; some are known to be paid, with a refund on its way, of some
    not even the intent was noted: the service's answer was lost, or its news are faster than the
    customer's way back.
    """
    with counter.database.transaction() as session:
        owed = bill(session, counter.place, reference=f"storm:{number}", total_minor=PRICE)
    at_reader, is_lost, is_known = number % 2 == 0, number % 6 < 2, number % 6 >= 4
    session_id = ""
    if at_reader:
        with counter.database.transaction() as session:
            drawer = tills.require_open(session, counter.place.till.id)
            attempt_id = tenders.start_card(
                session,
                counter.cashier,
                owed,
                drawer,
                amount=eur(PRICE),
                reader_id=counter.reader_id,
            ).id
        cards.refresh(counter.database, attempt_id)
        counter.present()
        intent_id = counter.attempt(attempt_id).intent_id or ""
    else:
        with counter.database.transaction() as session:
            attempt_id = checkouts.start(session, owed, eur(PRICE), by="storm").id
        url = checkouts.open_page(
            counter.database, attempt_id, name="Storm", here="http://127.0.0.1:9/pay"
        )
        _pay(url)
        session_id = counter.attempt(attempt_id).checkout_id or ""
        intent_id = gate_of(counter.database).checkout(session_id).intent_id
    if is_known:
        assert cards.refresh(counter.database, attempt_id) is AttemptState.CAPTURED
        return Charged(attempt_id, intent_id, _refund(counter, attempt_id), session_id)
    if is_lost:
        with counter.database.transaction() as session:
            attempt = session.get_one(PaymentAttempt, attempt_id)
            attempt.intent_id = attempt.checkout_id = None
            attempt.state = AttemptState.STARTED
    return Charged(attempt_id, intent_id, None, session_id)


def _pay(url: str) -> None:
    request = Request(url, b"with=card&email=", method="POST")
    try:
        urlopen(request, timeout=10).close()
    except OSError:
        return  # it leads back to the store, where nobody listens


def _refund(counter: Counter, attempt_id: int) -> int:
    """Begun here, made at the service, and its answer lost."""
    with counter.database.transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
        owed = session.get_one(Bill, attempt.bill_id)
        refund = refunds.start(
            session, counter.place.manager, owed, attempt, eur(BACK), reason="storm"
        )
        key = f"qf-{refund.store_id}-{owed.reference}-refund-{refund.number}"
        intent_id, refund_id = attempt.intent_id or "", refund.id
    gate_of(counter.database).create_refund(
        intent_id, eur(BACK), key=key, metadata={"refund": str(refund_id)}
    )
    return refund_id


def _news_of(counter: Counter, one: Charged, number: int) -> list[dict[str, Any]]:
    """One event of each kind, with what the service has of it; some tell of the past."""
    client = counter.stripe.client()
    intent = client.v1.payment_intents.retrieve(one.intent_id).to_dict()
    charge = client.v1.charges.retrieve(str(intent["latest_charge"])).to_dict()
    if one.refund_id is None:  # by hand, on the service's own pages
        client.v1.refunds.create({"payment_intent": one.intent_id, "amount": BACK})
    (refund,) = client.v1.refunds.list({"payment_intent": one.intent_id}).to_dict()["data"]
    dispute = {
        "id": f"dp_storm_{number}",
        "object": "dispute",
        "payment_intent": one.intent_id,
        "charge": charge["id"],
        "amount": PRICE,
        "currency": "eur",
        "reason": "fraudulent",
    }
    reader = {
        "id": counter.reader_id,
        "object": "terminal.reader",
        "action": {"process_payment_intent": {"payment_intent": one.intent_id}},
    }
    page = {"id": one.session_id, "object": "checkout.session", "payment_intent": one.intent_id}
    page["metadata"] = intent["metadata"]
    about = {
        "payment_intent": intent,
        "charge": charge,
        "charge.refund": refund,
        "charge.dispute": dispute,
        "refund": refund,
        "payout": {"id": "po_1", "object": "payout"},
        "terminal.reader": reader,
        "checkout.session": page,
    }
    told: list[dict[str, Any]] = []
    for kind in (*COMMON, *(AT_PAGE if one.session_id else AT_READER)):
        subject = dict(about[kind.rpartition(".")[0]])
        if kind in STALE:
            subject |= {"status": STALE[kind], "amount_received": 0}
        if subject["object"] == "dispute":
            subject["status"] = "lost" if kind.endswith("closed") else "needs_response"
        told.append(
            {
                "id": f"evt_{number}_{kind}",
                "object": "event",
                "type": kind,
                "livemode": False,
                "data": {"object": subject},
            }
        )
    return told


async def _deliver_all(app: FastAPI, posts: list[tuple[bytes, str]]) -> list[int]:
    """As eight connections of the service post them."""
    left = iter(posts)
    answers: list[int] = []

    async def connection() -> None:
        for raw, secret in left:
            answers.append(await _post(app, raw, signed(raw, secret=secret)))

    await asyncio.gather(*(connection() for _ in range(AT_ONCE)))
    return answers


async def _post(app: Callable[..., Awaitable[None]], raw: bytes, signature: str) -> int:
    """One request, without a client's own work."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/webhooks/stripe",
        "raw_path": b"/webhooks/stripe",
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(raw)).encode()),
            (b"stripe-signature", signature.encode()),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        "state": {},
    }
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    await app(scope, receive, send)
    return status


def _what_the_till_asks_anyway(counter: Counter, charged: list[Charged]) -> None:
    """The waiting page and the outbox: in the end each payment and refund is asked about."""
    for one in charged:
        assert cards.refresh(counter.database, one.attempt_id) is AttemptState.CAPTURED
        if one.refund_id is not None:
            assert cardrefunds.refresh(counter.database, one.refund_id) is RefundState.PAID_OUT


def _journal(counter: Counter) -> Tally[tuple[str, str, str, int]]:
    with counter.database.reading() as session:
        rows = session.execute(
            select(JournalEntry.kind, JournalEntry.memo, Posting.account, Posting.amount_minor)
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(JournalEntry.kind.in_([EntryKind.PAYMENT, EntryKind.REFUND]))
        )
        return Tally(
            (kind.value, memo, account.value, minor) for kind, memo, account, minor in rows
        )


def _expected(charged: list[Charged]) -> Tally[tuple[str, str, str, int]]:
    sides: Tally[tuple[str, str, str, int]] = Tally()
    for number, one in enumerate(charged):
        memo, clearing, held = f"storm:{number}", Account.CARD_CLEARING, Account.DEPOSITS
        sides[EntryKind.PAYMENT.value, memo, clearing.value, PRICE] += 1
        sides[EntryKind.PAYMENT.value, memo, held.value, -PRICE] += 1
        if one.refund_id is not None:
            sides[EntryKind.REFUND.value, memo, held.value, BACK] += 1
            sides[EntryKind.REFUND.value, memo, clearing.value, -BACK] += 1
    return sides

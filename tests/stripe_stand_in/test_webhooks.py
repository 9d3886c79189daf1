"""Webhooks: signed as Stripe's client wants it, and every hardship that a receiver must bear."""

import json
from collections import Counter
from typing import Any

import pytest
from stripe import APIConnectionError, SignatureVerificationError, StripeClient, Webhook

from tests.stripe_server import StripeStandIn, eventually
from tests.stripe_stand_in.receiver import Receiver

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture
def secret(stripe: StripeClient, receiver: Receiver) -> str:
    """Let the receiver hear everything; return what its messages are signed with."""
    endpoint: Any = stripe.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["*"]}
    )
    return str(endpoint.secret)


def pay(stripe: StripeClient) -> str:
    return stripe.v1.payment_intents.create(
        {"amount": 20_00, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True},
        {"idempotency_key": "sale-1"},
    ).id


def arrived(receiver: Receiver, number: int) -> list[str]:
    eventually(lambda: len(receiver.messages) >= number)
    return receiver.types()


def test_messages_come_in_order_and_stripes_client_believes_them(
    stripe: StripeClient, receiver: Receiver, secret: str
) -> None:
    intent = pay(stripe)

    assert arrived(receiver, 3) == PAID
    last = receiver.messages[-1]
    event = Webhook.construct_event(last.body, last.signature, secret)
    assert (event.type, event.data.object["id"]) == ("payment_intent.succeeded", intent)
    assert event.request is not None
    assert event.request.idempotency_key == "sale-1"
    assert stripe.v1.events.retrieve(event.id).data.object["id"] == intent


def test_a_changed_body_or_another_secret_is_not_believed(
    stripe: StripeClient, receiver: Receiver, secret: str
) -> None:
    pay(stripe)
    arrived(receiver, 1)
    message = receiver.messages[0]

    for body, key in [(message.body.replace(b"2000", b"1000"), secret), (message.body, "whsec_x")]:
        with pytest.raises(SignatureVerificationError):
            Webhook.construct_event(body, message.signature, key)


def test_the_signature_is_over_the_bytes_as_they_were_sent(
    stripe: StripeClient, receiver: Receiver, secret: str
) -> None:
    pay(stripe)
    arrived(receiver, 1)
    message = receiver.messages[0]

    again = json.dumps(json.loads(message.body)).encode()

    assert again != message.body
    with pytest.raises(SignatureVerificationError):
        Webhook.construct_event(again, message.signature, secret)


@pytest.mark.usefixtures("secret")
def test_what_is_not_taken_is_sent_again(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    receiver.answers = [500, 200, 200]
    pay(stripe)

    assert Counter(arrived(receiver, 4)) == Counter([*PAID, PAID[0]])
    first = eventually(lambda: [d for d in stand_in.read("deliveries") if d["attempts"] == 2])
    assert first[0]["state"] == "delivered"


@pytest.mark.usefixtures("secret")
def test_held_messages_are_released_in_any_order(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    stand_in.webhooks(hold=True)
    pay(stripe)
    assert receiver.messages == []

    first = stand_in.release_webhooks(types=["payment_intent.succeeded"])
    rest = stand_in.release_webhooks(order="reversed")

    assert receiver.types() == [PAID[2], PAID[1], PAID[0]]
    assert {sent["state"] for sent in first + rest} == {"delivered"}


@pytest.mark.usefixtures("secret")
def test_a_message_comes_as_often_as_ordered(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    stand_in.webhooks(copies=3)
    pay(stripe)

    arrived(receiver, 9)

    assert set(Counter(message.id for message in receiver.messages).values()) == {3}


@pytest.mark.usefixtures("secret")
def test_an_old_event_comes_again(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    pay(stripe)
    arrived(receiver, 3)

    answers = stand_in.control("webhooks/resend", event=receiver.messages[0].id, copies=2)

    assert answers == ["200", "200"]
    assert receiver.types() == [*PAID, PAID[0], PAID[0]]


@pytest.mark.usefixtures("secret")
def test_the_message_can_be_faster_than_the_answer(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    stand_in.webhooks(send_first=True)

    pay(stripe)

    assert receiver.types() == PAID


@pytest.mark.usefixtures("secret")
def test_the_message_arrives_though_the_answer_is_lost(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    stand_in.next("lose_answer")

    with pytest.raises(APIConnectionError):
        pay(stripe)

    assert arrived(receiver, 3) == PAID


@pytest.mark.usefixtures("secret")
def test_late_and_shuffled_messages_all_arrive(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver
) -> None:
    stand_in.webhooks(late_s=0.1, shuffle=True)
    pay(stripe)
    assert receiver.messages == []

    assert Counter(arrived(receiver, 3)) == Counter(PAID)


def test_an_endpoint_hears_only_what_it_asked_for(stripe: StripeClient, receiver: Receiver) -> None:
    made = stripe.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["charge.succeeded"]}
    )
    pay(stripe)
    assert arrived(receiver, 1) == ["charge.succeeded"]
    assert [found.id for found in stripe.v1.webhook_endpoints.list()] == [made.id]

    stripe.v1.webhook_endpoints.delete(made.id)

    assert list(stripe.v1.webhook_endpoints.list()) == []


def test_events_are_listed_by_type_and_by_delivery(
    stripe: StripeClient, stand_in: StripeStandIn, receiver: Receiver, secret: str
) -> None:
    assert secret
    stand_in.webhooks(hold=True)
    pay(stripe)
    stand_in.release_webhooks(types=["charge.succeeded"])

    kinds = stripe.v1.events.list({"types": ["charge.succeeded", "payment_intent.created"]})
    delivered = stripe.v1.events.list({"delivery_success": True})
    one = stripe.v1.events.list({"type": "payment_intent.succeeded"})

    assert [event.type for event in kinds] == ["charge.succeeded", "payment_intent.created"]
    assert [event.type for event in delivered] == receiver.types() == ["charge.succeeded"]
    assert [event.pending_webhooks for event in one] == [1]

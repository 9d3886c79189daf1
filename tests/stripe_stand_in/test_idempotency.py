"""The same key is the same request, whatever became of its first answer."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from stripe import (
    APIConnectionError,
    APIError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    PaymentIntent,
    RateLimitError,
    StripeClient,
)

from tests.stripe_server import StripeStandIn, eventually

Params = dict[str, Any]
PAY_NOW: Params = {
    "amount": 20_00,
    "currency": "eur",
    "payment_method": "pm_card_visa",
    "confirm": True,
}


def pay(stripe: StripeClient, key: str, **changes: Any) -> PaymentIntent:
    params: Any = {**PAY_NOW, **changes}
    return stripe.v1.payment_intents.create(params, {"idempotency_key": key})


def test_a_repeated_request_gets_its_first_answer(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    first = pay(stripe, "sale-1")
    again = pay(stripe, "sale-1")

    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.body == first.last_response.body  # type: ignore[union-attr]
    assert len(stand_in.charges()) == 1
    assert [seen["replayed"] for seen in stand_in.requests("payment_intents.create")] == [
        False, True,
    ]  # fmt: skip


def test_a_key_is_good_for_one_body_only(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    pay(stripe, "sale-1")

    with pytest.raises(IdempotencyError, match="same parameters") as refusal:
        pay(stripe, "sale-1", amount=30_00)

    assert refusal.value.http_status == 400
    assert len(stand_in.charges()) == 1


def test_a_key_is_good_for_one_endpoint_only(stripe: StripeClient) -> None:
    paid = pay(stripe, "sale-1")

    with pytest.raises(IdempotencyError, match="same endpoint"):
        stripe.v1.refunds.create({"payment_intent": paid.id}, {"idempotency_key": "sale-1"})


def test_a_decline_is_repeated_too(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    for _ in range(2):
        with pytest.raises(CardError) as refusal:
            pay(stripe, "sale-1", payment_method="pm_card_chargeDeclined")
        assert refusal.value.code == "card_declined"

    assert len(stand_in.charges()) == 1


def test_a_request_that_was_not_understood_leaves_its_key_free(stripe: StripeClient) -> None:
    with pytest.raises(InvalidRequestError):
        pay(stripe, "sale-1", currency="euro")

    assert pay(stripe, "sale-1").status == "succeeded"


def test_a_key_under_way_is_in_use(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    stand_in.next("delay_ms", delay_ms=300)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pay, stand_in.client(), "sale-1")
        eventually(lambda: not stand_in.read("state")["next"])

        with pytest.raises(APIError) as refusal:
            pay(stripe, "sale-1")

        assert slow.result().status == "succeeded"
    assert refusal.value.http_status == 409
    assert refusal.value.error is not None
    assert refusal.value.error.code == "idempotency_key_in_use"
    assert len(stand_in.charges()) == 1


def test_a_lost_answer_is_found_by_asking(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    made = stripe.v1.payment_intents.create(
        {"amount": 20_00, "currency": "eur", "metadata": {"attempt": "7"}}
    )
    stand_in.next("lose_answer", on=["confirm"])

    with pytest.raises(APIConnectionError):
        stripe.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})

    assert stripe.v1.payment_intents.retrieve(made.id).status == "succeeded"
    assert len(stand_in.charges()) == 1
    lost = stand_in.requests("payment_intents.confirm")[0]
    assert (lost["status"], lost["mishap"]) == (None, "lose_answer")


def test_a_lost_answer_is_given_to_whoever_asks_again_with_the_key(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    stand_in.next("lose_answer", times=2)
    for _ in range(2):
        with pytest.raises(APIConnectionError):
            pay(stripe, "sale-1")

    paid = pay(stripe, "sale-1")

    assert paid.status == "succeeded"
    assert len(stand_in.charges()) == 1


def test_stripes_client_tries_again_by_itself(stand_in: StripeStandIn) -> None:
    stand_in.next("lose_answer")

    paid = stand_in.client(retries=1).v1.payment_intents.create(PAY_NOW)  # type: ignore[arg-type]

    assert paid.status == "succeeded"
    assert len(stand_in.charges()) == 1


@pytest.mark.parametrize(("when", "charges"), [("before", 0), ("after", 1)])
def test_a_500_says_nothing_about_the_money(
    stripe: StripeClient, stand_in: StripeStandIn, when: str, charges: int
) -> None:
    stand_in.next("http_500", when=when)

    for _ in range(2):
        with pytest.raises(APIError) as refusal:
            pay(stripe, "sale-1")
        assert refusal.value.http_status == 500

    assert len(stand_in.charges()) == charges


def test_a_request_too_many_may_be_sent_again(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    stand_in.next("rate_limit")
    with pytest.raises(RateLimitError):
        pay(stripe, "sale-1")

    assert pay(stripe, "sale-1").status == "succeeded"

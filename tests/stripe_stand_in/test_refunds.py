"""Refunds: in parts, in full, never more; and those that come out later."""

import pytest
from stripe import InvalidRequestError, PaymentIntent, StripeClient

from tests.stripe_server import StripeStandIn, eventually


@pytest.fixture
def paid(stripe: StripeClient) -> PaymentIntent:
    return stripe.v1.payment_intents.create(
        {"amount": 100_00, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )


def test_a_part_and_then_the_rest(
    stripe: StripeClient, stand_in: StripeStandIn, paid: PaymentIntent
) -> None:
    part = stripe.v1.refunds.create(
        {"payment_intent": paid.id, "amount": 30_00, "reason": "requested_by_customer"}
    )
    rest = stripe.v1.refunds.create({"charge": str(paid.latest_charge)})

    assert (part.amount, part.status, rest.amount) == (30_00, "succeeded", 70_00)
    charge = stripe.v1.charges.retrieve(str(paid.latest_charge), {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (100_00, True)
    assert charge.refunds is not None
    assert [refund.id for refund in charge.refunds] == [rest.id, part.id]
    assert stand_in.events()[-4:] == ["refund.created", "charge.refunded"] * 2


def test_many_refunds_are_paged_from_their_charge(
    stripe: StripeClient, paid: PaymentIntent
) -> None:
    made = [
        stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 1}).id for _ in range(12)
    ]

    charge = stripe.v1.charges.retrieve(str(paid.latest_charge), {"expand": ["refunds"]})

    assert charge.refunds is not None
    assert len(charge.refunds) == 10
    assert [refund.id for refund in charge.refunds.auto_paging_iter()] == made[::-1]


def test_more_than_is_left_is_refused(
    stripe: StripeClient, stand_in: StripeStandIn, paid: PaymentIntent
) -> None:
    stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 90_00})

    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 20_00})

    assert refusal.value.http_status == 400
    assert refusal.value.param == "amount"
    assert refusal.value.user_message == (
        "Refund amount (€20.00) is greater than unrefunded amount on charge (€10.00)"
    )
    assert len(stand_in.read("refunds")) == 1


def test_what_is_refunded_in_full_is_not_refunded_again(
    stripe: StripeClient, paid: PaymentIntent
) -> None:
    stripe.v1.refunds.create({"payment_intent": paid.id})

    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 1})

    assert refusal.value.code == "charge_already_refunded"


def test_an_unpaid_intent_has_nothing_to_refund(stripe: StripeClient) -> None:
    unpaid = stripe.v1.payment_intents.create({"amount": 100, "currency": "eur"})

    with pytest.raises(InvalidRequestError, match="does not have a successful charge"):
        stripe.v1.refunds.create({"payment_intent": unpaid.id})


def test_a_disputed_charge_is_not_refunded(
    stripe: StripeClient, stand_in: StripeStandIn, paid: PaymentIntent
) -> None:
    stand_in.control("disputes", charge=paid.latest_charge)

    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.refunds.create({"payment_intent": paid.id})

    assert refusal.value.code == "charge_disputed"


def test_the_balance_shows_what_came_and_what_went(
    stripe: StripeClient, paid: PaymentIntent
) -> None:
    refund = stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 30_00})

    lines = stripe.v1.balance_transactions.list()

    assert [(line.type, line.amount) for line in lines] == [("refund", -30_00), ("charge", 100_00)]
    assert all(line.net == line.amount - line.fee for line in lines)
    assert lines.data[0].source == refund.id


def test_a_refund_that_fails_later_gives_its_amount_free(
    stripe: StripeClient, stand_in: StripeStandIn, paid: PaymentIntent
) -> None:
    stand_in.next("refund_failed")
    refund = stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 30_00})
    assert refund.status == "pending"

    eventually(lambda: stripe.v1.refunds.retrieve(refund.id).status == "failed")

    charge = stripe.v1.charges.retrieve(str(paid.latest_charge))
    assert charge.amount_refunded == 0
    assert stand_in.events()[-2:] == ["refund.failed", "refund.updated"]


def test_a_pending_refund_comes_out_when_told_to(
    stripe: StripeClient, stand_in: StripeStandIn, paid: PaymentIntent
) -> None:
    stand_in.next("refund_pending")
    refund = stripe.v1.refunds.create({"payment_intent": paid.id, "amount": 30_00})

    stand_in.control("settle", id=refund.id)

    assert stripe.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert stand_in.events()[-1] == "refund.updated"

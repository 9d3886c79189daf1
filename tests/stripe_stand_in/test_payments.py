"""PaymentIntents through Stripe's own client: taking, holding, declining, ending."""

from typing import Any

import pytest
from stripe import CardError, InvalidRequestError, PaymentIntent, StripeClient, params

from stripe_stand_in import account, checkout_forms, intents
from tests.stripe_server import StripeStandIn, eventually


def intent(stripe: StripeClient, amount: int = 20_00, **more: object) -> PaymentIntent:
    return stripe.v1.payment_intents.create(
        {"amount": amount, "currency": "eur", "allowed_payment_method_types": ["card"], **more}  # type: ignore[typeddict-item]
    )


def test_an_intent_is_paid_in_two_steps(stripe: StripeClient) -> None:
    made = intent(stripe, metadata={"order": "O-1"}, description="A knee")

    confirmed = stripe.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})

    assert made.status == "requires_payment_method"
    assert confirmed.status == "succeeded"
    assert confirmed.amount_received == 20_00
    assert confirmed.metadata.to_dict() == {"order": "O-1"}
    charge = stripe.v1.charges.retrieve(str(confirmed.latest_charge))
    assert (charge.amount, charge.captured, charge.status) == (20_00, True, "succeeded")


def test_an_intent_with_a_card_waits_for_its_confirmation(stripe: StripeClient) -> None:
    made = intent(stripe, payment_method="pm_card_visa")

    assert made.status == "requires_confirmation"


def test_a_hold_is_captured_in_part(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    held = intent(
        stripe, 100_00, capture_method="manual", payment_method="pm_card_visa", confirm=True
    )
    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture", 100_00, 0,
    )  # fmt: skip

    taken = stripe.v1.payment_intents.capture(held.id, {"amount_to_capture": 70_00})

    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 70_00)
    assert "payment_intent.amount_capturable_updated" in stand_in.events()
    assert len(stand_in.charges()) == 1


def test_a_hold_is_let_go_when_the_intent_is_cancelled(stripe: StripeClient) -> None:
    held = intent(stripe, capture_method="manual", payment_method="pm_card_visa", confirm=True)

    ended = stripe.v1.payment_intents.cancel(held.id, {"cancellation_reason": "abandoned"})

    charge = stripe.v1.charges.retrieve(str(ended.latest_charge))
    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    assert (charge.captured, charge.refunded, charge.amount_captured) == (False, True, 0)


def test_more_than_was_held_cannot_be_captured(stripe: StripeClient) -> None:
    held = intent(stripe, capture_method="manual", payment_method="pm_card_visa", confirm=True)

    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.payment_intents.capture(held.id, {"amount_to_capture": 20_01})

    assert (refusal.value.code, refusal.value.param) == ("amount_too_large", "amount_to_capture")


def test_a_decline_names_its_reason_and_leaves_the_intent_open(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    made = intent(stripe)

    with pytest.raises(CardError) as refusal:
        stripe.v1.payment_intents.confirm(
            made.id, {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
        )

    error = refusal.value.error
    assert error is not None
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    assert error.payment_intent is not None
    assert error.payment_intent.id == made.id
    after = stripe.v1.payment_intents.retrieve(made.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.decline_code == "insufficient_funds"
    assert after.latest_charge == error.charge
    assert [charge["status"] for charge in stand_in.charges()] == ["failed"]
    assert stand_in.events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_after_a_decline_another_card_pays_the_same_intent(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    made = intent(stripe)
    stand_in.next("decline", code="lost_card")
    with pytest.raises(CardError):
        stripe.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})

    paid = stripe.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_mastercard"})

    assert paid.status == "succeeded"
    assert paid.last_payment_error is None
    assert len(stand_in.charges(status="succeeded")) == 1


def test_a_bank_that_takes_its_time(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    stand_in.next("pending")
    pending = intent(stripe, payment_method="pm_card_visa", confirm=True)
    assert pending.status == "processing"
    with pytest.raises(InvalidRequestError, match="cannot cancel"):
        stripe.v1.payment_intents.cancel(pending.id)

    stand_in.control("settle", id=pending.id, outcome="decline", code="insufficient_funds")

    after = stripe.v1.payment_intents.retrieve(pending.id)
    assert after.status == "requires_payment_method"
    assert "payment_intent.processing" in stand_in.events()


def test_a_bank_that_answers_by_itself(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    stand_in.next("pending", settle_s=0.05)
    pending = intent(stripe, payment_method="pm_card_visa", confirm=True)

    paid = eventually(lambda: stripe.v1.payment_intents.retrieve(pending.id).status == "succeeded")

    assert paid


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("49", "eur", "amount_too_small"),
        ("49", "jpy", "amount_too_small"),
        ("29", "gbp", "amount_too_small"),
        ("100000000", "eur", "amount_too_large"),
        ("10.5", "eur", "parameter_invalid_integer"),
        ("-5", "eur", "parameter_invalid_integer"),
        ("1_000", "eur", "parameter_invalid_integer"),
        ("1e5", "eur", "parameter_invalid_integer"),
        ("", "eur", "parameter_invalid_empty"),
    ],
)
def test_an_amount_that_cannot_be_charged_is_refused(
    stripe: StripeClient, amount: str, currency: str, code: str
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.payment_intents.create({"amount": amount, "currency": currency})  # type: ignore[typeddict-item]

    assert (refusal.value.code, refusal.value.param) == (code, "amount")
    assert refusal.value.http_status == 400


def test_yen_have_no_cents(stripe: StripeClient) -> None:
    made = stripe.v1.payment_intents.create({"amount": 80, "currency": "jpy"})

    assert (made.amount, made.currency) == (80, "jpy")


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"currency": "eur"}, "parameter_missing", "amount"),
        ({"amount": 100}, "parameter_missing", "currency"),
        ({"amount": 100, "currency": "euro"}, None, "currency"),
        ({"amount": 100, "currency": "eur", "colour": "red"}, "parameter_unknown", "colour"),
        ({"amount": 100, "currency": "eur", "capture_method": "soon"}, None, "capture_method"),
        ({"amount": 100, "currency": "eur", "customer": "cus_0"}, "resource_missing", "customer"),
    ],
)
def test_a_request_that_stripe_would_not_understand_is_refused(
    stripe: StripeClient, sent: Any, code: str | None, param: str
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.payment_intents.create(sent)

    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_a_paid_intent_cannot_be_confirmed_changed_or_cancelled(stripe: StripeClient) -> None:
    paid = intent(stripe, payment_method="pm_card_visa", confirm=True)

    with pytest.raises(InvalidRequestError) as twice:
        stripe.v1.payment_intents.confirm(paid.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(InvalidRequestError) as changed:
        stripe.v1.payment_intents.update(paid.id, {"amount": 1_00})
    with pytest.raises(InvalidRequestError) as ended:
        stripe.v1.payment_intents.cancel(paid.id)

    for refusal in (twice, changed, ended):
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert refusal.value.error is not None
        assert refusal.value.error.payment_intent is not None
        assert refusal.value.error.payment_intent.status == "succeeded"


def test_a_note_on_a_paid_intent_leaves_it_paid(stripe: StripeClient) -> None:
    paid = intent(stripe, payment_method="pm_card_visa", confirm=True)

    noted = stripe.v1.payment_intents.update(paid.id, {"metadata": {"receipt": "R-1"}})

    assert (noted.status, noted.metadata.to_dict()) == ("succeeded", {"receipt": "R-1"})


def test_a_charge_that_its_owner_disputes(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    paid = intent(stripe, payment_method="pm_card_createDispute", confirm=True)

    disputes = stripe.v1.disputes.list({"payment_intent": paid.id})

    assert [dispute.amount for dispute in disputes] == [20_00]
    assert stand_in.events()[-1] == "charge.dispute.created"
    assert stand_in.charges()[0]["disputed"]


def test_the_old_way_to_name_cards_is_refused_by_todays_version(stripe: StripeClient) -> None:
    old: Any = {"amount": 100, "currency": "eur", "payment_method_types": ["card_present"]}

    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.payment_intents.create(old)
    before = stripe.v1.payment_intents.create(old, {"stripe_version": "2025-09-30.clover"})

    assert refusal.value.code == "payment_method_types_no_longer_supported"
    assert before.payment_method_types == ["card_present"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (intents._CREATE, params.PaymentIntentCreateParams),
        (intents._UPDATE, params.PaymentIntentUpdateParams),
        (intents._CONFIRM, params.PaymentIntentConfirmParams),
        (intents._CAPTURE, params.PaymentIntentCaptureParams),
        (checkout_forms._CREATE, params.checkout.SessionCreateParams),
        (account._CUSTOMER_FIELDS, params.CustomerCreateParams),
    ],
)
def test_we_accept_nothing_that_stripes_client_does_not_know(
    ours: tuple[str, ...], theirs: type
) -> None:
    assert set(ours) <= theirs.__annotations__.keys()

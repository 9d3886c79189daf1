"""The card reader: asking, waiting, presenting, failing, and what can go wrong in between."""

from collections.abc import Callable

import pytest
from stripe import InvalidRequestError, PaymentIntent, StripeClient
from stripe.terminal import Reader

from tests.stripe_server import StripeStandIn, eventually

CANNOT_WAIT = {"auto_present": False}


@pytest.fixture
def due(stripe: StripeClient) -> Callable[..., PaymentIntent]:
    """Make an intent that a reader can take."""

    def make(amount: int = 20_00, **more: object) -> PaymentIntent:
        return stripe.v1.payment_intents.create(
            {
                "amount": amount,
                "currency": "eur",
                "allowed_payment_method_types": ["card_present"],
                **more,  # type: ignore[typeddict-item]
            }
        )

    return make


def process(stripe: StripeClient, reader: Reader, intent: PaymentIntent) -> Reader:
    return stripe.v1.terminal.readers.process_payment_intent(
        reader.id, {"payment_intent": intent.id}
    )


def action_of(stripe: StripeClient, reader: Reader) -> Reader.Action:
    action = stripe.v1.terminal.readers.retrieve(reader.id).action
    assert action is not None
    return action


def ended(stripe: StripeClient, reader: Reader) -> Reader.Action:
    eventually(lambda: action_of(stripe, reader).status != "in_progress")
    return action_of(stripe, reader)


def test_a_customer_pays_at_the_reader(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    intent = due()

    asked = process(stripe, reader, intent)

    assert asked.action is not None
    assert asked.action.status == "in_progress"
    assert asked.action.process_payment_intent is not None
    assert asked.action.process_payment_intent.payment_intent == intent.id
    assert stripe.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert ended(stripe, reader).status == "succeeded"
    paid = stripe.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received) == ("succeeded", 20_00)
    details = paid.latest_charge.payment_method_details.card_present  # type: ignore[union-attr]
    assert details is not None
    assert (details.last4, details.reader, details.read_method) == (
        "4242", reader.id, "contactless_emv",
    )  # fmt: skip
    assert stand_in.events()[-3:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "terminal.reader.action_succeeded",
    ]


def test_a_hold_at_the_reader_is_captured_later(
    stripe: StripeClient, reader: Reader, due: Callable[..., PaymentIntent]
) -> None:
    intent = due(capture_method="manual")
    process(stripe, reader, intent)
    ended(stripe, reader)
    assert stripe.v1.payment_intents.retrieve(intent.id).status == "requires_capture"

    assert stripe.v1.payment_intents.capture(intent.id).status == "succeeded"


def test_a_declined_card_fails_the_action_and_the_next_one_pays(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    intent = due()
    stand_in.next("decline", code="insufficient_funds")
    process(stripe, reader, intent)

    failed = ended(stripe, reader)

    assert (failed.status, failed.failure_code) == ("failed", "card_declined")
    assert failed.api_error is not None
    assert failed.api_error.decline_code == "insufficient_funds"
    after = stripe.v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    process(stripe, reader, intent)
    assert ended(stripe, reader).status == "succeeded"
    assert [charge["status"] for charge in stand_in.charges()] == ["succeeded", "failed"]


def test_a_test_card_decides_by_its_number(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.control("readers", **CANNOT_WAIT)
    process(stripe, reader, due())

    presented = stripe.v1.test_helpers.terminal.readers.present_payment_method(
        reader.id, {"type": "card_present", "card_present": {"number": "4000000000000002"}}
    )

    assert presented.action is not None
    assert (presented.action.status, presented.action.failure_code) == ("failed", "card_declined")


def test_nobody_comes_until_the_action_is_cancelled(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    intent = due()
    stand_in.next("timeout")
    process(stripe, reader, intent)
    eventually(lambda: not stand_in.read("state")["next"])
    assert action_of(stripe, reader).status == "in_progress"

    free = stripe.v1.terminal.readers.cancel_action(reader.id)

    assert free.action is None
    assert stripe.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert stand_in.charges() == []


def test_the_customer_presses_cancel(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.next("customer_canceled")
    process(stripe, reader, due())

    failed = ended(stripe, reader)

    assert (failed.failure_code, failed.api_error) == ("customer_canceled", None)
    assert stand_in.events()[-1] == "terminal.reader.action_failed"


def test_a_reader_that_lost_its_line_says_failed_though_the_money_was_taken(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    intent = due()
    stand_in.next("connection_error")
    process(stripe, reader, intent)

    assert ended(stripe, reader).failure_code == "connection_error"
    assert stripe.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_reader_that_is_off_refuses(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.control("readers", status="offline")
    assert stripe.v1.terminal.readers.retrieve(reader.id).status == "offline"

    with pytest.raises(InvalidRequestError) as refusal:
        process(stripe, reader, due())

    assert refusal.value.code == "terminal_reader_offline"
    stand_in.control("readers", status="online")
    assert process(stripe, reader, due()).action is not None


def test_a_reader_that_does_not_acknowledge_may_have_heard(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.control("readers", **CANNOT_WAIT)
    intent = due()

    for when, heard in (("before", False), ("after", True)):
        stand_in.next("reader_timeout", when=when)
        with pytest.raises(InvalidRequestError) as refusal:
            process(stripe, reader, intent)
        assert refusal.value.code == "terminal_reader_timeout"
        assert bool(stripe.v1.terminal.readers.retrieve(reader.id).action) is heard


def test_a_reader_serves_one_payment_at_a_time(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.control("readers", **CANNOT_WAIT)
    first, second = due(), due()
    process(stripe, reader, first)

    with pytest.raises(InvalidRequestError) as refusal:
        process(stripe, reader, second)

    assert refusal.value.code == "terminal_reader_busy"
    assert process(stripe, reader, first).action is not None


def test_while_the_bank_is_asked_nothing_can_be_cancelled(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    intent = due()
    stand_in.next("pending")
    process(stripe, reader, intent)
    eventually(lambda: stripe.v1.payment_intents.retrieve(intent.id).status == "processing")

    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.terminal.readers.cancel_action(reader.id)

    assert refusal.value.code == "terminal_reader_busy"
    stand_in.control("settle", id=intent.id)
    assert action_of(stripe, reader).status == "succeeded"


def test_a_paid_or_ended_intent_is_not_taken_again(
    stripe: StripeClient, reader: Reader, due: Callable[..., PaymentIntent]
) -> None:
    paid, canceled = due(), due()
    process(stripe, reader, paid)
    ended(stripe, reader)
    stripe.v1.payment_intents.cancel(canceled.id)

    for intent in (paid, canceled):
        with pytest.raises(InvalidRequestError) as refusal:
            process(stripe, reader, intent)
        assert refusal.value.code == "intent_invalid_state"


def test_an_intent_that_ends_while_the_reader_waits_takes_no_money(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.control("readers", **CANNOT_WAIT)
    intent = due()
    process(stripe, reader, intent)
    stripe.v1.payment_intents.cancel(intent.id)

    stripe.v1.test_helpers.terminal.readers.present_payment_method(reader.id)

    assert action_of(stripe, reader).failure_code == "intent_invalid_state"
    assert stand_in.charges() == []


def test_two_readers_that_ask_for_the_same_intent_take_it_once(
    stripe: StripeClient,
    stand_in: StripeStandIn,
    reader: Reader,
    due: Callable[..., PaymentIntent],
) -> None:
    stand_in.control("readers", **CANNOT_WAIT)
    other = stripe.v1.terminal.readers.create({"registration_code": "simulated-s700"})
    intent = due()
    helpers = stripe.v1.test_helpers.terminal.readers
    for asked in (reader, other):
        process(stripe, asked, intent)

    helpers.present_payment_method(reader.id)
    assert action_of(stripe, other).status == "in_progress"
    helpers.present_payment_method(other.id)

    assert action_of(stripe, reader).status == "succeeded"
    assert action_of(stripe, other).failure_code == "intent_invalid_state"
    assert len(stand_in.charges()) == 1


def test_an_intent_for_cards_on_the_web_is_refused(
    stripe: StripeClient, reader: Reader, due: Callable[..., PaymentIntent]
) -> None:
    with pytest.raises(InvalidRequestError, match="card_present"):
        process(stripe, reader, due(allowed_payment_method_types=["card"]))


def test_readers_are_listed_by_their_place(stripe: StripeClient, reader: Reader) -> None:
    here = stripe.v1.terminal.readers.list({"location": str(reader.location)})
    nowhere = stripe.v1.terminal.readers.list({"location": "tml_none"})

    assert [found.id for found in here] == [reader.id]
    assert list(nowhere) == []


def test_a_question_on_the_screen_is_answered_or_not(
    stripe: StripeClient, stand_in: StripeStandIn, reader: Reader
) -> None:
    ask = {
        "inputs": [
            {"type": "signature", "custom_text": {"title": "Handover"}, "required": True},
            {"type": "numeric", "custom_text": {"title": "0 to 10"}},
        ]
    }
    helpers = stripe.v1.test_helpers.terminal.readers
    stripe.v1.terminal.readers.collect_inputs(reader.id, ask)  # type: ignore[arg-type]

    answered = helpers.succeed_input_collection(reader.id, {"skip_non_required_inputs": "all"})

    assert answered.action is not None
    assert answered.action.collect_inputs is not None
    signature, number = answered.action.collect_inputs.inputs
    assert (signature.skipped, number.skipped) == (False, True)
    stripe.v1.terminal.readers.collect_inputs(reader.id, ask)  # type: ignore[arg-type]
    gone = helpers.timeout_input_collection(reader.id)
    assert gone.action is not None
    assert gone.action.status == "failed"
    assert stand_in.events()[-1] == "terminal.reader.action_failed"

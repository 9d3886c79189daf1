"""Card payments at the reader: one charge at most, and never a doubt that nobody sees.

Against the local Stripe server, over HTTP, with Stripe's own client.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from stripe import StripeError

from app.identity.roles import Role
from app.kernel import events
from app.kernel.errors import Forbidden, NotFound, Refused
from app.kernel.events import Event
from app.kernel.text import msg
from app.payments import booking, cards, failures, stripe_gate
from app.payments.models import PaymentAttempt
from app.payments.states import AttemptState
from app.settings import Settings
from tests.makers.payments import actor, shop
from tests.payments.counter import LACKING_FUNDS, Counter

sqlite = pytest.mark.only_on("sqlite")


def test_a_card_at_the_reader_pays_the_bill(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    assert counter.refresh(attempt_id) is AttemptState.PROCESSING
    counter.present()

    assert counter.refresh(attempt_id) is AttemptState.CAPTURED

    attempt = counter.attempt(attempt_id)
    assert (attempt.card_brand, attempt.card_last4, attempt.auth_ref) == ("visa", "4242", "123456")
    assert counter.paid.minor == 10_000
    assert len(counter.stripe.charges()) == 1
    assert counter.breaches == []


@sqlite
def test_the_intent_names_store_bill_and_attempt(counter: Counter) -> None:
    counter.at_reader()
    (intent,) = counter.stripe.read("payment_intents")
    store = counter.place.store.id
    assert intent["metadata"] == {"store": str(store), "bill": "repair:1", "attempt": "1"}
    (request,) = counter.stripe.requests("payment_intents.create")
    assert request["idempotency_key"] == f"qf-{store}-repair:1-1"


@sqlite
def test_a_declined_card_leaves_the_bill_open_and_a_new_attempt_can_pay_it(
    counter: Counter,
) -> None:
    first = counter.at_reader()
    counter.present(LACKING_FUNDS)
    assert counter.refresh(first) is AttemptState.DECLINED
    assert counter.attempt(first).failure == "insufficient_funds"
    assert failures.told("insufficient_funds") is not None

    second = counter.at_reader()
    counter.present()
    assert counter.refresh(second) is AttemptState.CAPTURED

    assert counter.attempt(second).number == 2
    assert len(counter.stripe.charges(status="succeeded")) == 1
    assert counter.paid.minor == 10_000


@sqlite
def test_a_reader_that_is_switched_off_ends_the_attempt_at_once(counter: Counter) -> None:
    counter.stripe.control("readers", reader=counter.reader_id, status="offline")
    attempt_id = counter.start()
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert counter.attempt(attempt_id).failure == failures.READER_OFFLINE
    assert counter.stripe.read("payment_intents")[0]["status"] == "canceled"


@sqlite
def test_a_reader_in_use_elsewhere_is_left_alone(counter: Counter) -> None:
    client = counter.stripe.client()
    other = client.v1.payment_intents.create(
        {"amount": 500, "currency": "eur", "allowed_payment_method_types": ["card_present"]}
    )
    client.v1.terminal.readers.process_payment_intent(
        counter.reader_id, {"payment_intent": other.id}
    )
    attempt_id = counter.start()
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert counter.attempt(attempt_id).failure == failures.READER_BUSY
    assert client.v1.terminal.readers.retrieve(counter.reader_id).action is not None


@sqlite
@pytest.mark.parametrize("mode", ["refuse", "503"])
def test_without_stripe_the_counter_hears_it_at_once_and_nothing_hangs(
    counter: Counter, mode: str
) -> None:
    attempt_id = counter.start()
    counter.stripe.outage(mode)
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert counter.attempt(attempt_id).failure == failures.SERVICE_UNREACHABLE


@sqlite
def test_a_lost_answer_is_found_again_under_the_same_key(counter: Counter) -> None:
    counter.stripe.next("lose_answer", on=["payment_intents.create"])
    counter.stripe.next("lose_answer", on=["process_payment_intent"])
    attempt_id = counter.at_reader()
    counter.present()
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert len(counter.stripe.read("payment_intents")) == 1
    assert len(counter.stripe.charges()) == 1


@sqlite
def test_answers_lost_for_good_leave_the_attempt_unknown_until_it_is_asked(
    counter: Counter,
) -> None:
    counter.stripe.next("lose_answer", on=["process_payment_intent"], times=2)
    attempt_id = counter.start()
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    counter.present()

    state = cards.reconcile(counter.database, counter.cashier, attempt_id)

    assert state is AttemptState.CAPTURED
    assert len(counter.stripe.charges()) == 1
    assert len(counter.stripe.read("payment_intents")) == 1
    assert counter.audit[-1] == "payment.reconciled"


@sqlite
def test_a_reader_that_did_not_acknowledge_is_asked_what_it_does(counter: Counter) -> None:
    counter.stripe.next("reader_timeout")
    attempt_id = counter.start()
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    # the reader did not hear: the intent waits and nobody asks for a card, so it is cancelled
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert counter.attempt(attempt_id).failure == failures.NOT_TAKEN
    assert counter.stripe.read("payment_intents")[0]["status"] == "canceled"


@sqlite
def test_while_stripe_is_away_the_payment_is_unknown_and_comes_back(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.present()
    counter.stripe.outage("refuse")
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    counter.stripe.outage("off")
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


@sqlite
def test_the_intent_is_believed_not_the_reader(counter: Counter) -> None:
    counter.stripe.control("readers", auto_present=True, delay_s=0.0)
    counter.stripe.next("connection_error")
    attempt_id = counter.start()
    counter.refresh(attempt_id)
    counter.stripe.control("readers", auto_present=False)
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


@sqlite
def test_a_customer_who_cancels_at_the_reader_ends_the_attempt(counter: Counter) -> None:
    counter.stripe.control("readers", auto_present=True, delay_s=0.0)
    counter.stripe.next("customer_canceled")
    attempt_id = counter.start()
    counter.refresh(attempt_id)
    counter.refresh(attempt_id)
    attempt = counter.attempt(attempt_id)
    assert (attempt.state, attempt.failure) == (
        AttemptState.CANCELLED,
        failures.CANCELLED_AT_READER,
    )


@sqlite
def test_a_bank_that_thinks_about_it_is_waited_for(counter: Counter) -> None:
    counter.stripe.control("readers", auto_present=True, delay_s=0.0)
    counter.stripe.next("pending")
    attempt_id = counter.start()
    counter.refresh(attempt_id)
    counter.stripe.control("readers", auto_present=False)
    assert counter.refresh(attempt_id) is AttemptState.PROCESSING
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.PROCESSING
    (intent,) = counter.stripe.read("payment_intents")
    counter.stripe.control("settle", id=intent["id"], outcome="approve")
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED


# Cancelling


@sqlite
def test_cancelling_takes_the_amount_off_the_reader(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.CANCELLED
    assert counter.stripe.read("payment_intents")[0]["status"] == "canceled"
    reader = counter.stripe.client().v1.terminal.readers.retrieve(counter.reader_id)
    assert reader.action is None
    assert "payment.cancelled" in counter.audit


@sqlite
def test_cancelling_before_stripe_was_asked_asks_nobody(counter: Counter) -> None:
    attempt_id = counter.start()
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.CANCELLED
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert counter.stripe.read("payment_intents") == []


@sqlite
def test_a_card_faster_than_the_cancellation_wins(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.present()
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


def test_a_card_and_a_cancellation_at_the_same_moment_agree_in_the_end(counter: Counter) -> None:
    attempt_id = counter.at_reader()

    def present() -> None:
        with suppress(StripeError):
            counter.present()

    with ThreadPoolExecutor(2) as pool:
        pool.submit(present)
        pool.submit(cards.cancel, counter.database, counter.cashier, attempt_id)
    state = counter.refresh(attempt_id)

    taken = counter.stripe.charges(status="succeeded")
    assert (state, len(taken)) in {(AttemptState.CAPTURED, 1), (AttemptState.CANCELLED, 0)}
    assert counter.paid.minor == 10_000 * len(taken)


@sqlite
def test_cancelling_while_stripe_is_away_is_unknown_not_cancelled(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.stripe.outage("refuse")
    assert cards.cancel(counter.database, counter.cashier, attempt_id) is AttemptState.UNKNOWN


def test_everybody_at_once_makes_one_charge(counter: Counter) -> None:
    """WHK-05."""
    attempt_id = counter.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(counter.refresh, [attempt_id] * 4))
    counter.present()
    with ThreadPoolExecutor(4) as pool:
        states = set(pool.map(counter.refresh, [attempt_id] * 4))
    assert states == {AttemptState.CAPTURED}
    assert counter.audit.count("payment.booked") == 1
    assert len(counter.stripe.charges()) == 1
    assert counter.paid.minor == 10_000
    assert counter.breaches == []


# Late money


@sqlite
def test_a_till_closes_while_unknown_and_the_next_session_takes_the_capture(
    counter: Counter,
) -> None:
    attempt_id = counter.at_reader()
    counter.stripe.outage("refuse")
    counter.refresh(attempt_id)
    counter.close_till()
    counter.stripe.outage("off")
    counter.present()

    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    with counter.database.reading() as session:
        waiting = booking.unbooked_of(session, counter.place.store.id)
    assert [attempt.id for attempt in waiting] == [attempt_id]
    assert not counter.paid

    second = counter.open_till()

    assert counter.attempt(attempt_id).till_session_id == second.id
    assert counter.paid.minor == 10_000
    assert counter.breaches == []


@sqlite
def test_a_capture_goes_to_the_session_that_is_open_when_it_comes(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.close_till()
    second = counter.open_till()
    counter.present()
    counter.refresh(attempt_id)
    assert counter.attempt(attempt_id).till_session_id == second.id


@sqlite
def test_money_that_comes_after_a_payment_was_set_aside_is_booked(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.stripe.outage("refuse")
    counter.refresh(attempt_id)
    with pytest.raises(Refused):
        cards.set_aside(counter.database, counter.place.manager, attempt_id, reason=" ")
    with pytest.raises(Forbidden):
        cards.set_aside(counter.database, counter.cashier, attempt_id, reason="x")
    state = cards.set_aside(
        counter.database, counter.place.manager, attempt_id, reason="not in the dashboard"
    )
    assert state is AttemptState.CANCELLED

    counter.stripe.outage("off")
    counter.present()
    assert cards.hear(counter.database, attempt_id, None) is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


@sqlite
def test_a_refusal_by_who_listens_holds_the_capture_until_it_can_be_booked(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt_id = counter.at_reader()
    counter.present()

    def refuse(_session: object, _event: Event) -> None:
        raise Refused(msg("The robot is on another sale."))

    with monkeypatch.context() as patched:
        patched.setattr(events, "announce", refuse)
        assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    attempt = counter.attempt(attempt_id)
    assert (attempt.entry_id, attempt.failure) == (None, "The robot is on another sale.")
    assert counter.breaches == []

    cards.reconcile(counter.database, counter.cashier, attempt_id)
    assert counter.paid.minor == 10_000
    assert counter.attempt(attempt_id).failure == ""


@sqlite
def test_another_amount_than_ours_does_not_count(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    intent_id = counter.attempt(attempt_id).intent_id
    assert intent_id is not None
    counter.stripe.client().v1.payment_intents.update(intent_id, {"amount": 100})
    counter.present()
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    assert counter.attempt(attempt_id).failure == failures.OTHER_AMOUNT
    counter.refresh(attempt_id)
    assert counter.audit.count("payment.distrusted") == 1
    assert not counter.paid


@sqlite
def test_a_part_that_was_captured_of_what_was_asked_does_not_count(counter: Counter) -> None:
    """Held 100.00, taken 60.00: said, listed, and never booked as either."""
    attempt_id = counter.start()
    client = counter.stripe.client()
    held = client.v1.payment_intents.create(
        {
            "amount": 10_000,
            "currency": "eur",
            "allowed_payment_method_types": ["card_present"],
            "capture_method": "manual",
        }
    )
    with counter.database.transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
        attempt.intent_id, attempt.state = held.id, AttemptState.PROCESSING
    client.v1.terminal.readers.process_payment_intent(
        counter.reader_id, {"payment_intent": held.id}
    )
    counter.present()
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 6_000})

    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN

    assert counter.attempt(attempt_id).failure == failures.OTHER_AMOUNT
    assert not counter.paid
    assert counter.breaches == []


@sqlite
def test_a_reader_unplugged_after_the_card_was_charged_loses_no_money(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    counter.present()
    counter.stripe.control("readers", reader=counter.reader_id, status="offline")

    assert counter.refresh(attempt_id) is AttemptState.CAPTURED
    assert counter.paid.minor == 10_000


# Doors


@sqlite
def test_another_stores_payment_is_not_there(counter: Counter) -> None:
    attempt_id = counter.start()
    with counter.database.transaction() as session:
        stranger = shop(session, code="B").cashier
    with pytest.raises(NotFound):
        cards.cancel(counter.database, stranger, attempt_id)
    with pytest.raises(NotFound):
        cards.reconcile(counter.database, stranger, attempt_id)


@sqlite
def test_who_may_not_sell_does_not_cancel(counter: Counter) -> None:
    attempt_id = counter.start()
    auditor = actor(counter.place.store, Role.AUDITOR)
    with pytest.raises(Forbidden):
        cards.cancel(counter.database, auditor, attempt_id)


@sqlite
def test_without_a_card_service_the_attempt_ends_with_a_word(counter: Counter) -> None:
    attempt_id = counter.start()
    stripe_gate._gates.pop(counter.database)
    assert not stripe_gate.is_connected(counter.database)
    assert counter.refresh(attempt_id) is AttemptState.CANCELLED
    assert counter.attempt(attempt_id).failure == failures.SERVICE_UNREACHABLE


@sqlite
def test_settings_without_key_and_address_connect_nothing(counter: Counter) -> None:
    stripe_gate._gates.pop(counter.database)
    stripe_gate.connect(counter.database, Settings())
    assert not stripe_gate.is_connected(counter.database)

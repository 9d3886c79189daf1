"""Money back by card over days: asked again, found again, never given twice."""

from datetime import timedelta

import pytest

from app.payments import cardrefunds, refunds
from app.payments.models import PaymentAttempt
from app.payments.refund_models import Refund
from app.payments.states import RefundState
from tests.makers.payments import eur
from tests.payments.counter import Counter

pytestmark = pytest.mark.only_on("sqlite")


def begun(counter: Counter, *, days_ago: int) -> Refund:
    """A paid bill whose money is to go back; as far as we know, nobody asked yet."""
    attempt_id = counter.at_reader()
    counter.present()
    counter.refresh(attempt_id)
    with counter.database.transaction() as session:
        payment = session.get_one(PaymentAttempt, attempt_id)
        refund = refunds.start(
            session, counter.cashier, counter.bill, payment, eur(10_000), reason="cancelled"
        )
        refund.started_at -= timedelta(days=days_ago)
        return refund


def made_there(counter: Counter, refund: Refund) -> str:
    """The service made it, under a key that it no longer knows; its answer was lost."""
    intent = counter.attempt(refund.attempt_id).intent_id or ""
    made = counter.stripe.client().v1.refunds.create(
        {"payment_intent": intent, "amount": 10_000, "metadata": {"refund": str(refund.id)}}
    )
    return made.id


def test_a_day_later_it_is_looked_for_before_it_is_made(counter: Counter) -> None:
    refund = begun(counter, days_ago=2)
    there = made_there(counter, refund)

    assert cardrefunds.refresh(counter.database, refund.id) is RefundState.PAID_OUT

    with counter.database.reading() as session:
        assert session.get_one(Refund, refund.id).provider_id == there
    assert counter.breaches == []


def test_what_was_never_made_is_made_however_late(counter: Counter) -> None:
    refund = begun(counter, days_ago=2)
    assert cardrefunds.refresh(counter.database, refund.id) is RefundState.PAID_OUT
    assert len(counter.stripe.client().v1.refunds.list().data) == 1

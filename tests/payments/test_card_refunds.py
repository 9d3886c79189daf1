"""Money back by card over days: asked again, found again, never given twice."""

from datetime import timedelta

import pytest

from app.kernel import clock
from app.kernel.money import Money
from app.payments import cardrefunds, comebacks, refunds, till_reports, tills
from app.payments.documents import DocumentKind
from app.payments.models import PaymentAttempt, Tender
from app.payments.refund_models import Refund
from app.payments.states import RefundState
from app.payments.stripe_gate import gate_of
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
            session,
            counter.cashier,
            counter.bill,
            payment,
            eur(10_000),
            reason="cancelled",
            till_session=tills.require_open(session, counter.place.till.id),
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


def paid_out(counter: Counter) -> tuple[Refund, str]:
    """A refund that succeeded, and its id there."""
    refund = begun(counter, days_ago=0)
    cardrefunds.refresh(counter.database, refund.id)
    with counter.database.reading() as session:
        return refund, session.get_one(Refund, refund.id).provider_id or ""


def test_what_comes_back_after_days_is_owed_again_and_goes_another_way(counter: Counter) -> None:
    refund, there = paid_out(counter)
    assert not counter.paid
    counter.stripe.control("settle", id=there, outcome="decline")  # the card was closed meanwhile
    report = gate_of(counter.database).refund(there)
    for _ in range(2):
        assert cardrefunds.hear(counter.database, refund.id, report) is RefundState.CAME_BACK
    assert counter.paid == eur(10_000)
    assert counter.breaches == []
    with counter.database.transaction() as session:
        payment = session.get_one(PaymentAttempt, refund.attempt_id)
        way = Tender.TRANSFER
        again = refunds.start(
            session, counter.cashier, counter.bill, payment, eur(10_000), reason="again", tender=way
        )
        assert again.state is RefundState.PAID_OUT
        assert comebacks.panel(session, counter.place.manager) is None
    assert not counter.paid
    assert counter.breaches == []


def test_asking_again_finds_what_came_back_and_the_first_page_tells_it(counter: Counter) -> None:
    refund, there = paid_out(counter)
    counter.stripe.control("settle", id=there, outcome="decline")
    state = cardrefunds.reconcile(counter.database, counter.place.manager, refund.id)
    assert state is RefundState.CAME_BACK
    assert counter.breaches == []
    with counter.database.reading() as session:
        (told,) = comebacks.panel(session, counter.place.manager) or ()
    assert told.amount == eur(10_000)


def test_a_report_of_the_till_says_what_went_out_whatever_came_back(counter: Counter) -> None:
    refund, there = paid_out(counter)

    def given_back() -> Money:
        with counter.database.reading() as session:
            drawer = tills.require_open(session, counter.place.till.id)
            kind, now = DocumentKind.X_REPORT, clock.now()
            report = till_reports.content(session, drawer, kind=kind, issued_at=now)
            assert report.till is not None
            return sum((one.returned for one in report.till.tenders), eur(0))

    before = given_back()
    counter.stripe.control("settle", id=there, outcome="decline")
    cardrefunds.reconcile(counter.database, counter.place.manager, refund.id)
    assert before == given_back() == eur(10_000)

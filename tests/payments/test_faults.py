"""A fault at each commit, before it or after it: doing it again comes to the same, once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.kernel.tax import TaxSum
from app.payments import bills, cardrefunds, cards, checkouts, refunds, standing, tenders, tills
from app.payments.models import Account, Bill, PaymentAttempt, Tender, TillSession
from app.payments.refund_models import Refund
from app.payments.states import LIVE, REFUND_OPEN, AttemptState
from tests.makers.payments import bill, eur
from tests.payments.counter import Counter
from tests.payments.test_checkouts import HERE, pay

Drive = Callable[[Counter, str], None]
MOMENTS = ("before_commit", "after_commit")


class PowerCut(Exception):
    """What a person at the till would call so."""


@contextmanager
def cut_at(database: Database, nth: int, moment: str) -> Iterator[list[int]]:
    """Let the nth commit of this database's writers fail, or its answer be lost."""
    seen = [0]

    def strike(session: Session) -> None:
        if session.get_bind() is not database.writing().get_bind():
            return
        seen[0] += 1
        if seen[0] == nth:
            raise PowerCut

    event.listen(Session, moment, strike)
    try:
        yield seen
    finally:
        event.remove(Session, moment, strike)


def the_bill(session: Session, counter: Counter, reference: str) -> Bill:
    found = bills.by_reference(session, counter.place.store.id, reference)
    assert found is not None
    return found


def newest(session: Session, owed: Bill) -> PaymentAttempt | None:
    found = bills.attempts_of(session, owed)
    return found[-1] if found else None


def at_reader(counter: Counter, reference: str) -> None:
    """Pay a bill by card, as a person goes on where the screen stopped."""
    with counter.database.transaction() as session:
        owed = the_bill(session, counter, reference)
        attempt = newest(session, owed)
        if attempt is None or attempt.state not in {*LIVE, AttemptState.CAPTURED}:
            drawer = tills.require_open(session, counter.place.till.id)
            attempt = tenders.start_card(
                session,
                counter.cashier,
                owed,
                drawer,
                amount=eur(10_000),
                reader_id=counter.reader_id,
            )
        attempt_id = attempt.id
    if counter.refresh(attempt_id) is AttemptState.PROCESSING:
        counter.present()
    counter.refresh(attempt_id)
    cards.reconcile(counter.database, counter.place.manager, attempt_id)


def by_link(counter: Counter, reference: str) -> None:
    with counter.database.transaction() as session:
        owed = the_bill(session, counter, reference)
        attempt = newest(session, owed)
        if attempt is None or attempt.state not in {*LIVE, AttemptState.CAPTURED}:
            attempt = checkouts.start(session, owed, eur(10_000), by="payment link")
        attempt_id = attempt.id
    url = checkouts.open_page(counter.database, attempt_id, name=reference, here=HERE)
    if url:
        pay(url)
    counter.refresh(attempt_id)


def card_back(counter: Counter, reference: str) -> None:
    """Give back what was paid by card for a sale that does not come about."""
    with counter.database.transaction() as session:
        owed = the_bill(session, counter, reference)
        (attempt,) = bills.attempts_of(session, owed)
        known = refunds.of_bill(session, owed)
        going = [one for one in known if one.state in REFUND_OPEN]
        if not going and refunds.refundable(session, owed):
            going = [
                refunds.start(
                    session, counter.cashier, owed, attempt, eur(10_000), reason="cancelled"
                )
            ]
        open_ids = [one.id for one in going]
    for refund_id in open_ids:
        cardrefunds.refresh(counter.database, refund_id)


def cash_back(counter: Counter, reference: str) -> None:
    with counter.database.transaction() as session:
        owed = the_bill(session, counter, reference)
        drawer = tills.require_open(session, counter.place.till.id)
        if not bills.attempts_of(session, owed):
            tenders.take_cash(
                session, counter.cashier, owed, drawer, amount=eur(10_000), tendered=eur(10_000)
            )
    with counter.database.transaction() as session:
        owed = the_bill(session, counter, reference)
        (attempt,) = bills.attempts_of(session, owed)
        if refunds.refundable(session, owed):
            drawer = tills.require_open(session, counter.place.till.id)
            refunds.start(
                session,
                counter.cashier,
                owed,
                attempt,
                eur(10_000),
                reason="cancelled",
                till_session=drawer,
            )


def whole_sale(counter: Counter, reference: str) -> None:
    """Cash, and revenue with it."""
    with counter.database.transaction() as session:
        owed = the_bill(session, counter, reference)
        if standing.of(session, owed).is_recognised:
            return
        if not bills.paid(session, owed):
            drawer = tills.require_open(session, counter.place.till.id)
            tenders.take_cash(
                session, counter.cashier, owed, drawer, amount=eur(10_000), tendered=eur(20_000)
            )
        bills.recognise(
            session,
            counter.cashier,
            owed,
            revenue={Account.REVENUE_PARTS: 8_403},
            tax_minor=1_597,
            taxes=[TaxSum(1900, 8_403, 1_597)],
        )


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("drive", "paid", "prepared"),
    [
        (at_reader, 10_000, None),
        (by_link, 10_000, None),
        (whole_sale, 10_000, None),
        (cash_back, 0, None),
        (card_back, 0, by_link),
    ],
    ids=["reader", "link", "sale", "cash_back", "card_back"],
)
def test_a_fault_at_each_commit_changes_nothing_in_the_end(
    counter: Counter, drive: Drive, paid: int, prepared: Drive | None, moment: str
) -> None:
    taken: Sequence[PaymentAttempt] = ()
    for nth in count(1):
        reference = f"shop:{nth}"
        with counter.database.transaction() as session:
            bill(session, counter.place, reference=reference)
        if prepared is not None:
            prepared(counter, reference)
        with cut_at(counter.database, nth, moment) as seen, suppress(PowerCut, StoreError):
            drive(counter, reference)
        drive(counter, reference)
        with counter.database.reading() as session:
            owed = the_bill(session, counter, reference)
            assert bills.paid(session, owed) == eur(paid), f"{moment} {nth}"
            taken = session.scalars(
                select(PaymentAttempt).where(
                    PaymentAttempt.bill_id == owed.id,
                    PaymentAttempt.state == AttemptState.CAPTURED,
                )
            ).all()
            assert len(taken) == 1
            gone = session.scalars(select(Refund).where(Refund.bill_id == owed.id)).all()
            assert len(gone) == (1 if paid == 0 else 0)
        assert counter.breaches == []
        if seen[0] < nth:
            break
    assert nth > 1, "no commit was struck"
    by_service = [one for one in taken if one.tender in (Tender.CARD, Tender.ONLINE)]
    if by_service:
        charges = counter.stripe.charges(status="succeeded")
        assert len(charges) == nth


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_fault_while_the_till_closes_closes_it_once(counter: Counter, moment: str) -> None:
    with cut_at(counter.database, 1, moment), suppress(PowerCut):
        counter.close_till()
    with counter.database.transaction() as session:
        still_open = tills.open_session_of(session, counter.place.till.id)
    if still_open is not None:
        counter.close_till()
    with counter.database.reading() as session:
        closed = session.scalars(select(TillSession)).all()
        assert [one.closed_at is not None for one in closed] == [True]
    assert counter.breaches == []

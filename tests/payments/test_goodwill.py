"""Goodwill within a limit, and credit that has a last day: what is used is what expires first."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.money import Money
from app.payments import credit, creditrules, expiring, goodwill, journal
from app.payments.creditrules import Rules
from app.payments.goodwill import NeedsManager
from app.payments.models import Account
from app.sales import creditpay
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket

FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def a_store(session: Session, *, months: int) -> Counter:
    counter = a_counter(session)
    creditrules.change(session, counter.manager, Rules(eur(100_000), 0, months, eur(5_000)))
    return counter


def given(session: Session, counter: Counter, minor: int) -> None:
    goodwill.give(session, counter.manager, counter.customer, eur(minor), reason="late repair")


def usable(session: Session, counter: Counter) -> Money:
    return credit.usable(session, counter.customer.id, "EUR")


def test_goodwill_is_the_stores_cost(session: Session) -> None:
    counter = a_store(session, months=0)
    goodwill.give(session, counter.seller, counter.customer, eur(5_000), reason="late repair")
    cost = journal.balance(session, counter.store.id, Account.GOODWILL, "EUR")
    assert cost == eur(5_000)
    assert usable(session, counter) == eur(5_000)
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_more_than_the_limit_needs_a_manager(session: Session) -> None:
    counter = a_store(session, months=0)
    with pytest.raises(NeedsManager):
        goodwill.give(session, counter.seller, counter.customer, eur(5_001), reason="late")
    goodwill.give(
        session,
        counter.seller,
        counter.customer,
        eur(5_001),
        reason="late",
        approved_by=counter.manager,
    )
    assert usable(session, counter) == eur(5_001)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("minor", "reason"), [(0, "late"), (-1, "late"), (100, " ")])
def test_goodwill_is_an_amount_with_a_reason(session: Session, minor: int, reason: str) -> None:
    counter = a_store(session, months=0)
    with pytest.raises(Refused):
        goodwill.give(session, counter.seller, counter.customer, eur(minor), reason=reason)


@pytest.mark.only_on("sqlite")
def test_who_may_not_book_does_not_book_what_expired(session: Session) -> None:
    counter = a_store(session, months=1)
    with pytest.raises(Forbidden):
        expiring.book_listed(session, counter.seller)


def test_what_is_used_is_what_expires_first(session: Session) -> None:
    with clock.set_to(FIRST):
        counter = a_store(session, months=1)
        given(session, counter, 10_000)
    with clock.set_to(FIRST + timedelta(days=14)):
        given(session, counter, 7_000)
        creditpay.pay(
            session, counter.seller, a_basket(session, counter, batteries=1), amount=eur(4_000)
        )
    with clock.set_to(FIRST + timedelta(days=32)):
        assert usable(session, counter) == eur(7_000)
        assert [one.amount for one in expiring.due(session, counter.store)] == [eur(6_000)]
        assert expiring.run(session, counter.store.id) == eur(6_000)
        assert expiring.run(session, counter.store.id) is None
        assert breaches_of(session) == []
    with clock.set_to(FIRST + timedelta(days=60)):
        assert expiring.run(session, counter.store.id) == eur(7_000)
        assert usable(session, counter) == eur(0)
    income = journal.balance(session, counter.store.id, Account.EXPIRED_CREDIT, "EUR")
    assert income == -eur(13_000)
    assert breaches_of(session) == []


def test_expired_credit_pays_nothing_before_it_is_booked(session: Session) -> None:
    with clock.set_to(FIRST):
        counter = a_store(session, months=1)
        given(session, counter, 10_000)
    with clock.set_to(FIRST + timedelta(days=32)), pytest.raises(Conflict):
        creditpay.pay(session, counter.seller, a_basket(session, counter, batteries=1))


@pytest.mark.only_on("sqlite")
def test_the_day_is_booked_in_the_background_once(session: Session, database: Database) -> None:
    with clock.set_to(FIRST):
        counter = a_store(session, months=1)
        given(session, counter, 10_000)
        session.commit()
    with clock.set_to(FIRST + timedelta(days=32)):
        assert expiring.run_due(database, Event())
        assert not expiring.run_due(database, Event())
        with database.reading() as after:
            assert credit.balance(after, counter.customer.id, "EUR") == eur(0)

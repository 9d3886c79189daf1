"""The journal: each entry sums to zero per currency, on the store's business day, for ever."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.money import Money
from app.payments import journal
from app.payments.models import Account, EntryKind, Posting
from tests.makers.payments import eur, shop

amounts = st.integers(min_value=-(10**12), max_value=10**12)
currencies = st.sampled_from(["EUR", "JPY", "CNY"])


@given(st.lists(st.tuples(amounts, currencies), max_size=8))
def test_whatever_lacks_a_side_is_refused(sides: list[tuple[int, str]]) -> None:
    given_sides = [Money(minor, currency) for minor, currency in sides]
    is_balanced = all(
        sum(side.minor for side in given_sides if side.currency == currency) == 0
        for currency in {side.currency for side in given_sides}
    )
    if is_balanced:
        journal.check_balanced(given_sides)
    else:
        with pytest.raises(ValueError, match="sum to zero"):
            journal.check_balanced(given_sides)


@given(st.lists(st.tuples(amounts, currencies), max_size=8))
def test_sides_and_their_opposites_are_always_an_entry(sides: list[tuple[int, str]]) -> None:
    there = [Money(minor, currency) for minor, currency in sides]
    journal.check_balanced(there + [-side for side in there])


def test_an_entry_stands_on_its_accounts(session: Session) -> None:
    place = shop(session)
    journal.post(
        session,
        store_id=place.store.id,
        kind=EntryKind.FLOAT,
        sides={Account.CASH: eur(500), Account.SAFE: eur(-500), Account.TAX: eur(0)},
    )
    assert journal.balance(session, place.store.id, Account.CASH, "EUR") == eur(500)
    assert journal.trial_balance(session, place.store.id) == {
        (Account.CASH, "EUR"): 500,
        (Account.SAFE, "EUR"): -500,
    }
    assert list(journal.unbalanced(session)) == []


def test_after_midnight_it_is_still_the_evenings_business_day(session: Session) -> None:
    place = shop(session)
    with clock.set_to(datetime(2025, 11, 26, 1, 30, tzinfo=UTC)):  # 02:30 in Berlin
        entry = journal.post(session, store_id=place.store.id, kind=EntryKind.SALE, sides={})
    assert entry.business_day == date(2025, 11, 25)


@pytest.mark.parametrize("change", ["UPDATE postings SET amount_minor = 1", "DELETE FROM postings"])
def test_what_was_posted_cannot_be_changed(session: Session, change: str) -> None:
    place = shop(session)
    journal.post(
        session,
        store_id=place.store.id,
        kind=EntryKind.FLOAT,
        sides={Account.CASH: eur(500), Account.SAFE: eur(-500)},
    )
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(change))


def test_an_entry_off_by_a_cent_is_found(session: Session) -> None:
    place = shop(session)
    entry = journal.post(session, store_id=place.store.id, kind=EntryKind.SALE, sides={})
    session.add(Posting(entry_id=entry.id, account=Account.CASH, amount_minor=1, currency="EUR"))
    session.flush()
    assert list(journal.unbalanced(session)) == [(entry.id, "EUR", 1)]

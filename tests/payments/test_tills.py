"""Till sessions: opened once, counted blind, closed whatever happens, frozen for ever."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import audit, clock
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.kernel.money import Money
from app.kernel.tax import TaxSum
from app.payments import bills, booking, checks, issuing, journal, tenders, tills
from app.payments.documents import DocumentKind, imbalances
from app.payments.errors import DifferenceUnexplained, TillClosed
from app.payments.models import Account, EntryKind, IssuedDocument, TillSession
from app.payments.states import AttemptState
from app.stores.models import Till
from tests.makers.payments import Shop, actor, bill, eur, opened, shop


def z_of(session: Session, till_session: TillSession) -> IssuedDocument:
    assert till_session.z_document_id is not None
    return session.get_one(IssuedDocument, till_session.z_document_id)


def sold(session: Session, place: Shop, till_session: TillSession, *, reference: str) -> None:
    """A sale of 119.00 in cash, 19 % tax inside."""
    owed = bill(session, place, total_minor=11_900, reference=reference)
    tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(11_900), tendered=eur(12_000)
    )
    bills.recognise(
        session,
        place.cashier,
        owed,
        revenue={Account.REVENUE_ROBOTS: 10_000},
        tax_minor=1_900,
        taxes=[TaxSum(1900, net=10_000, tax=1_900)],
    )


def test_a_till_has_one_open_session(session: Session) -> None:
    place = shop(session)
    first = opened(session, place)
    with pytest.raises(Conflict, match="open already"):
        opened(session, place)
    tills.close(session, place.cashier, first, eur(20_000))
    assert opened(session, place).number == 2


def test_the_database_itself_refuses_a_second_open_session(database: Database) -> None:
    with database.transaction() as session:
        place = shop(session)
        opened(session, place)
    with pytest.raises(DBAPIError), database.transaction() as session:
        session.add(
            TillSession(
                store_id=place.store.id,
                till_id=place.till.id,
                number=99,
                currency="EUR",
                float_minor=0,
                opened_at=clock.now(),
                opened_by="x",
            )
        )


def test_cash_moves_with_a_reason_and_never_below_nothing(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place, float_minor=10_000)

    tills.move_cash(session, place.cashier, till_session, eur(-4_000), "to the bank")
    tills.move_cash(session, place.cashier, till_session, eur(500), "coins")

    assert journal.cash_in_drawer(session, till_session.id, "EUR") == eur(6_500)
    with pytest.raises(Refused, match="so much"):
        tills.move_cash(session, place.cashier, till_session, eur(-6_501), "too much")
    with pytest.raises(Refused, match="why"):
        tills.move_cash(session, place.cashier, till_session, eur(1), "  ")
    with pytest.raises(Refused, match="not nothing"):
        tills.move_cash(session, place.cashier, till_session, eur(0), "x")


def test_a_count_that_fits_needs_no_reason(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place)
    sold(session, place, till_session, reference="repair:1")

    tills.close(session, place.cashier, till_session, eur(31_900))

    assert (till_session.expected_minor, till_session.difference_minor) == (31_900, 0)
    assert journal.balance(session, place.store.id, Account.CASH, "EUR") == eur(0)
    assert journal.balance(session, place.store.id, Account.SAFE, "EUR") == eur(11_900)
    assert list(checks.breaches(session)) == []


def test_a_difference_needs_a_reason_and_nothing_is_told_before(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place)

    with pytest.raises(DifferenceUnexplained) as refusal:
        tills.close(session, place.cashier, till_session, eur(19_990))
    assert "200" not in str(refusal.value)
    assert till_session.closed_at is None

    tills.close(session, place.cashier, till_session, eur(19_990), "ten cents fell down")
    assert till_session.difference_minor == -10
    assert journal.balance(session, place.store.id, Account.CASH_DIFFERENCE, "EUR") == eur(10)
    assert list(checks.breaches(session)) == []


def test_the_z_report_has_tenders_taxes_drawer_and_the_chains_head(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place)
    sold(session, place, till_session, reference="repair:1")
    part_paid = bill(session, place, reference="repair:2")
    tenders.take_transfer(session, place.cashier, part_paid, till_session, amount=eur(50), note="t")
    tills.move_cash(session, place.cashier, till_session, eur(-1_000), "stamps")
    head = audit.head(session, place.store.id)

    tills.close(session, place.cashier, till_session, eur(30_900))

    z = z_of(session, till_session)
    content = issuing.content_of(z)
    assert (z.label, content.kind) == ("Z-000001", DocumentKind.Z_REPORT)
    assert content.till is not None
    assert [(t.label, t.count, t.net) for t in content.till.tenders] == [
        ("Cash", 1, eur(11_900)),
        ("Bank transfer", 1, eur(50)),
    ]
    assert [(t.rate_bp, t.net, t.tax) for t in content.taxes] == [(1900, eur(10_000), eur(1_900))]
    assert (content.till.expected, content.till.counted) == (eur(30_900), eur(30_900))
    assert [movement.reason for movement in content.till.movements] == ["stamps"]
    assert [fact.value for fact in content.till.counts] == ["1", "1", "0"]
    assert content.chain_head == head
    assert imbalances(content) == []


def test_an_x_report_changes_nothing(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place)
    sold(session, place, till_session, reference="repair:1")

    content = tills.x_report(session, place.cashier, till_session)

    assert content.till is not None
    assert content.till.expected == eur(31_900)
    assert content.till.counted is None
    assert session.scalars(select(IssuedDocument)).all() == []
    with pytest.raises(Forbidden):
        tills.x_report(session, actor(place.store, Role.TECHNICIAN), till_session)


def test_a_till_closes_while_a_card_payment_is_unknown(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place)
    attempt = tenders.start_card(
        session, place.cashier, owed, till_session, amount=eur(10_000), reader_id="tmr_1"
    )
    attempt.state = AttemptState.UNKNOWN

    tills.close(session, place.cashier, till_session, eur(20_000))

    counts = issuing.content_of(z_of(session, till_session)).till
    assert counts is not None
    assert counts.counts[-1].value == "1"


def test_money_captured_while_the_till_was_closed_goes_to_its_next_session(
    session: Session,
) -> None:
    place = shop(session)
    first, owed = opened(session, place), bill(session, place)
    attempt = tenders.start_card(
        session, place.cashier, owed, first, amount=eur(10_000), reader_id="tmr_1"
    )
    tills.close(session, place.cashier, first, eur(20_000))
    attempt.state, attempt.settled_at = AttemptState.CAPTURED, attempt.started_at
    assert not booking.book_if_possible(session, place.cashier, attempt)
    assert booking.unbooked_of(session, place.store.id) == [attempt]

    second = opened(session, place)

    assert attempt.till_session_id == second.id
    assert not bills.due(session, owed)
    assert list(checks.breaches(session)) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE till_sessions SET counted_minor = 1, difference_minor = 1 - expected_minor",
        "DELETE FROM till_sessions",
    ],
)
def test_a_closed_session_cannot_be_changed(session: Session, change: str) -> None:
    place = shop(session)
    tills.close(session, place.cashier, opened(session, place), eur(20_000))
    session.commit()
    with pytest.raises(DBAPIError):
        session.execute(text(change))


def test_the_database_refuses_entries_in_a_closed_session(session: Session) -> None:
    place = shop(session)
    till_session = tills.close(session, place.cashier, opened(session, place), eur(20_000))
    with pytest.raises(DBAPIError, match="closed till session"):
        journal.post(
            session,
            store_id=place.store.id,
            kind=EntryKind.CASH_MOVEMENT,
            sides={},
            till_session_id=till_session.id,
        )


def test_a_closed_session_moves_no_cash_and_does_not_close_again(session: Session) -> None:
    place = shop(session)
    till_session = tills.close(session, place.cashier, opened(session, place), eur(20_000))
    with pytest.raises(TillClosed):
        tills.move_cash(session, place.cashier, till_session, eur(1), "x")
    with pytest.raises(TillClosed):
        tills.close(session, place.cashier, till_session, eur(0))
    with pytest.raises(TillClosed):
        tills.require_open(session, place.till.id)


def test_floats_and_counts_are_not_negative_nor_in_other_money(session: Session) -> None:
    place = shop(session)
    with pytest.raises(Refused):
        tills.open_session(session, place.cashier, place.till, eur(-1))
    with pytest.raises(Refused, match="EUR"):
        tills.open_session(session, place.cashier, place.till, Money(1, "CNY"))
    till_session = opened(session, place)
    with pytest.raises(Refused):
        tills.close(session, place.cashier, till_session, eur(-1))


def test_a_float_of_nothing_opens_the_till(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place, float_minor=0)
    tills.close(session, place.cashier, till_session, eur(0))
    assert list(checks.breaches(session)) == []


def test_another_stores_till_is_not_there(session: Session) -> None:
    here, there = shop(session, code="A"), shop(session, code="B")
    till: Till = there.till
    with pytest.raises(NotFound, match="no such till"):
        tills.open_session(session, here.cashier, till, eur(0))


def test_who_may_not_close_does_not_close(session: Session) -> None:
    place = shop(session)
    with pytest.raises(Forbidden):
        tills.close(session, actor(place.store, Role.AUDITOR), opened(session, place), eur(20_000))

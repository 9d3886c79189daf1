"""Money goes back by the way it came, never more than came, and the books say so."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import outbox
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.tax import TaxSum
from app.payments import bills, checks, journal, refunds, refundslips, standing, tenders
from app.payments.models import Account, Bill, PaymentAttempt, TillSession
from app.payments.refund_models import Refund
from app.payments.states import RefundState
from tests.makers.payments import Shop, bill, eur, opened, shop


@pytest.fixture
def place(session: Session) -> Shop:
    return shop(session)


@pytest.fixture
def drawer(session: Session, place: Shop) -> TillSession:
    return opened(session, place)


@pytest.fixture
def owed(session: Session, place: Shop) -> Bill:
    return bill(session, place, total_minor=11_900)


@pytest.fixture
def paid(session: Session, place: Shop, drawer: TillSession, owed: Bill) -> PaymentAttempt:
    return tenders.take_cash(
        session, place.cashier, owed, drawer, amount=eur(11_900), tendered=eur(12_000)
    )


def sold(session: Session, place: Shop, owed: Bill) -> None:
    bills.recognise(
        session,
        place.cashier,
        owed,
        revenue={Account.REVENUE_PARTS: 10_000},
        tax_minor=1_900,
        taxes=[TaxSum(1900, 10_000, 1_900)],
    )


def credited(session: Session, place: Shop, owed: Bill) -> None:
    bills.credit(
        session,
        place.cashier,
        owed,
        revenue={Account.REVENUE_PARTS: 2_000},
        tax_minor=380,
        taxes=[TaxSum(1900, 2_000, 380)],
    )


def back(session: Session, place: Shop, paid: PaymentAttempt, minor: int) -> Refund:
    return refunds.start(
        session,
        place.cashier,
        session.get_one(Bill, paid.bill_id),
        paid,
        eur(minor),
        reason="returned",
        till_session=session.get_one(TillSession, paid.till_session_id),
    )


def test_what_a_return_credited_goes_back_in_cash_and_the_books_are_sound(
    session: Session, place: Shop, drawer: TillSession, owed: Bill, paid: PaymentAttempt
) -> None:
    sold(session, place, owed)
    credited(session, place, owed)
    back(session, place, paid, 2_380)

    stands = standing.of(session, owed)
    assert (stands.paid, stands.credited, stands.held, stands.due) == (
        eur(9_520),
        eur(2_380),
        eur(0),
        eur(0),
    )
    assert journal.cash_in_drawer(session, drawer.id, "EUR") == eur(20_000 + 11_900 - 2_380)
    assert list(checks.breaches(session)) == []


def test_of_a_finished_sale_nothing_goes_back_before_something_is_credited(
    session: Session, place: Shop, owed: Bill, paid: PaymentAttempt
) -> None:
    sold(session, place, owed)
    with pytest.raises(Refused, match="Only"):
        back(session, place, paid, 1)


def test_what_was_given_back_is_not_given_back_again(
    session: Session, place: Shop, owed: Bill, paid: PaymentAttempt
) -> None:
    sold(session, place, owed)
    credited(session, place, owed)
    back(session, place, paid, 2_380)
    with pytest.raises(Refused):
        back(session, place, paid, 1)


def test_the_database_refuses_a_refund_above_its_payment(
    session: Session, place: Shop, paid: PaymentAttempt
) -> None:
    refund = back(session, place, paid, 11_900)
    with pytest.raises(DBAPIError, match="no more than it was"), session.begin_nested():
        session.execute(update(Refund).where(Refund.id == refund.id).values(amount_minor=11_901))


def test_a_deposit_of_a_sale_that_does_not_come_about_goes_back(
    session: Session, place: Shop, owed: Bill, paid: PaymentAttempt
) -> None:
    assert refunds.refundable(session, owed) == eur(11_900)
    refund = back(session, place, paid, 11_900)
    assert refund.state is RefundState.PAID_OUT
    assert bills.paid(session, owed) == eur(0)
    assert list(checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
def test_cash_that_goes_back_without_a_credit_note_has_a_slip_to_sign(
    database: Database, tmp_path: Path
) -> None:
    paper = tmp_path / "printer"
    with database.transaction() as session:
        place = shop(session)
        place.till.printer = f"file://{paper}"
        owed, drawer = bill(session, place), opened(session, place)
        paid = tenders.take_cash(
            session, place.cashier, owed, drawer, amount=eur(5_000), tendered=eur(5_000)
        )
        back = refunds.start(
            session, place.cashier, owed, paid, eur(2_000), reason="too much", till_session=drawer
        )
        refundslips.post(session, back)
    outbox.deliver_by(refundslips.SLIP, refundslips.deliver)
    outbox.deliver_due(database)

    printed = paper.read_bytes()
    assert b"too much" in printed
    assert b"20.00" in printed

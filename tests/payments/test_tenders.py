"""Taking money: any split adds up, change only from cash, nothing is cut down in silence."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import events
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.events import Event
from app.kernel.money import Money
from app.kernel.outbox import OutboxItem
from app.kernel.tax import TaxSum
from app.payments import bills, checks, journal, standing, tenders, tills
from app.payments.errors import NotEnoughTendered, OverTender, PaymentUnderWay, TillClosed
from app.payments.events import BillSettled, PaymentCaptured
from app.payments.models import Account, Tender
from app.payments.states import AttemptState
from tests.makers.payments import actor, bill, eur, opened, shop


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What payments announce while a test runs, oldest first."""
    heard: list[Event] = []

    def hear(_session: Session, event: Event) -> None:
        heard.append(event)

    listeners = {PaymentCaptured: [hear], BillSettled: [hear]}
    monkeypatch.setattr(events, "_listeners", listeners)
    return heard


def test_cash_gives_change_and_settles_the_bill(session: Session, news: list[Event]) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=2584)

    taken = tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(2584), tendered=eur(2600)
    )

    assert (taken.state, taken.change_minor) == (AttemptState.CAPTURED, 16)
    assert bills.paid(session, owed) == eur(2584)
    assert not bills.due(session, owed)
    assert journal.cash_in_drawer(session, till_session.id, "EUR") == eur(20_000 + 2584)
    assert [type(event) for event in news] == [PaymentCaptured, BillSettled]
    assert list(checks.breaches(session)) == []


def test_transfer_and_cash_with_change_make_a_paid_bill(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=4700)
    tenders.take_transfer(
        session, place.cashier, owed, till_session, amount=eur(1500), note="cheque 17"
    )
    cash = min(bills.due(session, owed), eur(5000))

    taken = tenders.take_cash(
        session, place.cashier, owed, till_session, amount=cash, tendered=eur(5000)
    )

    assert taken.change_minor == 1800
    assert not bills.due(session, owed)


def test_more_by_card_than_is_due_is_refused_not_cut_down(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=10_000)
    tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(6000), tendered=eur(6000)
    )
    with pytest.raises(OverTender, match=r"40\.00"):
        tenders.start_card(
            session, place.cashier, owed, till_session, amount=eur(6000), reader_id="tmr_1"
        )
    with pytest.raises(OverTender):
        tenders.take_transfer(
            session, place.cashier, owed, till_session, amount=eur(6000), note="x"
        )
    with pytest.raises(OverTender):
        tenders.take_cash(
            session, place.cashier, owed, till_session, amount=eur(6000), tendered=eur(6000)
        )


def test_less_cash_than_the_amount_is_refused(session: Session) -> None:
    place = shop(session)
    with pytest.raises(NotEnoughTendered):
        tenders.take_cash(
            session,
            place.cashier,
            bill(session, place),
            opened(session, place),
            amount=eur(10_000),
            tendered=eur(9_999),
        )


@pytest.mark.parametrize("minor", [0, -100])
def test_nothing_and_less_than_nothing_are_no_payment(session: Session, minor: int) -> None:
    place = shop(session)
    with pytest.raises(Refused, match="more than nothing"):
        tenders.take_transfer(
            session,
            place.cashier,
            bill(session, place),
            opened(session, place),
            amount=eur(minor),
            note="x",
        )


def test_a_closed_session_takes_no_money(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place)
    tills.close(session, place.cashier, till_session, eur(20_000))
    with pytest.raises(TillClosed):
        tenders.take_cash(
            session, place.cashier, owed, till_session, amount=eur(1), tendered=eur(1)
        )


def test_another_currency_is_refused(session: Session) -> None:
    place = shop(session)
    with pytest.raises(Refused, match="EUR"):
        tenders.take_transfer(
            session,
            place.cashier,
            bill(session, place),
            opened(session, place),
            amount=Money(100, "CNY"),
            note="x",
        )


def test_who_may_not_sell_takes_no_money(session: Session) -> None:
    place = shop(session)
    with pytest.raises(Forbidden):
        tenders.take_cash(
            session,
            actor(place.store, Role.AUDITOR),
            bill(session, place),
            opened(session, place),
            amount=eur(1),
            tendered=eur(1),
        )


def test_a_card_payment_under_way_lets_no_other_money_in(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place)
    started = tenders.start_card(
        session, place.cashier, owed, till_session, amount=eur(10_000), reader_id="tmr_1"
    )
    assert bills.live_attempt(session, owed) is started
    assert session.scalars(select(OutboxItem.kind)).all() == ["card.present"]
    with pytest.raises(PaymentUnderWay):
        tenders.take_cash(
            session, place.cashier, owed, till_session, amount=eur(1), tendered=eur(1)
        )


def test_a_card_needs_a_reader_and_the_least_amount(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place)
    with pytest.raises(Refused, match="reader"):
        tenders.start_card(
            session, place.cashier, owed, till_session, amount=eur(100), reader_id=""
        )
    with pytest.raises(Refused, match="by card"):
        tenders.start_card(
            session, place.cashier, owed, till_session, amount=eur(49), reader_id="tmr_1"
        )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_split_adds_up_to_the_total(session: Session, data: st.DataObject) -> None:
    with session.begin_nested() as trial:
        place = shop(session)
        till_session = opened(session, place)
        total = data.draw(st.integers(min_value=1, max_value=10**9), label="total")
        owed = bill(session, place, total_minor=total)
        change = 0
        while bills.due(session, owed):
            amount = eur(data.draw(st.integers(1, bills.due(session, owed).minor), label="amount"))
            if data.draw(st.booleans(), label="cash"):
                more = eur(data.draw(st.integers(0, 10**6), label="change"))
                taken = tenders.take_cash(
                    session,
                    place.cashier,
                    owed,
                    till_session,
                    amount=amount,
                    tendered=amount + more,
                )
                change += taken.change_minor
            else:
                tenders.take_transfer(
                    session, place.cashier, owed, till_session, amount=amount, note="t"
                )
            if len(bills.attempts_of(session, owed)) >= 5:
                rest = bills.due(session, owed)
                if rest:
                    tenders.take_transfer(
                        session, place.cashier, owed, till_session, amount=rest, note="t"
                    )
        attempts = bills.attempts_of(session, owed)
        assert sum(attempt.tendered_minor for attempt in attempts) - change == total
        assert [attempt.number for attempt in attempts] == list(range(1, len(attempts) + 1))
        assert {attempt.tender for attempt in attempts if attempt.change_minor} <= {Tender.CASH}
        assert list(checks.breaches(session)) == []
        trial.rollback()


# Bills


def test_a_bill_may_be_raised_again_until_money_has_come(session: Session) -> None:
    place = shop(session)
    till_session, first = opened(session, place), bill(session, place, total_minor=10_000)

    again = bill(session, place, total_minor=12_000)
    assert (again.id, again.total_minor) == (first.id, 12_000)

    tenders.take_cash(session, place.cashier, again, till_session, amount=eur(1), tendered=eur(1))
    assert bill(session, place, total_minor=12_000).id == first.id
    with pytest.raises(Conflict):
        bill(session, place, total_minor=11_000)


def test_a_bill_over_nothing_is_settled_at_once(session: Session, news: list[Event]) -> None:
    place = shop(session)
    free = bill(session, place, total_minor=0)
    assert news == [BillSettled(free.id, "repair:1", place.store.id, place.cashier)]


def test_deposits_become_revenue_and_tax_once(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=11_900)
    tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(11_900), tendered=eur(11_900)
    )
    assert journal.balance(session, place.store.id, Account.DEPOSITS, "EUR") == eur(-11_900)

    entry = bills.recognise(
        session,
        place.cashier,
        owed,
        revenue={Account.REVENUE_ROBOTS: 10_000},
        tax_minor=1_900,
        taxes=[TaxSum(1900, net=10_000, tax=1_900)],
    )

    assert entry.till_session_id == till_session.id
    assert not journal.balance(session, place.store.id, Account.DEPOSITS, "EUR")
    assert journal.balance(session, place.store.id, Account.TAX, "EUR") == eur(-1_900)
    assert bills.paid(session, owed) == eur(11_900)
    assert list(checks.breaches(session)) == []
    with pytest.raises(Conflict):
        bills.recognise(session, place.cashier, owed, revenue={}, tax_minor=11_900)


def test_what_is_owed_on_terms_is_paid_off_later(session: Session) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=10_000)
    tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(4_000), tendered=eur(4_000)
    )
    bills.recognise(
        session, place.cashier, owed, revenue={Account.REVENUE_PARTS: 10_000}, tax_minor=0
    )
    assert standing.of(session, owed).on_terms == eur(6_000)

    tenders.take_transfer(
        session, place.cashier, owed, till_session, amount=eur(6_000), note="INV-000001"
    )

    assert not standing.of(session, owed).on_terms
    assert not journal.balance(session, place.store.id, Account.DEPOSITS, "EUR")
    assert list(checks.breaches(session)) == []


def test_the_news_of_the_last_payment_says_how_the_journal_has_the_bill(
    session: Session, news: list[Event]
) -> None:
    place = shop(session)
    till_session, owed = opened(session, place), bill(session, place, total_minor=10_000)
    tenders.take_cash(
        session, place.cashier, owed, till_session, amount=eur(4_000), tendered=eur(4_000)
    )
    bills.recognise(
        session, place.cashier, owed, revenue={Account.REVENUE_PARTS: 10_000}, tax_minor=0
    )

    tenders.take_transfer(
        session, place.cashier, owed, till_session, amount=eur(6_000), note="INV-000001"
    )

    assert [one.stands for one in news if isinstance(one, BillSettled)] == [
        standing.of(session, owed)
    ]


def test_revenue_that_is_not_the_total_is_a_defect(session: Session) -> None:
    place = shop(session)
    owed = bill(session, place, total_minor=10_000)
    with pytest.raises(ValueError, match="total"):
        bills.recognise(
            session, place.cashier, owed, revenue={Account.REVENUE_PARTS: 1}, tax_minor=0
        )


def test_many_bills_are_asked_at_once(session: Session) -> None:
    place = shop(session)
    till_session = opened(session, place)
    first = bill(session, place, reference="repair:1")
    second = bill(session, place, reference="repair:2")
    tenders.take_cash(session, place.cashier, first, till_session, amount=eur(5), tendered=eur(5))
    assert bills.paid_of(session, [first.id, second.id]) == {first.id: 5}

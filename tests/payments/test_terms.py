"""Customers on account: a limit, a due date, reminders, and giving up."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.payments import arrivals, bills, dunning, issuing, journal, standing, terms
from app.payments.documents import DocumentKind
from app.payments.models import Account, Bill
from app.payments.terms import LimitExceeded
from app.sales import onaccount, orderstatus
from app.sales.models import Order
from app.sales.orderstatus import OrderStatus
from tests.makers.books import breaches_of
from tests.makers.returning import taken_back
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket

BATTERY = 89_900


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    terms.set_limit(session, made.manager, made.customer, Money(2 * BATTERY, "EUR"), days=30)
    return made


def on_account(session: Session, counter: Counter) -> tuple[Order, Bill]:
    order = a_basket(session, counter, batteries=1)
    return order, onaccount.put(session, counter.seller, order)


def later(days: int) -> AbstractContextManager[None]:
    return clock.set_to(clock.now() + timedelta(days=days))


def test_on_account_the_sale_is_complete_and_owed(session: Session, counter: Counter) -> None:
    order, bill = on_account(session, counter)

    assert bill.due_on is not None
    assert standing.of(session, bill).on_terms == Money(BATTERY, "EUR")
    assert orderstatus.of(session, order) is OrderStatus.CLOSED
    (invoice,) = issuing.documents_of(session, bill.store_id, bill.reference)
    assert issuing.content_of(invoice).due_on == bill.due_on
    assert breaches_of(session) == []


def test_two_orders_together_stay_within_the_limit(session: Session, counter: Counter) -> None:
    on_account(session, counter)
    on_account(session, counter)

    with pytest.raises(LimitExceeded):
        on_account(session, counter)


def test_what_was_paid_makes_room_again(session: Session, counter: Counter) -> None:
    _, bill = on_account(session, counter)
    on_account(session, counter)
    arrivals.receive(session, counter.manager, bill, amount=Money(BATTERY, "EUR"), note="bank 9")

    on_account(session, counter)

    owes = terms.open_of(session, counter.customer.id, "EUR")
    assert owes == Money(2 * BATTERY, "EUR")
    assert breaches_of(session) == []


def test_without_a_limit_nothing_goes_on_account(session: Session, counter: Counter) -> None:
    terms.set_limit(session, counter.manager, counter.customer, Money(0, "EUR"))

    with pytest.raises(Refused, match="does not buy on account"):
        on_account(session, counter)


def test_a_limit_is_in_the_stores_currency(session: Session, counter: Counter) -> None:
    with pytest.raises(Refused) as refused:
        terms.set_limit(session, counter.manager, counter.customer, Money(100, "USD"))

    assert refused.value.field == "limit"


def test_a_robot_on_account_may_be_handed_over(session: Session, counter: Counter) -> None:
    limit = Money(2_000_000, "EUR")
    terms.set_limit(session, counter.manager, counter.customer, limit)
    order = a_basket(session, counter, a_robot(session, counter))

    onaccount.put(session, counter.seller, order)

    assert orderstatus.of(session, order) is OrderStatus.PAID
    assert breaches_of(session) == []


def test_reminders_come_one_by_one_in_their_time(session: Session, counter: Counter) -> None:
    _, bill = on_account(session, counter)
    with later(31), pytest.raises(Conflict):
        dunning.remind(session, counter.manager, bill)
    with later(38):
        first = dunning.remind(session, counter.manager, bill)
        with pytest.raises(Conflict):
            dunning.remind(session, counter.manager, bill)
    with later(60):
        second = dunning.remind(session, counter.manager, bill)

    letters = issuing.documents_of(session, bill.store_id, bill.reference)
    assert [first.level, second.level] == [1, 2]
    assert [one.kind for one in letters].count(DocumentKind.REMINDER) == 2
    assert breaches_of(session) == []


def test_the_list_names_what_is_late(session: Session, counter: Counter) -> None:
    _, bill = on_account(session, counter)
    assert dunning.overdue_page(session, counter.manager, cursor=None).items == []

    with later(40):
        (late,) = dunning.overdue_page(session, counter.manager, cursor=None).items

    assert (late.bill.id, late.days_late, late.can_remind) == (bill.id, 10, True)


def test_what_is_given_up_is_a_loss_and_no_longer_due(session: Session, counter: Counter) -> None:
    _, bill = on_account(session, counter)

    dunning.write_off(session, counter.manager, bill, reason="insolvent")

    assert bills.due(session, bill) == Money(0, "EUR")
    loss = journal.balance(session, counter.store.id, Account.BAD_DEBT, "EUR")
    assert loss == Money(BATTERY, "EUR")
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_goods_that_come_back_undo_the_loss_and_leave_nothing_to_give(
    session: Session, counter: Counter
) -> None:
    order, bill = on_account(session, counter)
    dunning.write_off(session, counter.manager, bill, reason="insolvent")

    taken_back(session, counter, order, refund=False)

    stands = standing.of(session, bill)
    assert (stands.held, stands.written_off) == (Money(0, "EUR"), Money(0, "EUR"))
    assert not journal.balance(session, counter.store.id, Account.BAD_DEBT, "EUR")
    assert breaches_of(session) == []

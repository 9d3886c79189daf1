"""Exchange: the value of what came back pays for something else, and is never lost on the way."""

import pytest
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.payments import bills, journal, refunds
from app.payments.models import Account, Tender
from app.sales import basket, checkout, deposits, exchanges, moneyback, orders, orderstatus
from app.sales.models import Order
from app.sales.moneyback import Back
from app.sales.orderstatus import OrderStatus
from app.sales.returnrules import NeedsManager
from tests.makers.books import breaches_of
from tests.makers.returning import bill_of, by_number, in_drawer, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket, sold

BATTERY, PLAN = 89_900, 199_900


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def begun(session: Session, counter: Counter, *, batteries: int = 1) -> tuple[Order, Order]:
    """A battery came back, and a basket is open for what the customer takes instead."""
    old = sold(session, counter, batteries=batteries)
    taken_back(session, counter, old, refund=False)
    new = exchanges.begin(
        session, counter.manager, by_number(session, counter, old), till_id=counter.till.id
    )
    return old, new


def test_the_value_pays_as_far_as_it_goes(session: Session) -> None:
    counter = a_counter(session)
    old, new = begun(session, counter)
    basket.add_product(session, counter.seller, new, counter.plan, quantity=1, minutes=30)
    before = in_drawer(session, counter)

    exchanges.pay(session, counter.manager, new)
    rest = bills.due(session, bill_of(session, new))
    checkout.pay_cash(session, counter.seller, new, amount=None, tendered=None)

    assert rest == eur(PLAN - BATTERY)
    assert in_drawer(session, counter) == before + rest
    assert orderstatus.of(session, by_number(session, counter, old)) is OrderStatus.RETURNED
    assert orderstatus.of(session, by_number(session, counter, new)) is OrderStatus.CLOSED
    assert journal.balance(session, counter.store.id, Account.EXCHANGES, "EUR") == eur(0)
    assert breaches_of(session) == []


def test_what_is_left_over_stays_with_the_old_sale(session: Session) -> None:
    counter = a_counter(session)
    old, new = begun(session, counter, batteries=2)
    basket.add_product(session, counter.seller, new, counter.battery, quantity=1, minutes=30)

    exchanges.pay(session, counter.manager, new)

    assert exchanges.held(session, by_number(session, counter, old)) == eur(BATTERY)
    assert breaches_of(session) == []


def test_a_basket_that_comes_to_nothing_loses_nothing(session: Session) -> None:
    counter = a_counter(session)
    old, new = begun(session, counter)

    orders.cancel(session, counter.seller, new, reason="went home")

    assert exchanges.held(session, by_number(session, counter, old)) == eur(BATTERY)


def test_the_value_pays_once(session: Session) -> None:
    counter = a_counter(session)
    _, new = begun(session, counter)
    basket.add_product(session, counter.seller, new, counter.plan, quantity=1, minutes=30)
    exchanges.pay(session, counter.manager, new)

    with pytest.raises(Conflict, match="Nothing"):
        exchanges.pay(session, counter.manager, new)


def test_no_more_is_paid_than_came_back(session: Session) -> None:
    counter = a_counter(session)
    _, new = begun(session, counter)
    basket.add_product(session, counter.seller, new, counter.plan, quantity=1, minutes=30)

    with pytest.raises(Refused, match=r"899\.00"):
        exchanges.pay(session, counter.manager, new, amount=eur(BATTERY + 1))


def test_the_value_stays_with_its_customer(session: Session) -> None:
    counter = a_counter(session)
    _, new = begun(session, counter)
    other = book.add(session, counter.seller, CustomerInput(CustomerKind.PERSON, "Mei Lin"))
    orders.set_customer(session, counter.seller, new, other.id)
    basket.add_product(session, counter.seller, new, counter.plan, quantity=1, minutes=30)

    with pytest.raises(Refused, match="customer"):
        exchanges.pay(session, counter.manager, new)


def test_only_an_exchange_is_paid_by_one(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)

    with pytest.raises(NotFound):
        exchanges.pay(session, counter.manager, order)


def test_nothing_is_exchanged_where_nothing_is_held(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)

    with pytest.raises(Conflict, match="Nothing"):
        exchanges.begin(session, counter.manager, order, till_id=counter.till.id)


def test_what_was_exchanged_may_come_back_too(session: Session) -> None:
    """Its value was no money: it goes back by another way, or pays again."""
    counter = a_counter(session)
    _, new = begun(session, counter)
    basket.add_product(session, counter.seller, new, counter.battery, quantity=1, minutes=30)
    exchanges.pay(session, counter.manager, new)
    taken_back(session, counter, new, refund=False)
    again = exchanges.begin(
        session, counter.manager, by_number(session, counter, new), till_id=counter.till.id
    )
    basket.add_product(session, counter.seller, again, counter.battery, quantity=1, minutes=30)

    exchanges.pay(session, counter.manager, again)

    assert orderstatus.of(session, by_number(session, counter, again)) is OrderStatus.CLOSED
    (payment,) = refunds.returnable(session, bill_of(session, again))
    assert payment.attempt.tender is Tender.EXCHANGE
    assert breaches_of(session) == []


def test_a_sale_that_is_cancelled_half_paid_by_another_keeps_its_value(session: Session) -> None:
    """It does not get lost between two sales: it can be given out, or exchanged again."""
    counter = a_counter(session)
    _, new = begun(session, counter)
    basket.add_product(session, counter.seller, new, counter.plan, quantity=1, minutes=30)
    exchanges.pay(session, counter.manager, new)

    deposits.cancel(session, counter.manager, new, reason="changed their mind")

    assert exchanges.held(session, by_number(session, counter, new)) == eur(BATTERY)
    assert breaches_of(session) == []
    again = exchanges.begin(session, counter.manager, new, till_id=None)
    basket.add_product(session, counter.seller, again, counter.battery, quantity=1, minutes=30)
    exchanges.pay(session, counter.manager, again, till_id=counter.till.id)
    assert orderstatus.of(session, by_number(session, counter, again)) is OrderStatus.CLOSED
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_an_exchange_turns_no_transfer_into_cash(session: Session) -> None:
    counter = a_counter(session)
    old = a_basket(session, counter, batteries=1)
    checkout.pay_transfer(session, counter.seller, old, amount=None, note="RF 1")
    taken_back(session, counter, old, refund=False)
    new = exchanges.begin(
        session, counter.seller, by_number(session, counter, old), till_id=counter.till.id
    )
    basket.add_product(session, counter.seller, new, counter.battery, quantity=1, minutes=30)
    exchanges.pay(session, counter.seller, new)
    taken_back(session, counter, new, refund=False)
    (way,) = moneyback.ways(session, bill_of(session, new), eur(10_000))
    cash = [Back(way.attempt.id, eur(10_000), Tender.CASH)]

    with pytest.raises(NeedsManager, match="another way"):
        moneyback.give_held(
            session,
            counter.seller,
            by_number(session, counter, new),
            cash,
            reason="no",
            till_id=counter.till.id,
        )
    assert way.tender is Tender.TRANSFER

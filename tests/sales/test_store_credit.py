"""Store credit: got from a return, used at any till, never below nothing, and the books agree."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.customers import panels
from app.kernel.db import Database
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.payments import credit, journal, refunds
from app.payments.credit_models import CreditMove
from app.payments.models import Account, Tender
from app.sales import creditpay, moneyback, orders, orderstatus
from app.sales.models import Order
from app.sales.moneyback import Back
from app.sales.orderstatus import OrderStatus
from tests.makers.at_once import Act, at_once
from tests.makers.books import breaches_of
from tests.makers.browsing import a_browser
from tests.makers.returning import bill_of, by_number, in_drawer, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket, laid_aside, sold

BATTERY = 89_900


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def as_credit(session: Session, counter: Counter, order: Order, amount: Money) -> None:
    """A manager gives what is held of a sale back as credit."""
    found = by_number(session, counter, order)
    payment = refunds.returnable(session, bill_of(session, found))[0]
    plan = [Back(payment.attempt.id, amount, Tender.STORE_CREDIT)]
    moneyback.give_held(session, counter.manager, found, plan, reason="wants to choose later")


def with_credit(session: Session, counter: Counter) -> Order:
    """The customer brought a battery back and took credit."""
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, refund=False)
    as_credit(session, counter, order, eur(BATTERY))
    return order


def left(session: Session, counter: Counter) -> Money:
    return credit.balance(session, counter.customer.id, "EUR")


def test_a_return_becomes_credit_and_no_cash_moves(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, refund=False)
    before = in_drawer(session, counter)
    as_credit(session, counter, order, eur(BATTERY))
    assert left(session, counter) == eur(BATTERY)
    assert in_drawer(session, counter) == before
    owed = journal.balance(session, counter.store.id, Account.STORE_CREDIT, "EUR")
    assert owed == -eur(BATTERY)
    assert breaches_of(session) == []


def test_credit_pays_for_a_sale_and_comes_back_with_it(session: Session) -> None:
    counter = a_counter(session)
    with_credit(session, counter)
    order = a_basket(session, counter, batteries=1)
    creditpay.pay(session, counter.seller, order)
    assert orderstatus.of(session, by_number(session, counter, order)) is OrderStatus.CLOSED
    assert left(session, counter) == eur(0)
    taken_back(session, counter, order)
    assert left(session, counter) == eur(BATTERY)
    assert breaches_of(session) == []


def test_more_than_there_is_is_refused(session: Session) -> None:
    counter = a_counter(session)
    with_credit(session, counter)
    order = a_basket(session, counter, batteries=2)
    with pytest.raises(Refused) as refusal:
        creditpay.pay(session, counter.seller, order, amount=eur(BATTERY + 1))
    assert refusal.value.field == "amount"


def test_who_has_no_credit_is_told(session: Session) -> None:
    counter = a_counter(session)
    with pytest.raises(Conflict):
        creditpay.pay(session, counter.seller, a_basket(session, counter, batteries=1))


def test_the_database_keeps_credit_above_nothing_and_its_moves_as_they_are(
    session: Session,
) -> None:
    counter = a_counter(session)
    with_credit(session, counter)
    move = session.scalars(select(CreditMove)).one()
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(update(CreditMove).values(amount_minor=move.amount_minor + 1))
    below = CreditMove(
        store_id=move.store_id,
        customer_id=move.customer_id,
        number=2,
        amount_minor=1,
        balance_minor=-1,
        currency="EUR",
        reference="order:1",
        at=move.at,
        by=move.by,
        cause=move.cause,
    )
    session.add(below)
    with pytest.raises(DBAPIError):
        session.flush()


def test_two_tills_cannot_use_the_same_credit(session: Session, database: Database) -> None:
    counter = a_counter(session)
    with_credit(session, counter)
    numbers = [laid_aside(session, a_basket(session, counter, batteries=1)) for _ in range(2)]
    session.commit()

    def pay(number: int) -> Act:
        def act(own: Session) -> None:
            order = orders.by_number(own, counter.seller, number)
            creditpay.pay(own, counter.seller, order, till_id=counter.till.id)

        return act

    told = at_once(database, *map(pay, numbers), store_id=counter.store.id)

    assert told == ["", "Conflict"]
    with database.reading() as after:
        assert left(after, counter) == eur(0)
        assert breaches_of(after) == []


@pytest.mark.only_on("sqlite")
def test_a_credit_that_the_books_do_not_know_is_found(session: Session) -> None:
    counter = a_counter(session)
    credit.issue(session, counter.manager, counter.customer.id, eur(500), reference="order:9")
    assert any("of credit, and the journal says" in breach for breach in breaches_of(session))


@pytest.mark.only_on("sqlite")
def test_the_customers_page_states_each_move(session: Session) -> None:
    counter = a_counter(session)
    order = with_credit(session, counter)
    shown = credit.panel(session, counter.seller, counter.customer)
    assert credit.panel in panels.customer_panels
    assert [row.href for row in shown.rows] == [f"/sales/{order.number}"]
    assert eur(BATTERY) in shown.rows[0].facts


@pytest.mark.only_on("sqlite")
def test_the_counter_offers_what_the_customer_has_and_takes_it(
    app: FastAPI, session: Session
) -> None:
    counter = a_counter(session)
    with_credit(session, counter)
    order = a_basket(session, counter, batteries=2)
    session.commit()
    till = a_browser(app, counter.session_cookie)
    assert 'id="tender-credit"' in till.get("/counter").text
    form = {"order": str(order.number), "due": str(2 * BATTERY), "token": "c1"}
    paid = till.send("/counter/pay/credit", form, htmx=True)
    assert "Left to pay" in paid.text
    session.expire_all()
    assert left(session, counter) == eur(0)

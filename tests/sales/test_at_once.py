"""Two at the same moment: one limit, one quote, one free robot."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.kernel.money import Money
from app.payments import terms
from app.sales import accepting, onaccount, orders, preorders, quotes
from app.sales.models import Order
from app.sales.quote_models import PreOrder
from tests.makers.at_once import Act, at_once
from tests.makers.books import breaches_of
from tests.makers.quotes import SIGNED, a_quote, accepted
from tests.makers.sales import Counter, a_robot
from tests.makers.whole_sales import a_basket


def test_two_orders_do_not_share_what_is_left_of_a_limit(
    session: Session, database: Database, counter: Counter
) -> None:
    terms.set_limit(session, counter.manager, counter.customer, Money(100_000, "EUR"))
    numbers = [a_basket(session, counter, batteries=1).number for _ in range(2)]
    session.commit()

    def put(number: int) -> Act:
        return lambda own: onaccount.put(
            own, counter.seller, orders.by_number(own, counter.seller, number)
        )

    told = at_once(database, *(put(number) for number in numbers), store_id=counter.store.id)

    assert told == ["", "LimitExceeded"]
    with database.reading() as after:
        assert breaches_of(after) == []


def test_a_quote_accepted_in_two_tabs_at_once_is_one_order(
    session: Session, database: Database, counter: Counter
) -> None:
    number = a_quote(session, counter).number
    session.commit()

    def accept(own: Session) -> object:
        quote = quotes.by_number(own, counter.seller, number)
        return accepting.accept(own, counter.seller, quote, version=1, signed=SIGNED)

    told = at_once(database, accept, accept, store_id=counter.store.id)

    assert told == ["", ""]
    with database.reading() as after:
        assert len(after.scalars(select(Order)).all()) == 1


@pytest.mark.only_on("postgresql")  # SQLite has one writer at a time
def test_a_robot_is_given_to_one_of_two(
    session: Session, database: Database, counter: Counter
) -> None:
    for _ in range(2):
        accepted(session, counter, a_quote(session, counter))
    unit = a_robot(session, counter, "DEMO-G1-0002")
    rows = list(session.scalars(select(PreOrder.id).order_by(PreOrder.id)))
    session.commit()

    def give(row_id: int) -> Act:
        return lambda own: preorders.allocate(
            own, counter.manager, own.get_one(PreOrder, row_id), own.merge(unit), reason="fair"
        )

    told = at_once(database, *(give(row) for row in rows), store_id=counter.store.id)

    assert told.count("") == 1

"""Two people give the same money back at the same moment: it goes once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy.orm import Session

from app.kernel import queueing
from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.payments import refunds, standing
from app.sales import moneyback, orders, returns
from tests.makers.books import breaches_of
from tests.makers.returning import bill_of, pieces, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import sold

PEOPLE = 4


def at_once(database: Database, counter: Counter, act: Callable[[Session], None]) -> list[str]:
    """What each of several people at once was told; "" for who did it."""
    gate = Barrier(PEOPLE)

    def one(_: int) -> str:
        gate.wait(10)
        try:
            with database.transaction() as session:
                queueing.enter(session, counter.store.id)
                act(session)
        except StoreError as refusal:
            return type(refusal).__name__
        return ""

    with ThreadPoolExecutor(PEOPLE) as crowd:
        return sorted(crowd.map(one, range(PEOPLE)))


def test_one_piece_comes_back_once(session: Session, database: Database) -> None:
    counter = a_counter(session)
    number = sold(session, counter, batteries=1).number
    session.commit()

    def act(own: Session) -> None:
        order = orders.by_number(own, counter.manager, number)
        returns.take_back(own, counter.manager, order, [pieces()], reason="no")

    told = at_once(database, counter, act)

    assert told == ["", *["Invalid"] * (PEOPLE - 1)]


def test_what_is_held_goes_back_once(session: Session, database: Database) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, refund=False)
    bill, number, held = bill_of(session, order), order.number, Money(89_900, "EUR")
    plan = moneyback.suggested(session, bill, held)
    session.commit()

    def act(own: Session) -> None:
        found = orders.by_number(own, counter.manager, number)
        moneyback.give_held(own, counter.manager, found, plan, reason="no", till_id=counter.till.id)

    told = at_once(database, counter, act)

    assert told == ["", *["Conflict"] * (PEOPLE - 1)]
    with database.reading() as after:
        assert refunds.refundable(after, bill) == Money(0, "EUR")
        assert standing.of(after, bill).paid == Money(0, "EUR")
        assert breaches_of(after) == []

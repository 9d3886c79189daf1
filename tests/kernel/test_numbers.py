"""Document numbers: from 1, without a gap, whoever fails between."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from app.kernel import numbers, queueing
from app.kernel.db import Database
from tests.makers.stores import a_store

TILLS, SALES = 6, 8


def test_a_failed_sale_takes_its_number_back(session: Session) -> None:
    """POS-03: a failed sale never blocks the next, and leaves no gap."""
    store_id = a_store(session).id
    session.commit()

    assert numbers.allot(session, store_id=store_id, series="INV") == 1
    session.rollback()
    assert numbers.allot(session, store_id=store_id, series="INV") == 1
    savepoint = session.begin_nested()
    assert numbers.allot(session, store_id=store_id, series="INV") == 2
    savepoint.rollback()
    assert numbers.allot(session, store_id=store_id, series="INV") == 2


def test_each_series_of_each_store_counts_for_itself(session: Session) -> None:
    here, there = a_store(session).id, a_store(session, "BER").id

    given = [
        numbers.allot(session, store_id=store_id, series=series)
        for store_id, series in ((here, "INV"), (here, "Q"), (there, "INV"), (here, "INV"))
    ]

    assert given == [1, 1, 1, 2]


def test_tills_that_sell_at_once_and_fail_now_and_then_leave_no_gap(
    session: Session, database: Database
) -> None:
    """POS-05: the server gives the number, so two tabs never get the same."""
    store_id = a_store(session).id
    session.commit()

    def sell(till: int) -> list[int]:
        given = []
        for sale in range(SALES):
            with database.writing() as own:
                queueing.enter(own, store_id)
                number = numbers.allot(own, store_id=store_id, series="INV")
                if (till + sale) % 3:
                    own.commit()
                    given.append(number)
        return given

    with ThreadPoolExecutor(TILLS) as tills:
        given = sorted(number for some in tills.map(sell, range(TILLS)) for number in some)

    assert given == list(range(1, len(given) + 1))

"""A year and twelve days in the demo store, told by the same verbs that its pages use.

The clock is set back for each chapter, so that journal, audit and timelines read as lived.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.demo import (
    answers,
    bodies,
    buying,
    claims,
    counts,
    deliveries,
    duties,
    estimates,
    gifts,
    history,
    laboratory,
    offers,
    owners,
    parts,
    people,
    planning,
    service,
    trade,
    upkeep,
)
from app.demo.opening import Crew, first_stock, open_store
from app.kernel import clock, queueing
from app.kernel.db import Database
from app.kernel.errors import Conflict
from app.kernel.text import msg
from app.robots import announcing, receiving
from app.stores.models import Store

ZONE = ZoneInfo("Europe/Berlin")
# Nobody's queue: two services that find the same empty database fill it one after the other.
_EVERYBODY = 0


def is_demo(session: Session) -> bool:
    """Is the demo store in this database?"""
    return session.scalar(select(Store.id).where(Store.code == people.STORE_CODE)) is not None


def is_empty(session: Session) -> bool:
    return session.scalar(select(Store.id).limit(1)) is None


def load(database: Database) -> None:
    """The whole demo store or nothing of it. Raises Conflict where there is a store already."""
    wiring.connect()
    with database.transaction() as session:
        queueing.enter(session, _EVERYBODY)
        if not is_empty(session):
            raise Conflict(
                msg("This database already holds a store, so no demo is loaded into it.")
            )
        _tell(session)


def _tell(session: Session) -> None:
    now = clock.now()
    with _at(now, days_ago=history.FIRST_DAY + 1, hour=10):
        crew = open_store(session)
        bodies.give_slots(session, crew.petra)
        laboratory.write_procedures(session, crew)
    history.live_through(session, crew, partial(_at, now))
    counts.live_through(session, crew, partial(_at, now))
    with _at(now, days_ago=12, hour=10):
        first_stock(session, crew)
        duties.file_papers(session, crew)
    with _at(now, days_ago=11, hour=9):
        parts.furnish(session, crew)
        buying.meet_suppliers(session, crew)
        estimates.write_catalogue(session, crew)
    with _at(now, days_ago=10, hour=10):
        claims.take_in(session, crew)
    with _at(now, days_ago=9, hour=9):
        _receive(session, crew, "delivery-4711.csv", deliveries.FIRST_NOTE)
    with _at(now, days_ago=9, hour=16):
        claims.give_back(session, crew)
    with _at(now, days_ago=8, hour=14):
        trade.inspect_first_delivery(session, crew)
        upkeep.first_readings(session, crew)
        laboratory.buy_references(session, crew)
    with _at(now, days_ago=8, hour=16):
        laboratory.measure_a_robot(session, crew)
    with _at(now, days_ago=8, hour=17):
        buying.order(session, crew)
        claims.submit(session, crew)
    with _at(now, days_ago=7, hour=10):
        answers.answer(session, crew)
    with _at(now, days_ago=6, hour=16):
        counts.count_two_bins(session, crew)
    with _at(now, days_ago=5, hour=10):
        service.early_days(session, crew)
        planning.set_up(session, crew)
    with _at(now, days_ago=5, hour=15):
        claims.hear(session, crew)
    with _at(now, days_ago=4, hour=15):
        service.findings(session, crew)
    with _at(now, days_ago=3, hour=11):
        counts.drop_one(session, crew)
        announcing.announce(session, crew.mei, deliveries.announced())
        claims.insist(session, crew)
    _tell_of_the_last_days(session, crew, now)


def _tell_of_the_last_days(session: Session, crew: Crew, now: datetime) -> None:
    with _at(now, days_ago=2, hour=10):
        trade.first_day_of_trade(session, crew)
    with _at(now, days_ago=2, hour=18):
        trade.close_till(session, crew)
    with _at(now, days_ago=2, hour=19):
        service.repairs(session, crew)
    with _at(now, days_ago=1, hour=9):
        duties.look_at_a_knee(session, crew)
        upkeep.swap_a_knee(session, crew)
        duties.publish_bulletins(session, crew)
        parts.put_aside(session, crew)
    with _at(now, days_ago=1, hour=11):
        trade.second_day_of_trade(session, crew)
        gifts.sell_and_spend(session, crew)
        gifts.say_sorry(session, crew)
        buying.receive_a_half(session, crew)
    with _at(now, days_ago=1, hour=13):
        laboratory.measure_it_again(session, crew)
    with _at(now, days_ago=1, hour=16):
        service.yesterday(session, crew)
        estimates.ask_for_the_knee(session, crew)
        answers.answer(session, crew)
    with _at(now, days_ago=1, hour=18):
        trade.close_till(session, crew)
    with clock.set_to(now - timedelta(minutes=40)):
        _receive(session, crew, "delivery-4726.csv", deliveries.SECOND_NOTE)
        trade.quote(session, crew)
        offers.make(session, crew)
        service.this_morning(session, crew)
        planning.fill_calendar(session, crew)
        buying.take_the_last_one(session, crew)
        laboratory.write_rules(session, crew)
        laboratory.begin_another(session, crew)
        answers.serve_a_cafe(session, crew)
        owners.ask(session, crew)


@contextmanager
def _at(now: datetime, *, days_ago: int, hour: int) -> Iterator[None]:
    """Live at a full hour of an earlier day, by the store's own clock."""
    day = now.astimezone(ZONE).date() - timedelta(days=days_ago)
    with clock.set_to(datetime.combine(day, time(hour), ZONE)):
        yield


def _receive(session: Session, crew: Crew, name: str, rows: str) -> None:
    receiving.receive_file(session, crew.mei, file_name=name, data=rows.encode())

"""What robots count never falls, unless a meter exchange on record says why."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Refused
from app.robots import counters, fitting, insides, timeline
from app.robots.choosing import Part
from app.robots.counters import CounterFalls, read_count, shown
from app.robots.events import CounterRead
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Counter, CounterReading
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import an_actor

HOUR = 3600


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    return a_unit(session, store, "G1-1")


def totals(session: Session, unit: Unit) -> dict[str, int]:
    return {
        str(counter): standing.total
        for counter, standing in counters.latest(session, unit.id).items()
    }


def test_a_counter_that_falls_is_refused_with_what_it_showed_before(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    counters.read(session, manager, unit, {Counter.HOURS: 3412 * HOUR, Counter.STEPS: 18_600_000})
    counters.read(session, manager, unit, {Counter.HOURS: 3412 * HOUR})
    # when
    with pytest.raises(CounterFalls, match=r"Operating hours stood at 3412 on .*; 3411 is less"):
        counters.read(
            session, manager, unit, {Counter.STEPS: 20_000_000, Counter.HOURS: 3411 * HOUR}
        )
    # then neither of the two was kept
    assert totals(session, unit) == {"hours": 3412 * HOUR, "steps": 18_600_000}
    assert breaches_of(session) == []


def test_a_meter_exchange_lets_a_counter_begin_anew_and_the_total_goes_on(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    counters.read(session, manager, unit, {Counter.STEPS: 1000})
    with pytest.raises(CounterFalls, match="Steps stood at 1000"):
        counters.exchange(
            session, manager, unit, Counter.STEPS, last=900, first=0, reason="new computer"
        )
    with pytest.raises(Refused, match="say why"):
        counters.exchange(session, manager, unit, Counter.STEPS, last=1200, first=0, reason=" ")
    # when
    counters.exchange(
        session, manager, unit, Counter.STEPS, last=1200, first=50, reason="new computer"
    )
    assert totals(session, unit) == {"steps": 1200}
    counters.read(session, manager, unit, {Counter.STEPS: 60})
    # then
    assert totals(session, unit) == {"steps": 1210}
    with pytest.raises(CounterFalls, match="Steps stood at 60"):
        counters.read(session, manager, unit, {Counter.STEPS: 59})
    history = counters.history(session, unit.id, Counter.STEPS, most=10)
    assert [(row.meter, row.value, total) for row, total in history] == [
        (1, 1000, 1000),
        (2, 60, 1210),
    ]
    told = str(timeline.of_unit(session, unit.id).items[0].summary)
    assert told == "Steps began anew: 1200 → 50 (new computer)"
    assert breaches_of(session) == []


def test_a_reading_that_comes_late_must_fit_between_its_neighbours(
    session: Session, manager: Actor, unit: Unit
) -> None:
    now = clock.now()
    for days, steps in ((10, 100), (2, 500)):
        counters.read(session, manager, unit, {Counter.STEPS: steps}, at=now - timedelta(days=days))
    with pytest.raises(CounterFalls, match="cannot have been 501 before"):
        counters.read(session, manager, unit, {Counter.STEPS: 501}, at=now - timedelta(days=5))
    counters.read(session, manager, unit, {Counter.STEPS: 300}, at=now - timedelta(days=5))
    with pytest.raises(Refused, match="not over yet"):
        counters.read(session, manager, unit, {Counter.STEPS: 900}, at=now + timedelta(days=1))
    assert totals(session, unit) == {"steps": 500}
    # and a reading from before an exchange belongs to the meter of that time
    counters.exchange(session, manager, unit, Counter.STEPS, last=500, first=0, reason="wiped")
    counters.read(session, manager, unit, {Counter.STEPS: 400}, at=now - timedelta(days=3))
    assert breaches_of(session) == []


def test_a_fall_is_told_in_the_timeline_and_announced(
    session: Session, manager: Actor, unit: Unit
) -> None:
    heard: list[tuple[Counter, int | None, int]] = []

    def hear(_session: Session, news: CounterRead) -> None:
        heard.append((news.counter, news.before, news.after))

    events.listen(CounterRead, hear)
    try:
        counters.read(session, manager, unit, {Counter.FALLS: 1})
        counters.read(session, manager, unit, {Counter.FALLS: 3, Counter.CYCLES: 7})
    finally:
        events._listeners[CounterRead].remove(hear)
    assert heard == [
        (Counter.FALLS, None, 1),
        (Counter.FALLS, 1, 3),
        (Counter.CYCLES, None, 7),
    ]
    assert [str(line.summary) for line in timeline.of_unit(session, unit.id).items] == [
        "Falls: 1 → 3"
    ]


@pytest.mark.parametrize(
    ("counter", "text", "value"),
    [
        (Counter.HOURS, "3412", 3412 * HOUR),
        (Counter.HOURS, " 3412,25 ", 3412 * HOUR + 900),
        (Counter.HOURS, "0.01", 36),
        (Counter.STEPS, "18600000", 18_600_000),
    ],
)
def test_counts_are_read_as_people_write_them(counter: Counter, text: str, value: int) -> None:
    assert read_count(counter, text, field="x") == value


@pytest.mark.parametrize("text", ["", "-1", "1e5", "1_000", "1.5", "NaN", "９" * 16, "½"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a count"):
        read_count(Counter.STEPS, text, field="steps")


def test_hours_are_shown_as_hours() -> None:
    assert str(shown(Counter.HOURS, 5400)) == "1.5"
    assert shown(Counter.STEPS, 5400) == 5400


def test_hours_of_a_component_are_those_of_its_robots_while_it_was_in_them(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given a robot that ran 100 h before the part came and 150 h with it, over two meters
    a_plan(session, a_model(session))
    now = clock.now()

    def hours(value: int, days: int) -> None:
        at = now - timedelta(days=days)
        with clock.set_to(at):
            counters.read(session, manager, unit, {Counter.HOURS: value * HOUR})

    hours(100, days=30)
    part, path = Part("AK-80", "1"), "left_knee.actuator"
    fitting.fit(session, manager, unit, path, part=part, work=Work(at=now - timedelta(days=29)))
    hours(200, days=20)
    with clock.set_to(now - timedelta(days=19)):
        counters.exchange(
            session, manager, unit, Counter.HOURS, last=200 * HOUR, first=0, reason="wiped"
        )
    hours(50, days=10)

    # then
    def run(days: int) -> list[int | None]:
        seen = insides.view(session, unit, at=now - timedelta(days=days))
        return [place.run_s for place in seen.places if place.now]

    assert run(days=0) == [150 * HOUR]
    assert run(days=15) == [100 * HOUR]
    assert run(days=25) == [0]
    assert run(days=40) == []


def test_the_database_itself_refuses_a_falling_counter_and_any_change(
    session: Session, manager: Actor, unit: Unit
) -> None:
    (kept,) = counters.read(session, manager, unit, {Counter.STEPS: 100})
    row = {
        "store_id": unit.store_id,
        "unit_id": unit.id,
        "counter": Counter.STEPS,
        "meter": 1,
        "reference": "",
        "by": "nobody",
    }
    later, earlier = kept.at + timedelta(hours=1), kept.at - timedelta(hours=1)
    for broken in (
        insert(CounterReading).values(**row, value=99, at=later),
        insert(CounterReading).values(**row, value=101, at=earlier),
        update(CounterReading).where(CounterReading.id == kept.id).values(value=101),
        delete(CounterReading).where(CounterReading.id == kept.id),
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(broken)
    session.execute(insert(CounterReading).values(**row, value=100, at=later))


def test_auditors_read_but_record_nothing(session: Session, store: Store, unit: Unit) -> None:
    with pytest.raises(Forbidden):
        counters.read(session, an_actor(store, Role.AUDITOR), unit, {Counter.STEPS: 1})

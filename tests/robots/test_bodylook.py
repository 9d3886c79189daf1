"""A body coloured by what is asked of it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.robots import bodylook, bulletinlook, counters, fitting, insides
from app.robots.bodylook import Look
from app.robots.bulletin_models import BulletinKind
from app.robots.bulletincriteria import Criterion
from app.robots.choosing import Part
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Counter
from app.stores.models import Store
from tests.makers.bulletins import a_bulletin
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan

KNEE, OTHER_KNEE, BATTERY = "left_knee.actuator", "right_knee.actuator", "battery.1"
Marks = dict[str, tuple[str, str]]


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


def marks(session: Session, unit: Unit, look: Look) -> Marks:
    body = bodylook.body(session, unit, insides.view(session, unit), look)
    return {path: (mark.tone, str(mark.words)) for path, mark in body.marks.items()}


def test_age_and_hours_tell_since_when_and_how_long(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given a part of four years and 2,500 h, and one of yesterday
    now = clock.now()
    old, new = now - timedelta(days=4 * 366), now - timedelta(days=1)
    for path, at, serial in ((KNEE, old, "1"), (OTHER_KNEE, new, "2")):
        part = Part("AK-80", serial)
        counters.read(
            session, manager, unit, {Counter.HOURS: 0 if at == old else 2500 * 3600}, at=at
        )
        fitting.fit(session, manager, unit, path, part=part, work=Work(at=at))
    # then
    age, hours = marks(session, unit, Look.AGE), marks(session, unit, Look.HOURS)
    assert (age[KNEE][0], age[OTHER_KNEE][0]) == ("warn", "ok")
    assert age[BATTERY] == ("", "Not on record")
    assert hours == {
        KNEE: ("warn", "2500 h"),
        OTHER_KNEE: ("ok", "0 h"),
        BATTERY: ("", "no data yet"),
    }


def test_open_bulletins_mark_the_slots_whose_parts_they_name(
    session: Session, manager: Actor, unit: Unit
) -> None:
    fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1", "24-11"))
    fitting.fit(session, manager, unit, OTHER_KNEE, part=Part("AK-80", "2", "24-12"))
    a_bulletin(
        session,
        manager,
        a_maker(session),
        Criterion(part_number="AK-80", lot="24-11"),
        code="SB-7",
        kind=BulletinKind.STOP_SALE,
    )
    seen = bulletinlook.look(session, unit, insides.view(session, unit))
    assert {path: mark.tone for path, mark in seen.items()} == {
        KNEE: "bad",
        OTHER_KNEE: "ok",
        BATTERY: "ok",
    }
    assert str(seen[KNEE].words).startswith("SB-7: ")


def test_what_was_never_measured_is_unknown_everywhere(session: Session, unit: Unit) -> None:
    body = bodylook.body(session, unit, insides.view(session, unit), Look.CALIBRATION)
    assert {mark.tone for mark in body.marks.values()} == {""}
    assert [(tone, count) for tone, _, count in body.key] == [("", 3)]

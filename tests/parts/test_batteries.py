"""Batteries: looked at by a day, set aside when damaged, kept from jobs and robots until then."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.parts import batteries, checks, count_checks, issuing, storage
from app.parts.batteries import CheckInput, RuleInput
from app.parts.battery_models import Battery, BatteryCheck, Condition
from app.parts.models import Balance, Place, PlaceKind
from app.parts.storage import BatteryBlocked
from app.robots import choosing, components, fitting
from app.robots.bodyplan import SlotClass
from app.robots.events import ComponentFitted
from app.robots.models import Unit
from app.robots.states import UnitState
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.makers.store_room import StoreRoom, a_battery, a_store_room

SOUND = CheckInput(soc_percent=50, cycles=12, voltage_mv=50_400)


@pytest.fixture
def room(session: Session) -> StoreRoom:
    return a_store_room(session)


def after(days: int) -> timedelta:
    return timedelta(days=days)


def where(session: Session, room: StoreRoom) -> PlaceKind:
    return session.scalars(
        select(Place.kind)
        .join(Balance, Balance.place_id == Place.id)
        .where(Balance.component_id == room.pack.id)
    ).one()


def test_a_battery_is_due_when_it_has_lain_for_its_interval(
    session: Session, room: StoreRoom
) -> None:
    (one,) = storage.in_stock(session, room.clerk, most=10)

    assert one.component is room.pack
    assert (one.days_left, one.is_overdue) == (storage.INTERVAL_DAYS, False)


def test_a_check_begins_the_interval_anew(session: Session, room: StoreRoom) -> None:
    with clock.set_to(clock.now() + after(95)):
        assert batteries.kept(session, room.clerk, room.pack.id).is_overdue

        batteries.check(session, room.clerk, room.pack, SOUND)

        one = batteries.kept(session, room.clerk, room.pack.id)
        assert not one.is_overdue
        assert one.battery is not None
        assert (one.battery.soc_percent, one.battery.cycles) == (50, 12)


def test_an_overdue_battery_is_not_issued(session: Session, room: StoreRoom) -> None:
    with (
        clock.set_to(clock.now() + after(95)),
        pytest.raises(BatteryBlocked, match="B-001 was to be checked by"),
    ):
        issuing.issue(session, room.clerk, "ticket:T-1", room.battery.id)


def test_an_overdue_battery_is_not_fitted(session: Session, room: StoreRoom) -> None:
    fitted = ComponentFitted(
        actor=room.manager,
        store_id=room.store.id,
        unit_id=1,
        slot_id=1,
        slot_path="battery",
        occupant_id=1,
        component_id=room.pack.id,
        part_number="BAT-9",
        lot="",
        at=clock.now(),
        reference="",
    )
    storage.on_fitted(session, fitted)

    with clock.set_to(clock.now() + after(95)), pytest.raises(BatteryBlocked):
        storage.on_fitted(session, fitted)


def test_a_damaged_battery_is_set_aside_at_once(session: Session, room: StoreRoom) -> None:
    found = CheckInput(soc_percent=40, condition=Condition.SWOLLEN)

    batteries.check(session, room.clerk, room.pack, found)

    assert where(session, room) is PlaceKind.QUARANTINE
    with pytest.raises(BatteryBlocked, match="set aside: swollen"):
        storage.require_usable(session, room.store.id, [room.pack.id])
    assert list(checks.breaches(session)) == []


def test_only_a_manager_lets_a_battery_go_and_only_a_sound_one(
    session: Session, room: StoreRoom
) -> None:
    batteries.check(
        session, room.clerk, room.pack, CheckInput(soc_percent=40, condition=Condition.HOT)
    )
    with pytest.raises(Forbidden):
        batteries.let_go(session, room.clerk, room.pack, reason="cooled down")
    with pytest.raises(Conflict, match="found battery B-001 damaged"):
        batteries.let_go(session, room.manager, room.pack, reason="cooled down")

    batteries.check(session, room.clerk, room.pack, SOUND)
    batteries.let_go(session, room.manager, room.pack, reason="cooled down", place=room.a2)

    assert where(session, room) is PlaceKind.BIN
    storage.require_usable(session, room.store.id, [room.pack.id])


def test_cycles_do_not_become_fewer(session: Session, room: StoreRoom) -> None:
    batteries.check(session, room.clerk, room.pack, SOUND)

    with pytest.raises(Refused) as refused:
        batteries.check(session, room.clerk, room.pack, CheckInput(soc_percent=50, cycles=11))
    assert refused.value.field == "cycles"


@pytest.mark.parametrize(
    ("found", "field"),
    [
        (CheckInput(soc_percent=101), "soc_percent"),
        (CheckInput(soc_percent=-1), "soc_percent"),
        (CheckInput(soc_percent=5, cycles=-1), "cycles"),
        (CheckInput(soc_percent=5, voltage_mv=2_000_000), "voltage_mv"),
        (CheckInput(soc_percent=5, note="n" * 3_000), "note"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_what_no_battery_shows_is_refused(
    session: Session, room: StoreRoom, found: CheckInput, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        batteries.check(session, room.clerk, room.pack, found)
    assert refused.value.field == field


def test_a_rule_of_the_part_comes_before_the_one_of_the_store(
    session: Session, room: StoreRoom
) -> None:
    batteries.set_rule(session, room.manager, None, RuleInput(60, 40, 60))
    assert batteries.kept(session, room.clerk, room.pack.id).keeping.interval_days == 60

    batteries.set_rule(session, room.manager, room.battery, RuleInput(30, 20, 50, 648))
    keeping = batteries.kept(session, room.clerk, room.pack.id).keeping
    assert (keeping.interval_days, keeping.watt_hours) == (30, 648)

    batteries.drop_rule(session, room.manager, room.battery)
    assert batteries.kept(session, room.clerk, room.pack.id).keeping.interval_days == 60


def test_a_rule_that_cannot_be_is_refused(session: Session, room: StoreRoom) -> None:
    with pytest.raises(Refused, match="lower bound"):
        batteries.set_rule(session, room.manager, None, RuleInput(60, 60, 40))


def test_the_list_begins_with_what_is_due_first(session: Session, room: StoreRoom) -> None:
    with clock.set_to(clock.now() - after(30)):
        old = a_battery(session, room.manager, "B-000", place=room.a1)

    found = storage.in_stock(session, room.clerk, most=10)

    assert [one.component for one in found] == [old, room.pack]


def test_an_actuator_is_no_battery(session: Session, room: StoreRoom) -> None:
    actuator = components.register(
        session, room.manager, components.Identity("A-1", SlotClass.ACTUATOR)
    )
    with pytest.raises(NotFound, match="no battery"):
        batteries.check(session, room.clerk, actuator, SOUND)


def test_a_check_is_never_changed(session: Session, room: StoreRoom) -> None:
    batteries.check(session, room.clerk, room.pack, SOUND)
    session.commit()

    session.scalars(select(BatteryCheck)).one().soc_percent = 90
    with pytest.raises(DBAPIError, match="append-only"):
        session.flush()


def test_check_tells_a_battery_that_is_not_as_it_was_found(
    session: Session, room: StoreRoom
) -> None:
    batteries.check(session, room.clerk, room.pack, SOUND)
    session.flush()
    assert list(count_checks.breaches(session)) == []

    session.execute(update(Battery).values(soc_percent=99))

    assert list(count_checks.breaches(session)) == [
        "parts: battery B-001 is not as its last check found it"
    ]


@pytest.fixture
def robot(session: Session, room: StoreRoom) -> Unit:
    """A new robot with room for a battery."""
    wiring.connect()
    model = a_model(session)
    a_plan(session, model)
    return a_unit(session, room.store, "NEW-1", model=model, state=UnitState.AVAILABLE)


def fit(session: Session, room: StoreRoom, robot: Unit) -> None:
    pack = choosing.Part(part_number="BAT-9", serial="B-001")
    fitting.fit(session, room.manager, robot, "battery.1", part=pack)


def test_an_overdue_battery_cannot_be_fitted_into_a_robot(
    session: Session, room: StoreRoom, robot: Unit
) -> None:
    with clock.set_to(clock.now() + after(95)):
        with pytest.raises(BatteryBlocked), session.begin_nested():
            fit(session, room, robot)

        batteries.check(session, room.manager, room.pack, SOUND)
        fit(session, room, robot)

    assert where(session, room) is PlaceKind.ROBOT


def test_a_battery_set_aside_or_overdue_keeps_its_new_robot_here(
    session: Session, room: StoreRoom, robot: Unit
) -> None:
    batteries.check(session, room.manager, room.pack, SOUND)
    fit(session, room, robot)
    assert storage.reasons(session, room.manager, robot) == []

    with clock.set_to(clock.now() + after(95)):
        (overdue,) = storage.reasons(session, room.manager, robot)
    batteries.set_aside(session, room.manager, room.pack, reason="fell")
    (aside,) = storage.reasons(session, room.manager, robot)

    assert "was to be checked by" in str(overdue.text)
    assert "set aside: fell" in str(aside.text)
    assert aside.link == f"/parts/batteries/{room.pack.id}"


def test_what_its_owner_uses_every_day_is_not_asked_for_checks(
    session: Session, room: StoreRoom, robot: Unit
) -> None:
    batteries.check(session, room.manager, room.pack, SOUND)
    fit(session, room, robot)
    robot.state = UnitState.HANDED_OVER
    session.flush()

    with clock.set_to(clock.now() + after(95)):
        assert storage.reasons(session, room.manager, robot) == []

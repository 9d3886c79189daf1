"""Robots by serial number: found in any writing, moved only as the table allows."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.money import Money
from app.kernel.states import WrongState
from app.kernel.text import msg
from app.robots import checks, ownership, registry, timeline
from app.robots.models import Ownership
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.robots import a_maker, a_model, a_unit
from tests.robots.conftest import a_customer, a_store, an_actor


def test_007_and_7_are_two_robots(session: Session, store: Store, manager: Actor) -> None:
    # given
    long, short = a_unit(session, store, "007"), a_unit(session, store, "7")
    # then
    assert registry.by_serial(session, manager, "007") is long
    assert registry.by_serial(session, manager, "7") is short
    assert [unit.serial for unit in registry.find_by_code(session, manager, "07")] == []


@pytest.mark.parametrize(
    "scanned", ["DEMO-G1-0001", " demo-g1-0001\r", "ＤＥＭＯ-G1-0001", "\x1dDEMO-G1-0001\x04"]
)
def test_a_robot_is_found_in_any_writing(
    session: Session, store: Store, manager: Actor, scanned: str
) -> None:
    unit = a_unit(session, store, "DEMO-G1-0001")
    found = registry.by_serial(session, manager, scanned)
    assert found is unit
    assert (found.model.name, found.maker.name) == ("Unitree G1", "Unitree")


@pytest.mark.parametrize("code", ["", "  ", "\x1d", "%", "_", "'", '"', "\\", "x" * 500])
def test_a_code_of_nobody_finds_nothing(
    session: Session, store: Store, manager: Actor, code: str
) -> None:
    a_unit(session, store)
    assert registry.find_by_code(session, manager, code) == []
    with pytest.raises(NotFound):
        registry.by_serial(session, manager, code)


def test_a_serial_of_two_makers_asks_which(session: Session, store: Store, manager: Actor) -> None:
    # given
    a_unit(session, store, "0001")
    booster = a_maker(session, "Booster")
    theirs = a_unit(session, store, "0001", model=a_model(session, "T1", maker=booster))
    # then
    with pytest.raises(Conflict, match="Unitree, Booster"):
        registry.by_serial(session, manager, "0001")
    assert registry.by_serial(session, manager, "0001", maker_id=booster.id) is theirs
    assert len(registry.find_by_code(session, manager, "0001")) == 2


def test_another_store_does_not_see_it(session: Session, store: Store) -> None:
    unit = a_unit(session, store)
    stranger = an_actor(a_store(session, "BER"))
    with pytest.raises(NotFound):
        registry.by_serial(session, stranger, unit.serial)
    with pytest.raises(NotFound):
        registry.by_id(session, stranger, unit.id)
    assert registry.search(session, stranger, "DEMO") == []


def test_a_serial_is_never_given_twice_not_even_a_retired_one(
    session: Session, store: Store
) -> None:
    """SER-19."""
    a_unit(session, store, "H1-0001", state=UnitState.RETIRED)
    with pytest.raises(IntegrityError):
        a_unit(session, store, "h1-0001 ")


def test_search_puts_the_very_serial_first_then_what_begins_with_it(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    for serial in ("G1-10", "G1-1", "G1-100", "X-G1-1"):
        a_unit(session, store, serial)
    carrier = a_unit(session, store, "H2-7", components={"left_knee": "G1-1-ACT"})
    # when
    found = registry.search(session, manager, "g1-1")
    # then
    assert [unit.serial for unit in found][:3] == ["G1-1", "G1-10", "G1-100"]
    assert carrier in found


def test_search_finds_parts_of_serials_and_components(
    session: Session, store: Store, manager: Actor
) -> None:
    a_unit(session, store, "OXI 0.05% X", components={"battery": "减速-77"})
    a_unit(session, store, "MÜLLER_1")

    def found(text: str) -> list[str]:
        return [unit.serial for unit in registry.search(session, manager, text)]

    assert found("0.05%") == ["OXI 0.05% X"]
    assert found("%") == ["OXI 0.05% X"]
    assert found("_") == ["MÜLLER_1"]
    assert found("速") == ["OXI 0.05% X"]
    assert found("müller") == ["MÜLLER_1"]
    assert found("park. multi-agent don't @x \"") == []
    assert registry.search(session, manager, "", most=5) == []


def test_a_move_is_on_the_timeline_and_in_the_audit(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store, state=UnitState.RECEIVED)
    # when
    registry.move(
        session,
        manager,
        unit,
        UnitState.INSPECTED,
        why=msg("Inspected, {points} points", points=12),
    )
    # then
    line = timeline.of_unit(session, unit.id).items[0]
    assert (line.kind, str(line.summary), line.actor) == (
        "inspected",
        "Inspected, 12 points",
        "Petra Krause",
    )
    session.commit()
    entry = session.scalars(select(audit.AuditEntry)).one()
    assert (entry.action, entry.subject) == ("robot.inspected", "robot:DEMO-G1-0001")


def test_a_move_that_is_not_in_the_table_names_those_that_are(
    session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store, state=UnitState.RECEIVED)
    with pytest.raises(WrongState, match="Possible next: Inspected, Retired"):
        registry.move(session, manager, unit, UnitState.SOLD, why=msg("Sold"))
    assert unit.state is UnitState.RECEIVED


def test_a_timeline_keeps_facts_for_every_language_and_is_paged_newest_first(
    session: Session, store: Store
) -> None:
    # given
    unit = a_unit(session, store)
    began = clock.now()
    said = msg(
        "{what} for {price} on {day}", what=msg("Sold"), price=Money(99_00, "EUR"), day=began
    )
    for minute in range(5):
        with clock.set_to(began + timedelta(minutes=minute)):
            timeline.note(session, unit.id, kind="sold", summary=said, link=f"/sales/{minute}")
    # when
    first = timeline.of_unit(session, unit.id, most=3)
    rest = timeline.of_unit(session, unit.id, most=3, cursor=first.next)
    # then
    assert [line.link for line in first.items] == ["/sales/4", "/sales/3", "/sales/2"]
    assert [line.link for line in rest.items] == ["/sales/1", "/sales/0"]
    assert rest.next is None
    assert first.items[0].summary == said


def test_ownership_follows_without_gap_or_overlap(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit, now = a_unit(session, store), clock.now()
    ada, ben = a_customer(session, manager, "Ada"), a_customer(session, manager, "Ben")
    # when
    assert ownership.owner_of(session, unit.id) is None
    ownership.give_to(session, manager, unit, ada.id, at=now)
    ownership.give_to(session, manager, unit, ada.id, at=now + timedelta(days=1))
    ownership.give_to(session, manager, unit, ben.id, at=now + timedelta(days=2))
    # then
    assert ownership.owner_of(session, unit.id) == ben.id
    assert [row.customer_id for row in session.scalars(select(Ownership))] == [ada.id, ben.id]
    with pytest.raises(Conflict):
        ownership.give_to(session, manager, unit, ada.id, at=now)
    assert list(checks.breaches(session)) == []


def test_ownership_stays_inside_the_store(session: Session, store: Store, manager: Actor) -> None:
    stranger = a_customer(session, an_actor(a_store(session, "BER")), "Cyd")
    with pytest.raises(NotFound):
        ownership.give_to(session, manager, a_unit(session, store), stranger.id, at=clock.now())


def test_check_names_what_does_not_hold(session: Session, store: Store, manager: Actor) -> None:
    # given
    unit, now = a_unit(session, store), clock.now()
    ada, ben = a_customer(session, manager, "Ada"), a_customer(session, manager, "Ben")
    on_table = "" if session.get_bind().dialect.name == "sqlite" else " ON ownerships"
    session.execute(text(f"DROP TRIGGER tr_ownerships_insert{on_table}"))  # as if it never was
    session.add_all(
        [
            Ownership(
                unit_id=unit.id, customer_id=ada.id, since=now, until=now + timedelta(days=2)
            ),
            Ownership(unit_id=unit.id, customer_id=ben.id, since=now + timedelta(days=1)),
        ]
    )
    unit.serial = "DEMO-G1-0002"
    unit.maker_id = a_maker(session, "Booster").id
    session.flush()
    # when
    breaches = list(checks.breaches(session))
    # then
    assert len(breaches) == 3
    assert "is not of 'DEMO-G1-0002'" in breaches[0]
    assert "does not build its model" in breaches[1]
    assert "at the same time" in breaches[2]

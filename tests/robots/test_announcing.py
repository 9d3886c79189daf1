"""Robots that are known before they arrive."""

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Invalid
from app.kernel.money import Money
from app.robots import announcing, receiving, registry, timeline
from app.robots.arrivals import Arrival, read_arrival
from app.robots.states import Custody, UnitState
from tests.makers.payments import shop
from tests.makers.robots import a_model


def _arrival(serial: str, *, model: str = "G1") -> Arrival:
    return read_arrival(
        maker="Unitree", model=model, serial=serial, cost=Money(1_000_000, "EUR"), components=()
    )


@pytest.fixture
def manager(session: Session) -> Actor:
    a_model(session)
    return shop(session).manager


def test_an_announced_robot_is_expected_and_still_with_its_maker(
    session: Session, manager: Actor
) -> None:
    (unit,) = announcing.announce(session, manager, [_arrival("DEMO-G1-7")])

    assert (unit.state, unit.custody) == (UnitState.EXPECTED, Custody.MAKER)
    assert [line.kind for line in timeline.of_unit(session, unit.id).items] == ["expected"]


def test_receiving_brings_in_the_very_robot_that_was_announced(
    session: Session, manager: Actor
) -> None:
    announcing.announce(session, manager, [_arrival("DEMO-G1-7")])

    (received,) = receiving.receive(session, manager, [_arrival("demo-g1-7")])

    unit = registry.by_serial(session, manager, "DEMO-G1-7")
    assert received.id == unit.id
    assert (unit.state, unit.custody) == (UnitState.RECEIVED, Custody.STORE)


def test_the_same_robot_cannot_be_announced_twice(session: Session, manager: Actor) -> None:
    announcing.announce(session, manager, [_arrival("DEMO-G1-7")])

    with pytest.raises(Invalid) as refusal:
        announcing.announce(session, manager, [_arrival("DEMO-G1-8"), _arrival("Demo-G1-7")])

    assert list(refusal.value.problems) == ["items.1.serial"]
    assert registry.find_by_code(session, manager, "DEMO-G1-8") == []


def test_who_may_not_receive_may_not_announce(session: Session, manager: Actor) -> None:
    auditor = Actor(
        store_id=manager.store_id,
        name="Oskar Lindner",
        role=Role.AUDITOR,
        permissions=permissions_of(Role.AUDITOR),
    )

    with pytest.raises(Forbidden):
        announcing.announce(session, auditor, [_arrival("DEMO-G1-7")])

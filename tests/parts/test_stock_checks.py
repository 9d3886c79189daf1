"""Each line that must hold of stock, broken by SQL, is named by `quatrefoil check`."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.actor import Actor
from app.parts import places, reservations
from app.parts.models import Balance, Movement, Part, PlaceKind, Reservation
from app.robots import choosing, fitting
from app.robots.slot_models import Component, Control
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.parts import a_part, stocked, stocked_serials
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan

Line = Callable[..., None]


@pytest.fixture
def drive(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "AK-80", control=Control.SERIAL)


@pytest.fixture
def one(session: Session, manager: Actor, drive: Part) -> Component:
    (component,) = stocked_serials(session, manager, drive, "AK-1", cost_minor=500)
    return component


@pytest.fixture
def line(session: Session, manager: Actor) -> Line:
    """Write a line into the ledger that no verb would have written."""

    def written(part: Part, start: PlaceKind, end: PlaceKind, **columns: object) -> None:
        found = places.standards(session, manager.store_id, (start, end))
        row = {
            "store_id": manager.store_id,
            "part_id": part.id,
            "from_place_id": found[start].id,
            "to_place_id": found[end].id,
            "quantity": 1,
            "lot": "",
            "lot_key": "",
            "value_minor": 0,
            "stock_change": 0,
            "value_change": 0,
            "at": clock.now(),
            "actor": "nobody",
            "reason": "by hand",
            "reference": "",
        }
        session.execute(insert(Movement).values(**(row | columns)))

    return written


def only(session: Session, words: str) -> None:
    """Exactly one breach, and it says so."""
    (breach,) = breaches_of(session)
    assert words in breach


def test_a_balance_that_is_not_the_sum_of_its_movements(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=3)
    session.execute(update(Balance).where(Balance.pickable).values(quantity=4))
    only(session, f"part {knee.id} at place")


def test_a_balance_without_any_movement(session: Session, manager: Actor, knee: Part) -> None:
    shelf = places.standard(session, manager.store_id, PlaceKind.BIN)
    session.add(
        Balance(part_id=knee.id, place_id=shelf.id, bounded=True, pickable=True, quantity=2)
    )
    only(session, "balance 2, movements give 0")


def test_a_sum_without_its_balance(session: Session, manager: Actor, knee: Part) -> None:
    stocked(session, manager, knee, quantity=3)
    session.execute(delete(Balance).where(Balance.bounded.is_(False)))
    only(session, "balance 0, movements give -3")


def test_a_place_that_was_below_zero_at_some_moment(
    session: Session, manager: Actor, knee: Part, line: Line
) -> None:
    """In the end the sums are right again."""
    stocked(session, manager, knee)
    line(knee, PlaceKind.BENCH, PlaceKind.VAN)
    line(knee, PlaceKind.VAN, PlaceKind.BENCH)
    only(session, "took place")


def test_a_balance_that_is_not_of_its_places_kind(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee)
    session.execute(update(Balance).where(Balance.pickable).values(pickable=False))
    only(session, "is not of the kind of its place")


def test_more_promised_than_there_is(session: Session, manager: Actor, knee: Part) -> None:
    # given
    stocked(session, manager, knee, quantity=2)
    reservations.reserve(
        session, manager, knee.id, quantity=2, owner="order:1", holder="Bo", minutes=30
    )
    # when
    session.execute(update(Reservation).values(quantity=3))
    # then
    only(session, "KNEE-L: 3 promised, 2 on hand")
    with clock.set_to(clock.now() + timedelta(minutes=31)):
        assert breaches_of(session) == []


def test_a_promised_serial_that_is_not_on_the_shelf(
    session: Session, manager: Actor, drive: Part, one: Component
) -> None:
    # given
    stocked_serials(session, manager, drive, "AK-2")
    bench = places.standard(session, manager.store_id, PlaceKind.BENCH)
    reservations.reserve(
        session,
        manager,
        drive.id,
        owner="order:1",
        holder="Bo",
        minutes=30,
        component_id=one.id,
    )
    # when
    session.execute(
        update(Balance)
        .where(Balance.component_id == one.id)
        .values(place_id=bench.id, pickable=False)
    )
    # then
    assert any("of order:1: what it names is not on the shelf" in b for b in breaches_of(session))


def test_pieces_without_the_serial_that_their_part_wants(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee)
    knee.control = Control.SERIAL
    only(session, "KNEE-L: pieces without a serial number")


def test_a_component_that_sits_in_a_robot_but_lies_in_a_bin_by_the_ledger(
    session: Session, store: Store, manager: Actor, one: Component
) -> None:
    # given
    wiring.connect()
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "G1-1")
    fitting.fit(
        session, manager, unit, "left_knee.actuator", part=choosing.Part(component_id=one.id)
    )
    assert breaches_of(session) == []
    # when
    shelf = places.standard(session, manager.store_id, PlaceKind.BIN)
    session.execute(
        update(Balance)
        .where(Balance.component_id == one.id)
        .values(place_id=shelf.id, pickable=True)
    )
    # then
    assert any("robots and ledger disagree" in breach for breach in breaches_of(session))


def test_a_movement_that_does_not_change_stock_as_its_places_say(
    session: Session, manager: Actor, knee: Part, line: Line
) -> None:
    stocked(session, manager, knee)
    line(knee, PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, stock_change=1)
    assert any("change stock and value" in breach for breach in breaches_of(session))


def test_a_moving_average_that_is_not_what_moved(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=2, cost_minor=100)
    session.execute(update(Part).values(valued_minor=201))
    only(session, "KNEE-L: 2 pieces worth 201, movements give 2 worth 200")


def test_a_components_cost_that_is_not_what_moved(session: Session, one: Component) -> None:
    session.execute(update(Balance).where(Balance.component_id == one.id).values(cost_minor=1))
    only(session, "AK-80: 1 pieces worth 1, movements give 1 worth 500")

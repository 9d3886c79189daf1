"""Parts with a serial or a lot of their own: one place for each, and nothing without its name."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.parts import moving, places, reservations, stock
from app.parts.errors import Elsewhere, NotEnoughStock, Promised
from app.parts.models import Balance, Movement, Part, PlaceKind
from app.robots.slot_models import Control
from tests.makers.books import breaches_of
from tests.makers.parts import a_bin, a_component, a_part, stocked, stocked_serials


@pytest.fixture
def drive(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "AK-80", control=Control.SERIAL)


@pytest.fixture
def grease(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "GREASE", control=Control.LOT)


def test_a_serial_lies_in_one_place_and_goes_with_each_move(
    session: Session, manager: Actor, drive: Part
) -> None:
    # given
    (one,) = stocked_serials(session, manager, drive, "AK-1")
    shelf = a_bin(session, manager)
    # when
    moving.move(session, manager, drive.id, to=shelf, component_id=one.id)
    # then
    row = session.scalars(select(Balance).where(Balance.component_id == one.id)).one()
    assert (row.place_id, row.quantity, row.pickable) == (shelf.id, 1, True)
    assert stock.free(session, drive.id) == 1
    assert breaches_of(session) == []


def test_a_serial_is_never_received_twice(session: Session, manager: Actor, drive: Part) -> None:
    (one,) = stocked_serials(session, manager, drive, "AK-1")
    with pytest.raises(Elsewhere, match="AK-80 AK-1 is not at Supplier"):
        stock.receive(session, manager, drive.id, quantity=1, reason="again", component=one)


@pytest.mark.parametrize("quantity", [0, 2])
def test_a_serial_is_of_one_piece(
    session: Session, manager: Actor, drive: Part, quantity: int
) -> None:
    one = a_component(session, manager, drive, "AK-1")
    with pytest.raises(Refused) as refused:
        stock.receive(session, manager, drive.id, quantity=quantity, reason="d", component=one)
    assert refused.value.field == "quantity"


def test_a_part_kept_by_serial_moves_by_serial_alone(
    session: Session, manager: Actor, drive: Part
) -> None:
    with pytest.raises(Refused, match="kept by serial number") as refused:
        stocked(session, manager, drive, quantity=3)
    assert refused.value.field == "serial"


def test_a_serial_of_another_part_is_refused(session: Session, manager: Actor, drive: Part) -> None:
    other = a_part(session, manager, "AK-60", control=Control.SERIAL)
    one = a_component(session, manager, other, "AK-1")
    with pytest.raises(Refused, match="AK-60 AK-1 is not AK-80"):
        stock.receive(session, manager, drive.id, quantity=1, reason="d", component=one)


def test_a_part_without_serials_takes_none(session: Session, manager: Actor, drive: Part) -> None:
    one = a_component(session, manager, drive, "AK-1")
    bolt = a_part(session, manager, "BOLT")
    with pytest.raises(Refused, match="not kept by serial"):
        stock.receive(session, manager, bolt.id, quantity=1, reason="d", component=one)


def test_a_movement_of_a_serial_is_undone(session: Session, manager: Actor, drive: Part) -> None:
    # given
    (one,) = stocked_serials(session, manager, drive, "AK-1", cost_minor=90_000)
    received = session.scalars(select(Movement)).one()
    # when
    opposite = stock.reverse(session, manager, received.id, reason="not ordered")
    # then
    assert (opposite.component_id, opposite.value_change) == (one.id, -90_000)
    assert stock.free(session, drive.id) == 0
    stock.receive(session, manager, drive.id, quantity=1, reason="after all", component=one)
    assert breaches_of(session) == []


def test_a_movement_of_a_serial_that_has_gone_on_is_not_undone(
    session: Session, manager: Actor, drive: Part
) -> None:
    (one,) = stocked_serials(session, manager, drive, "AK-1")
    received = session.scalars(select(Movement)).one()
    moving.move(session, manager, drive.id, to=a_bin(session, manager), component_id=one.id)
    with pytest.raises(Elsewhere, match="is not at Store room"):
        stock.reverse(session, manager, received.id, reason="not ordered")


def test_the_database_keeps_a_component_in_one_place(
    session: Session, manager: Actor, drive: Part
) -> None:
    (one,) = stocked_serials(session, manager, drive, "AK-1")
    shelf = a_bin(session, manager)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(
            Balance(
                part_id=drive.id,
                place_id=shelf.id,
                component_id=one.id,
                bounded=True,
                pickable=True,
                quantity=1,
            )
        )
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Balance).where(Balance.component_id == one.id).values(quantity=2))


def test_a_lot_part_needs_its_lot(session: Session, manager: Actor, grease: Part) -> None:
    with pytest.raises(Refused, match="GREASE needs its lot") as refused:
        stocked(session, manager, grease, quantity=2)
    assert refused.value.field == "lot"


def test_lots_are_counted_apart_and_undone_as_they_were(
    session: Session, manager: Actor, grease: Part
) -> None:
    # given
    stocked(session, manager, grease, quantity=5, lot="L-1")
    second = stocked(session, manager, grease, quantity=3, lot="l-2")
    shelf = a_bin(session, manager)
    # when
    moving.move(session, manager, grease.id, quantity=2, to=shelf, lot="L-2")
    # then
    counted = select(Balance.lot_key, func.sum(Balance.quantity)).where(Balance.pickable)
    assert {row[0]: row[1] for row in session.execute(counted.group_by(Balance.lot_key))} == {
        "l-1": 5,
        "l-2": 3,
    }
    with pytest.raises(NotEnoughStock, match="3 wanted, 1 free"):
        stock.reverse(session, manager, second.id, reason="wrong lot")
    assert breaches_of(session) == []


def test_a_serial_that_is_kept_for_somebody_stays_for_them(
    session: Session, manager: Actor, drive: Part
) -> None:
    # given
    one, two = stocked_serials(session, manager, drive, "AK-1", "AK-2")
    reservations.reserve(
        session,
        manager,
        drive.id,
        owner="ticket:T-1001",
        holder="Bo",
        minutes=None,
        component_id=one.id,
    )
    scrap = places.standard(session, manager.store_id, PlaceKind.SCRAP)
    # when, then
    with pytest.raises(Promised, match=r"AK-80 AK-1 is kept for ticket T-1001 \(Bo\)"):
        moving.move(session, manager, drive.id, to=scrap, component_id=one.id, reason="dropped")
    with pytest.raises(Promised, match="ticket T-1001"):
        reservations.reserve(
            session,
            manager,
            drive.id,
            owner="ticket:T-1002",
            holder="Bo",
            minutes=None,
            component_id=one.id,
        )
    moving.move(session, manager, drive.id, to=scrap, component_id=two.id, reason="dropped")
    assert breaches_of(session) == []


def test_a_serial_that_is_not_on_the_shelf_is_not_promised(
    session: Session, manager: Actor, drive: Part
) -> None:
    one, _ = stocked_serials(session, manager, drive, "AK-1", "AK-2")
    aside = a_bin(session, manager, "Q-1", PlaceKind.QUARANTINE)
    moving.move(session, manager, drive.id, to=aside, component_id=one.id)
    with pytest.raises(Conflict, match="AK-80 AK-1 cannot be handed out: it is at Q-1"):
        reservations.reserve(
            session,
            manager,
            drive.id,
            owner="ticket:T-1002",
            holder="Bo",
            minutes=None,
            component_id=one.id,
        )


def test_a_lot_that_is_promised_stays_on_the_shelf(
    session: Session, manager: Actor, grease: Part
) -> None:
    stocked(session, manager, grease, quantity=5, lot="L-1")
    stocked(session, manager, grease, quantity=5, lot="L-2")
    reservations.reserve(
        session,
        manager,
        grease.id,
        quantity=4,
        owner="ticket:T-1001",
        holder="Bo",
        minutes=None,
        lot="L-1",
    )
    scrap = places.standard(session, manager.store_id, PlaceKind.SCRAP)
    with pytest.raises(NotEnoughStock, match="2 wanted, 1 free"):
        moving.move(session, manager, grease.id, quantity=2, to=scrap, lot="L-1", reason="spilt")
    moving.move(session, manager, grease.id, quantity=5, to=scrap, lot="L-2", reason="spilt")
    assert breaches_of(session) == []

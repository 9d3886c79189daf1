"""Two scans move a thing; what cannot be moved is told with what lies there."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Refused
from app.parts import places, putaway, receipts, stock
from app.parts.deliveries import Delivery, Piece
from app.parts.models import Balance, Part, Place, PlaceKind
from app.parts.putaway import Done, Hands
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.buying import a_bin, a_part, a_sent_order, a_supplier
from tests.parts.conftest import an_actor


@pytest.fixture
def shelf(session: Session, manager: Actor, knee: Part) -> Place:
    """A-01 with four knees; B-02 is empty."""
    shelf = a_bin(session, manager, "A-01")
    a_bin(session, manager, "B-02")
    stock.receive(session, manager, knee.id, quantity=4, reason="first", place=shelf)
    return shelf


def scan(session: Session, actor: Actor, *codes: str, hands: Hands | None = None) -> Done:
    done = Done(hands or Hands())
    for code in codes:
        done = putaway.scan(session, actor, done.hands, code)
    return done


def lying(session: Session, part: Part) -> dict[str, int]:
    rows = session.execute(
        select(Place.code, Balance.quantity)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.part_id == part.id, Balance.bounded.is_(True), Balance.quantity > 0)
    )
    return {str(code): int(quantity) for code, quantity in rows}


@pytest.mark.usefixtures("shelf")
def test_a_piece_and_a_bin_is_a_move(session: Session, manager: Actor, knee: Part) -> None:
    done = scan(session, manager, "KNEE-L", "b-02")

    assert lying(session, knee) == {"A-01": 3, "B-02": 1}
    assert str(done.said) == "KNEE-L: 1 to B-02."

    putaway.undo(session, manager, [movement.id for movement in done.movements])

    assert lying(session, knee) == {"A-01": 4}


@pytest.mark.usefixtures("shelf")
def test_two_bins_move_all_that_lies_in_the_first(
    session: Session, manager: Actor, knee: Part
) -> None:
    scan(session, manager, "A-01", "B-02")

    assert lying(session, knee) == {"B-02": 4}


@pytest.mark.usefixtures("shelf")
def test_pieces_have_a_quantity(session: Session, manager: Actor, knee: Part) -> None:
    scan(session, manager, "KNEE-L", "*3", "B-02")

    assert lying(session, knee) == {"A-01": 1, "B-02": 3}
    with pytest.raises(Refused, match="whole number"):
        scan(session, manager, "A-01", "KNEE-L", "*1,5")
    with pytest.raises(Conflict, match="A-01: 1 of KNEE-L lie there"):
        scan(session, manager, "A-01", "KNEE-L", "*2")


@pytest.mark.usefixtures("shelf")
def test_nothing_comes_out_of_an_empty_bin(session: Session, manager: Actor) -> None:
    cable = a_part(session, manager, "CABLE-1")

    with pytest.raises(Conflict, match=r"B-02 is empty\."):
        scan(session, manager, "B-02", "A-01")
    with pytest.raises(Conflict, match=r"KNEE-L is not here\. It lies in A-01 \(4\)"):
        scan(session, manager, "B-02", "KNEE-L")
    with pytest.raises(Conflict, match=r"A-01 has no CABLE-1\. There: KNEE-L \(4\)\."):
        scan(session, manager, "A-01", cable.number)


@pytest.mark.usefixtures("shelf")
def test_a_part_in_two_bins_wants_its_bin_first(
    session: Session, manager: Actor, knee: Part
) -> None:
    scan(session, manager, "KNEE-L", "B-02")

    with pytest.raises(Refused, match=r"lies in A-01 \(3\), B-02 \(1\)"):
        scan(session, manager, "KNEE-L")
    scan(session, manager, "B-02", "KNEE-L", "A-01")

    assert lying(session, knee) == {"A-01": 4}


@pytest.mark.usefixtures("shelf")
def test_several_things_are_collected_and_moved_at_once(
    session: Session, manager: Actor, knee: Part
) -> None:
    cable = a_part(session, manager, "CABLE-1")
    source = places.by_code(session, manager, "A-01")
    stock.receive(session, manager, cable.id, quantity=2, reason="first", place=source)

    done = scan(session, manager, "KNEE-L", "CABLE-1", "*2", "B-02", hands=Hands(collects=True))

    assert len(done.movements) == 2
    assert lying(session, knee) == {"A-01": 3, "B-02": 1}
    assert lying(session, cable) == {"B-02": 2}


@pytest.mark.usefixtures("shelf")
def test_what_came_by_serial_is_put_away_by_it(session: Session, manager: Actor) -> None:
    actuator = a_part(session, manager, "ACT-1", control=Control.SERIAL)
    order = a_sent_order(session, manager, a_supplier(session, manager), {actuator: 2})
    pieces = (Piece(1, serial="A-1"), Piece(1, serial="A-2"))
    receipts.book(session, manager, order, Delivery(pieces))

    with pytest.raises(Refused, match="scan the serial number"):
        scan(session, manager, "ACT-1")
    scan(session, manager, "a-1", "B-02")

    assert lying(session, actuator) == {"A-01": 1, "B-02": 1}


@pytest.mark.usefixtures("shelf")
def test_only_who_keeps_the_parts_takes_things_out_of_quarantine(
    session: Session, manager: Actor, store: Store, knee: Part
) -> None:
    a_bin(session, manager, "Q-01", PlaceKind.QUARANTINE)
    technician = an_actor(store, Role.TECHNICIAN)
    scan(session, technician, "A-01", "Q-01")

    with pytest.raises(Forbidden):
        scan(session, technician, "Q-01", "A-01")
    scan(session, an_actor(store, Role.PARTS), "Q-01", "A-01")

    assert lying(session, knee) == {"A-01": 4}


def test_what_is_in_hand_survives_the_form_that_carries_it() -> None:
    hands = Hands(7, (putaway.Held(3, 2), putaway.Held(5, 1)), collects=True)

    assert putaway.read(putaway.write(hands), source=7, collects=True) == hands
    for forged in ("[[1]]", '[["1", 2]]', "[[1, true]]", "{", "[[1, 0]]", "[[1, 1, 1]]"):
        with pytest.raises(Refused):
            putaway.read(forged, source=None, collects=False)

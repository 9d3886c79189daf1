"""The shelf: received, promised, given back, handed over, undone; never below zero."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.parts import catalogue, checks, issuing, places, reservations, stock
from app.parts.errors import NotEnoughStock
from app.parts.models import Balance, Movement, Part, PlaceKind, Reservation
from app.parts.moves import Move
from app.stores.models import Store
from tests.makers.stores import a_store
from tests.parts.conftest import an_actor

Promise = Callable[..., Reservation]


@pytest.fixture
def shelf(session: Session, manager: Actor, knee: Part) -> Part:
    """Ten left knees on the shelf."""
    stock.receive(session, manager, knee.id, quantity=10, reason="first delivery", reference="DN-1")
    return knee


@pytest.fixture
def promise(session: Session, manager: Actor, shelf: Part) -> Promise:
    def made(owner: str, quantity: int, *, minutes: int = 30) -> Reservation:
        return reservations.reserve(
            session,
            manager,
            shelf.id,
            quantity=quantity,
            owner=owner,
            holder="Petra Krause",
            minutes=minutes,
        )

    return made


def test_what_is_received_is_free_and_stands_in_the_ledger(session: Session, shelf: Part) -> None:
    line = session.scalars(select(Movement)).one()
    assert (line.quantity, line.reason, line.reference) == (10, "first delivery", "DN-1")
    assert stock.free(session, shelf.id) == 10
    assert list(checks.breaches(session)) == []


def test_what_is_promised_is_no_longer_free(
    session: Session, shelf: Part, promise: Promise
) -> None:
    promise("order:1", 4)
    assert stock.free(session, shelf.id) == 6
    with pytest.raises(NotEnoughStock, match="7 wanted, 6 free"):
        promise("order:2", 7)
    promise("order:2", 6)
    assert stock.free(session, shelf.id) == 0


def test_a_promise_lapses_by_time(session: Session, shelf: Part, promise: Promise) -> None:
    promise("order:1", 10, minutes=30)
    with clock.set_to(clock.now() + timedelta(minutes=31)):
        assert stock.free(session, shelf.id) == 10


def test_some_of_what_is_promised_is_given_back(
    session: Session, shelf: Part, promise: Promise
) -> None:
    # given
    promise("order:1", 3)
    promise("order:1", 4)
    promise("order:2", 1)
    # when
    reservations.release(session, "order:1", store_id=shelf.store_id, part_id=shelf.id, quantity=5)
    # then
    assert stock.free(session, shelf.id) == 7
    reservations.release(session, "order:1", store_id=shelf.store_id)
    assert stock.free(session, shelf.id) == 9


def test_a_release_touches_no_other_part(
    session: Session, manager: Actor, shelf: Part, promise: Promise
) -> None:
    # given
    hip = _stocked(session, manager, "HIP-R", 2)
    promise("order:1", 4)
    reservations.reserve(
        session, manager, hip.id, quantity=2, owner="order:1", holder="x", minutes=30
    )
    # when
    reservations.release(session, "order:1", store_id=shelf.store_id, part_id=hip.id)
    # then
    assert stock.frees(session, [shelf.id, hip.id]) == {shelf.id: 6, hip.id: 2}


def test_a_live_promise_is_renewed_as_it_is(
    session: Session, manager: Actor, promise: Promise
) -> None:
    made = promise("order:1", 10)
    reservations.renew(session, manager, "order:1", holder="Jana", minutes=60)
    assert session.scalars(select(Reservation)).all() == [made]
    assert made.ended_at is None


def test_a_lapsed_promise_is_made_again_while_the_pieces_are_there(
    session: Session, manager: Actor, shelf: Part, promise: Promise
) -> None:
    # given
    promise("order:1", 4, minutes=30)
    promise("order:1", 2, minutes=60)
    with clock.set_to(clock.now() + timedelta(minutes=31)):
        # when
        reservations.renew(session, manager, "order:1", holder="Jana", minutes=30)
        # then
        assert stock.free(session, shelf.id) == 4
    with clock.set_to(clock.now() + timedelta(minutes=62)):
        assert stock.free(session, shelf.id) == 10


def test_a_lapsed_promise_is_refused_when_somebody_was_faster(
    session: Session, manager: Actor, promise: Promise
) -> None:
    promise("order:1", 4, minutes=30)
    with clock.set_to(clock.now() + timedelta(minutes=31)):
        promise("order:2", 8)
        with pytest.raises(NotEnoughStock, match="4 wanted, 2 free"):
            reservations.renew(session, manager, "order:1", holder="Jana", minutes=30)


def test_once_money_is_taken_a_promise_does_not_lapse(
    session: Session, shelf: Part, promise: Promise
) -> None:
    promise("order:1", 4)
    reservations.make_permanent(session, "order:1", store_id=shelf.store_id)
    next_day = clock.now() + timedelta(days=1)
    with clock.set_to(next_day):
        assert stock.free(session, shelf.id) == 6
    reservations.make_temporary(session, "order:1", store_id=shelf.store_id, minutes=30)
    with clock.set_to(next_day):
        assert stock.free(session, shelf.id) == 10


def test_what_is_handed_over_leaves_the_shelf_once(
    session: Session, manager: Actor, shelf: Part, promise: Promise
) -> None:
    # given
    promise("order:1", 3)
    promise("order:1", 1)
    # when
    issuing.issue_reserved(session, manager, "order:1", reason="sale 1")
    issuing.issue_reserved(session, manager, "order:1", reason="sale 1")
    # then
    assert stock.free(session, shelf.id) == 6
    out = session.scalars(select(Movement).where(Movement.reference == "order:1")).one()
    assert (out.quantity, out.reason) == (4, "sale 1")
    assert list(checks.breaches(session)) == []


def test_handing_over_costs_the_same_statements_for_two_parts_and_for_many(
    session: Session, database: Database, manager: Actor
) -> None:
    # given
    parts = [_stocked(session, manager, f"P-{number}", 5) for number in range(12)]
    for owner, wanted in (("order:0", parts[:1]), ("order:1", parts[1:3]), ("order:2", parts[3:])):
        for part in wanted:
            reservations.reserve(
                session, manager, part.id, quantity=1, owner=owner, holder="x", minutes=30
            )
    selects: list[str] = []
    event.listen(
        database.writer,
        "before_cursor_execute",
        lambda *seen: selects.append(seen[2]) if seen[2].startswith("SELECT") else None,
    )
    counts = []
    # when: the first sale makes the customer's place
    for owner in ("order:0", "order:1", "order:2"):
        selects.clear()
        issuing.issue_reserved(session, manager, owner, reason="sale")
        counts.append(len(selects))
    # then
    assert counts[1] == counts[2]


def test_a_booking_costs_the_same_statements_for_two_parts_and_for_twelve(
    session: Session, database: Database, manager: Actor
) -> None:
    # given
    parts = [_stocked(session, manager, f"P-{number}", 5) for number in range(12)]
    bench, shelf = (
        places.standard(session, manager.store_id, kind)
        for kind in (PlaceKind.BENCH, PlaceKind.BIN)
    )
    seen: list[str] = []
    event.listen(database.writer, "before_cursor_execute", lambda *heard: seen.append(heard[2]))
    counts = []
    # when
    for moved in (parts[:2], parts):
        seen.clear()
        moves = [Move(part.id, 1, shelf, bench) for part in moved]
        stock.book(session, manager, moves, reason="tidied")
        counts.append(len(seen))
    # then
    assert counts[0] == counts[1] <= 8


def test_a_movement_is_undone_once(session: Session, manager: Actor, shelf: Part) -> None:
    # given
    first = session.scalars(select(Movement)).one()
    # when
    opposite = stock.reverse(session, manager, first.id, reason="counted twice")
    # then
    assert (opposite.from_place_id, opposite.to_place_id) == (
        first.to_place_id,
        first.from_place_id,
    )
    assert stock.free(session, shelf.id) == 0
    with pytest.raises(Conflict, match="already reversed"):
        stock.reverse(session, manager, first.id, reason="again")
    assert list(checks.breaches(session)) == []


def test_an_undoing_that_leaves_less_than_nothing_is_refused(
    session: Session, manager: Actor, shelf: Part, promise: Promise
) -> None:
    # given
    promise("order:1", 4)
    issuing.issue_reserved(session, manager, "order:1", reason="sale 1")
    received = session.scalars(select(Movement).order_by(Movement.id)).first()
    assert received is not None
    # when, then
    with pytest.raises(NotEnoughStock, match="10 wanted, 6 free"):
        stock.reverse(session, manager, received.id, reason="wrong part")
    assert stock.free(session, shelf.id) == 6


def test_an_undoing_says_why_and_what(session: Session, manager: Actor, shelf: Part) -> None:
    first = session.scalars(select(Movement)).one()
    with pytest.raises(Refused):
        stock.reverse(session, manager, first.id, reason=" ")
    with pytest.raises(NotFound):
        stock.reverse(session, manager, first.id + 100, reason="no such")
    assert stock.free(session, shelf.id) == 10


def test_the_database_itself_refuses_a_shelf_below_zero(session: Session, shelf: Part) -> None:
    below = update(Balance).where(Balance.part_id == shelf.id, Balance.bounded.is_(True))
    with pytest.raises(IntegrityError):
        session.execute(below.values(quantity=-1))


def test_the_ledger_is_only_ever_added_to(session: Session, shelf: Part) -> None:
    assert shelf.id
    with pytest.raises(DBAPIError, match=r"append-only|movements"):
        session.execute(update(Movement).values(quantity=1))


def test_pieces_of_another_store_are_not_there(session: Session, store: Store, shelf: Part) -> None:
    stranger = an_actor(a_store(session, "BER"))
    assert store.id != stranger.store_id
    with pytest.raises(NotFound):
        reservations.reserve(
            session, stranger, shelf.id, quantity=1, owner="order:1", holder="x", minutes=1
        )
    with pytest.raises(NotFound):
        stock.receive(session, stranger, shelf.id, quantity=1, reason="delivery")


def test_who_may_not_move_stock_moves_none(session: Session, store: Store, shelf: Part) -> None:
    seller = an_actor(store, Role.SALES)
    with pytest.raises(Forbidden):
        stock.receive(session, seller, shelf.id, quantity=1, reason="delivery")


def test_a_movement_of_nothing_is_refused(session: Session, manager: Actor, knee: Part) -> None:
    with pytest.raises(Refused):
        stock.receive(session, manager, knee.id, quantity=0, reason="delivery")


def test_of_thirty_two_who_reach_for_ten_pieces_ten_get_one(
    session: Session, database: Database, manager: Actor, shelf: Part
) -> None:
    session.commit()

    def reach(number: int) -> bool:
        try:
            # no queue of writers here: the lock on the part has to do
            with database.transaction() as buyer:
                reservations.reserve(
                    buyer,
                    manager,
                    shelf.id,
                    quantity=1,
                    owner=f"order:{number}",
                    holder="x",
                    minutes=30,
                )
        except NotEnoughStock:
            return False
        return True

    # when
    with ThreadPoolExecutor(12) as buyers:
        got = list(buyers.map(reach, range(32)))
    # then
    assert got.count(True) == 10
    assert stock.free(session, shelf.id) == 0
    assert session.scalar(select(func.sum(Reservation.quantity))) == 10
    assert list(checks.breaches(session)) == []


def _stocked(session: Session, manager: Actor, number: str, quantity: int) -> Part:
    part = catalogue.add_part(session, manager, number=number, name=f"Part {number}")
    stock.receive(session, manager, part.id, quantity=quantity, reason="delivery")
    return part

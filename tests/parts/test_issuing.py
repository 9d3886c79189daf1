"""Pieces for a job: taken from the bins that hold them, on the bench for it, settled once."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Refused
from app.parts import issuing, moving, places, reservations, stock
from app.parts.errors import NotEnoughStock, Promised
from app.parts.models import Movement, Part, Place, PlaceKind, Reservation
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.parts import a_bin, a_part, stocked, stocked_serials
from tests.parts.conftest import an_actor

TICKET, OTHER = "ticket:T-1001", "ticket:T-1002"
Keep = Callable[..., Reservation]


@pytest.fixture
def keep(session: Session, manager: Actor) -> Keep:
    def kept(
        part: Part,
        owner: str = TICKET,
        *,
        quantity: int = 1,
        component_id: int | None = None,
        lot: str = "",
    ) -> Reservation:
        return reservations.reserve(
            session,
            manager,
            part.id,
            quantity=quantity,
            owner=owner,
            holder="Bo",
            minutes=None,
            component_id=component_id,
            lot=lot,
        )

    return kept


def lying(session: Session, actor: Actor, owner: str = TICKET) -> list[tuple[str, str, int]]:
    return [
        (issued.part.number, issued.component.serial if issued.component else "", issued.quantity)
        for issued in issuing.outstanding(session, actor.store_id, owner)
    ]


def scrap(session: Session, actor: Actor) -> Place:
    return places.standard(session, actor.store_id, PlaceKind.SCRAP)


def test_what_is_issued_uses_up_the_jobs_promise(
    session: Session, manager: Actor, knee: Part, keep: Keep
) -> None:
    # given
    stocked(session, manager, knee, quantity=5)
    keep(knee, quantity=3)
    # when
    issuing.issue(session, manager, TICKET, knee.id, quantity=2)
    # then
    assert stock.free(session, knee.id) == 2
    assert lying(session, manager) == [("KNEE-L", "", 2)]
    issuing.issue(session, manager, TICKET, knee.id, quantity=2)
    assert stock.free(session, knee.id) == 1
    assert breaches_of(session) == []


def test_what_others_wait_for_is_not_issued(
    session: Session, manager: Actor, knee: Part, keep: Keep
) -> None:
    stocked(session, manager, knee, quantity=2)
    keep(knee, OTHER, quantity=2)
    with pytest.raises(NotEnoughStock, match="1 wanted, 0 free"):
        issuing.issue(session, manager, TICKET, knee.id)


def test_pieces_are_taken_from_all_bins_that_hold_them(
    session: Session, manager: Actor, knee: Part
) -> None:
    # given
    stocked(session, manager, knee, quantity=2)
    stocked(session, manager, knee, quantity=2, place=a_bin(session, manager))
    # when
    lines = issuing.issue(session, manager, TICKET, knee.id, quantity=3)
    # then
    assert [line.quantity for line in lines] == [2, 1]
    assert lying(session, manager) == [("KNEE-L", "", 3)]


def test_a_named_bin_gives_no_more_than_it_holds(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=9)
    shelf = a_bin(session, manager)
    stocked(session, manager, knee, quantity=1, place=shelf)
    with pytest.raises(NotEnoughStock, match="2 wanted, 1 free"):
        issuing.issue(session, manager, TICKET, knee.id, quantity=2, place=shelf)


def test_any_serial_is_issued_but_the_one_that_is_kept(
    session: Session, manager: Actor, keep: Keep
) -> None:
    # given
    drive = a_part(session, manager, "AK-80", control=Control.SERIAL)
    first, second = stocked_serials(session, manager, drive, "AK-1", "AK-2")
    keep(drive, OTHER, component_id=first.id)
    # when, then
    with pytest.raises(Promised, match="ticket T-1002"):
        issuing.issue(session, manager, TICKET, drive.id, component_id=first.id)
    (line,) = issuing.issue(session, manager, TICKET, drive.id)
    assert line.component_id == second.id
    (line,) = issuing.issue(session, manager, OTHER, drive.id, component_id=first.id)
    assert line.component_id == first.id
    assert breaches_of(session) == []


def test_of_a_lot_as_many_are_issued_as_are_not_kept(
    session: Session, manager: Actor, keep: Keep
) -> None:
    # given
    grease = a_part(session, manager, "GREASE", control=Control.LOT)
    stocked(session, manager, grease, quantity=3, lot="L-1")
    stocked(session, manager, grease, quantity=3, lot="L-2")
    keep(grease, OTHER, quantity=2, lot="L-1")
    # when
    lines = issuing.issue(session, manager, TICKET, grease.id, quantity=4)
    # then
    assert [(line.lot, line.quantity) for line in lines] == [("L-1", 1), ("L-2", 3)]
    assert breaches_of(session) == []


@pytest.mark.parametrize(
    "kind", [PlaceKind.BIN, PlaceKind.SCRAP, PlaceKind.QUARANTINE, PlaceKind.SUPPLIER]
)
def test_what_lies_on_the_bench_is_settled_once(
    session: Session, manager: Actor, knee: Part, kind: PlaceKind
) -> None:
    # given
    stocked(session, manager, knee, quantity=5)
    issuing.issue(session, manager, TICKET, knee.id, quantity=3)
    to = places.standard(session, manager.store_id, kind)
    # when
    issuing.settle(session, manager, TICKET, knee.id, quantity=2, to=to)
    # then
    assert lying(session, manager) == [("KNEE-L", "", 1)]
    with pytest.raises(Conflict, match="KNEE-L: 1 on the bench for ticket T-1001"):
        issuing.settle(session, manager, TICKET, knee.id, quantity=2, to=to)
    with pytest.raises(Conflict, match="0 on the bench for ticket T-1002"):
        issuing.settle(session, manager, OTHER, knee.id, to=to)
    assert breaches_of(session) == []


def test_what_is_issued_does_not_become_a_robots_by_settling(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee)
    issuing.issue(session, manager, TICKET, knee.id)
    robot = places.standard(session, manager.store_id, PlaceKind.ROBOT)
    with pytest.raises(Refused, match="In a robot"):
        issuing.settle(session, manager, TICKET, knee.id, to=robot)


def test_what_lies_on_the_bench_for_a_job_is_not_moved_by_hand(
    session: Session, manager: Actor, knee: Part
) -> None:
    # given
    stocked(session, manager, knee, quantity=3)
    issuing.issue(session, manager, TICKET, knee.id)
    bench = places.standard(session, manager.store_id, PlaceKind.BENCH)
    shelf = places.standard(session, manager.store_id, PlaceKind.BIN)
    # when, then
    with pytest.raises(Conflict, match="lies on the bench for ticket T-1001"):
        moving.move(session, manager, knee.id, start=bench, to=shelf)
    moving.move(session, manager, knee.id, start=shelf, to=bench)
    moving.move(session, manager, knee.id, start=bench, to=shelf)
    with pytest.raises(Conflict, match="lies on the bench for ticket T-1001"):
        moving.move(session, manager, knee.id, start=bench, to=shelf)


def test_out_of_quarantine_moves_only_who_keeps_the_parts(
    session: Session, store: Store, manager: Actor, knee: Part
) -> None:
    aside = a_bin(session, manager, "Q-1", PlaceKind.QUARANTINE)
    stocked(session, manager, knee, quantity=3, place=aside)
    shelf = places.standard(session, manager.store_id, PlaceKind.BIN)
    with pytest.raises(Forbidden):
        moving.move(session, an_actor(store, Role.TECHNICIAN), knee.id, to=shelf)
    moving.move(session, an_actor(store, Role.PARTS), knee.id, to=shelf)
    assert stock.free(session, knee.id) == 1


def test_issuing_that_was_undone_is_no_longer_outstanding(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=3)
    (line,) = issuing.issue(session, manager, TICKET, knee.id)
    stock.reverse(session, manager, line.id, reason="wrong part")
    assert lying(session, manager) == []
    assert stock.free(session, knee.id) == 3


def test_who_may_not_move_stock_issues_and_settles_nothing(
    session: Session, store: Store, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=3)
    issuing.issue(session, manager, TICKET, knee.id)
    seller = an_actor(store, Role.SALES)
    with pytest.raises(Forbidden):
        issuing.issue(session, seller, TICKET, knee.id)
    with pytest.raises(Forbidden):
        issuing.settle(session, seller, TICKET, knee.id, to=scrap(session, manager))
    with pytest.raises(Forbidden):
        moving.move(session, seller, knee.id, to=scrap(session, manager), reason="x")


def test_the_counter_hands_out_serials_and_lots_that_nobody_else_keeps(
    session: Session, manager: Actor, keep: Keep
) -> None:
    # given
    drive = a_part(session, manager, "AK-80", control=Control.SERIAL)
    first, second = stocked_serials(session, manager, drive, "AK-1", "AK-2")
    keep(drive, OTHER, component_id=first.id)
    keep(drive, "order:7")
    # when
    issuing.issue_reserved(session, manager, "order:7", reason="sale 7")
    # then
    out = session.scalars(select(Movement).where(Movement.reference == "order:7")).one()
    assert out.component_id == second.id
    assert breaches_of(session) == []

"""Small inputs on which comparable systems failed, at the shelf."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.quantity import parse_quantity
from app.parts import catalogue, issuing, places, reservations, stock
from app.parts.catalogue import Particulars
from app.parts.errors import NotEnoughStock
from app.parts.models import Balance, Part, PlaceKind, Reservation
from app.robots import choosing, fitting
from app.robots.occupancy import Work
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.parts import a_part, stocked, stocked_serials
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan

TICKET = "ticket:T-1001"


def keep(session: Session, actor: Actor, part: Part, *, owner: str, quantity: int) -> Reservation:
    return reservations.reserve(
        session, actor, part.id, owner=owner, holder="Bo", minutes=30, quantity=quantity
    )


def test_of_two_who_reserve_all_five_one_gets_them(
    session: Session, database: Database, manager: Actor, knee: Part
) -> None:
    """STK-01."""
    # given
    stocked(session, manager, knee, quantity=5)
    session.commit()

    def reach(number: int) -> bool:
        try:
            with database.transaction() as clerk:
                keep(clerk, manager, knee, owner=f"ticket:T-{number}", quantity=5)
        except NotEnoughStock:
            return False
        return True

    # when
    with ThreadPoolExecutor(2) as clerks:
        got = list(clerks.map(reach, range(2)))
    # then
    assert sorted(got) == [False, True]
    assert stock.free(session, knee.id) == 0


def test_a_job_that_takes_more_than_there_is_takes_nothing(
    session: Session, database: Database, manager: Actor, knee: Part
) -> None:
    """STK-03."""
    # given
    stocked(session, manager, knee, quantity=3)
    keep(session, manager, knee, owner=TICKET, quantity=2)
    session.commit()
    # when
    with pytest.raises(NotEnoughStock), database.transaction() as clerk:
        issuing.issue(clerk, manager, TICKET, knee.id, quantity=9)
    # then: what was kept is kept still, and goes back with the job
    session.expire_all()
    assert stock.free(session, knee.id) == 1
    reservations.release(session, TICKET, store_id=manager.store_id)
    assert stock.free(session, knee.id) == 3
    assert issuing.outstanding(session, manager.store_id, TICKET) == []


def test_how_a_part_is_counted_does_not_change_under_a_promise(
    session: Session, manager: Actor, knee: Part
) -> None:
    """STK-05."""
    stocked(session, manager, knee, quantity=10)
    keep(session, manager, knee, owner=TICKET, quantity=10)
    with pytest.raises(Conflict) as refused:
        catalogue.edit_part(
            session,
            manager,
            knee,
            number=knee.number,
            name=knee.name,
            gtin=knee.gtin,
            particulars=Particulars(control=Control.LOT),
        )
    assert refused.value.field == "control"


def test_seven_of_a_pack_of_seven_leave_nothing(
    session: Session, manager: Actor, knee: Part
) -> None:
    """STK-07."""
    stocked(session, manager, knee, quantity=7, cost_minor=33)
    for _ in range(7):
        issuing.issue(session, manager, TICKET, knee.id)
    on_shelf = session.scalars(select(Balance.quantity).where(Balance.pickable)).all()
    assert on_shelf == [0]
    with pytest.raises(NotEnoughStock):
        issuing.issue(session, manager, TICKET, knee.id)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("typed", ["1,5", "1.5", "1e1", "0", "-1", ""])
def test_a_piece_is_whole(session: Session, typed: str) -> None:
    """STK-07."""
    assert session is not None
    with pytest.raises(Refused):
        parse_quantity(typed)


def test_a_promise_that_lapsed_is_looked_at_again_before_it_is_paid(
    session: Session, manager: Actor, knee: Part
) -> None:
    """STK-09."""
    # given: ten baskets hold ten pieces, and their time is over
    stocked(session, manager, knee, quantity=10)
    for number in range(10):
        keep(session, manager, knee, owner=f"order:{number}", quantity=1)
    with clock.set_to(clock.now() + timedelta(minutes=31)):
        # when others were faster
        keep(session, manager, knee, owner="order:10", quantity=9)
        paid = []
        for number in range(10):
            try:
                reservations.renew(session, manager, f"order:{number}", holder="x", minutes=1)
            except NotEnoughStock:
                continue
            reservations.make_permanent(session, f"order:{number}", store_id=manager.store_id)
            paid.append(number)
        # then
        assert paid == [0]
        assert stock.free(session, knee.id) == 0


def test_a_scan_never_means_a_row(session: Session, manager: Actor) -> None:
    """STK-15."""
    first = a_part(session, manager, "KNEE-L")
    second = a_part(session, manager, str(first.id))
    assert catalogue.by_code(session, manager, str(first.id)) == [second]
    bench = places.standard(session, manager.store_id, PlaceKind.BENCH)
    with pytest.raises(NotFound):
        places.by_code(session, manager, str(bench.id))


def test_a_serial_that_came_out_in_a_repair_is_used_again(
    session: Session, store: Store, manager: Actor
) -> None:
    """SVC-01."""
    # given
    wiring.connect()
    a_plan(session, a_model(session))
    unit, other = a_unit(session, store, "G1-1"), a_unit(session, store, "G1-2")
    drive = a_part(session, manager, "AK-80", control=Control.SERIAL)
    (one,) = stocked_serials(session, manager, drive, "SN1")
    knee, part = "left_knee.actuator", choosing.Part(component_id=one.id)
    fitting.fit(session, manager, unit, knee, part=part, work=Work(reference="T-1001"))
    # when
    fitting.remove(session, manager, unit, knee, work=Work(reference="T-1001"))
    shelf = places.standard(session, manager.store_id, PlaceKind.BIN)
    issuing.settle(session, manager, TICKET, drive.id, to=shelf)
    # then
    fitting.fit(session, manager, other, knee, part=part, work=Work(reference="T-1002"))
    assert breaches_of(session) == []

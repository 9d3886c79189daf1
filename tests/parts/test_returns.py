"""What goes back to suppliers, by when, and what they pay for it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.parts import buying_checks, cores, receipts, returns, stock
from app.parts.buying_models import Supplier
from app.parts.deliveries import Delivery, Piece
from app.parts.models import Part
from app.parts.returns import Goods, ReturnInput
from app.robots.slot_models import Control
from app.stores import desk
from tests.makers.buying import a_part, a_sent_order, a_supplier, an_old_part, taken_out

WORTH = ReturnInput("cracked", Money(1_000, "EUR"))


@pytest.fixture
def supplier(session: Session, manager: Actor) -> Supplier:
    return a_supplier(session, manager, return_days=30)


@pytest.fixture
def rejected(session: Session, manager: Actor, supplier: Supplier, knee: Part) -> returns.Lying:
    order = a_sent_order(session, manager, supplier, {knee: 3})
    pieces = (Piece(1, 2), Piece(1, 1, rejected_for="cracked"))
    receipts.book(session, manager, order, Delivery(pieces))
    (lying,) = returns.quarantined(session, manager)
    return lying


def test_quarantine_knows_whose_it_is_and_by_when_it_goes_back(
    session: Session, manager: Actor, supplier: Supplier, rejected: returns.Lying
) -> None:
    today = desk.business_day_of(desk.store_of(session, manager.store_id))

    assert rejected.supplier is supplier
    assert (rejected.rejected_for, rejected.price_minor) == ("cracked", 1_000)
    assert rejected.due_on == today + timedelta(days=30)


def test_goods_leave_and_their_credit_comes(
    session: Session, manager: Actor, supplier: Supplier, rejected: returns.Lying
) -> None:
    row = returns.send_back(session, manager, supplier, [Goods(rejected.balance.id, 1)], WORTH)

    assert returns.quarantined(session, manager) == []
    returns.credit(session, manager, row, Money(900, "EUR"))
    with pytest.raises(Conflict, match="RT-1 has been credited already"):
        returns.credit(session, manager, row, Money(900, "EUR"))
    assert list(buying_checks.breaches(session)) == []


def test_what_is_gone_does_not_go_back_again(
    session: Session, manager: Actor, supplier: Supplier, rejected: returns.Lying
) -> None:
    goods = [Goods(rejected.balance.id, 1)]
    returns.send_back(session, manager, supplier, goods, WORTH)

    with pytest.raises(Conflict):
        returns.send_back(session, manager, supplier, goods, WORTH)


def test_a_serial_that_went_back_may_come_in_again(
    session: Session, manager: Actor, supplier: Supplier
) -> None:
    actuator = a_part(session, manager, "ACT-1", control=Control.SERIAL)
    first = a_sent_order(session, manager, supplier, {actuator: 1})
    bad = Piece(1, serial="A-1", rejected_for="noisy")
    receipts.book(session, manager, first, Delivery((bad,)))
    (lying,) = returns.quarantined(session, manager)
    returns.send_back(session, manager, supplier, [Goods(lying.balance.id, 1)], WORTH)

    receipts.book(session, manager, first, Delivery((Piece(1, serial="A-1"),)))

    assert stock.free(session, actuator.id) == 1
    assert list(buying_checks.breaches(session)) == []


def test_an_old_part_of_a_ticket_is_due_back_and_the_overdue_stand_first(
    session: Session, manager: Actor
) -> None:
    late = a_part(session, manager, "CORE-20", core_days=20)
    soon = a_part(session, manager, "CORE-5", core_days=5)
    plain = a_part(session, manager, "PLAIN")
    with clock.set_to(clock.now() - timedelta(days=10)):
        for part in (late, soon, plain):
            cores.on_removed(session, taken_out(manager, part, "ticket:T-1001"))
        cores.on_removed(session, taken_out(manager, late, "demo"))

    assert [(core.part.number, core.days_left) for core in cores.due(session, manager)] == [
        ("CORE-5", -5),
        ("CORE-20", 10),
    ]
    assert cores.overdue(session, manager) == 1


def test_an_old_part_goes_back_from_the_bench_of_its_job(
    session: Session, manager: Actor, supplier: Supplier
) -> None:
    part = a_part(session, manager, "CORE-20", core_days=20)
    an_old_part(session, manager, part, "ticket:T-1001")
    (core,) = cores.due(session, manager)

    row = returns.send_core(session, manager, supplier, core.due, WORTH)

    assert cores.due(session, manager) == []
    assert [line.quantity for line, _, _ in returns.lines_of(session, row)] == [1]
    assert list(buying_checks.breaches(session)) == []


def test_an_old_part_that_need_not_go_back_says_why(session: Session, manager: Actor) -> None:
    part = a_part(session, manager, "CORE-20", core_days=20)
    cores.on_removed(session, taken_out(manager, part, "ticket:T-1001"))
    (core,) = cores.due(session, manager)

    with pytest.raises(Refused, match="why"):
        cores.waive(session, manager, core.due, reason=" ")
    cores.waive(session, manager, core.due, reason="the maker does not want it")

    assert cores.due(session, manager) == []

"""Tickets: how they move, wait and are edited by several people."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden
from app.kernel.money import Money
from app.kernel.states import WrongState
from app.robots import gate, loans, ownership, transfers
from app.robots.gate import Way
from app.robots.life_models import Wipe
from app.robots.loans import Lending
from app.robots.states import Custody, Holding, UnitState
from app.robots.transfers import WipeStatement
from app.sales import sellable
from app.sales.errors import NotSellable
from app.service import checks, promise, tickets
from app.service.changes import EditedMeanwhile
from app.service.errors import TicketOver
from app.service.guards import NotYet
from app.service.models import Ticket, TicketChange
from app.service.states import ENDED, TICKET_MOVES, TicketState, WaitingReason
from tests.makers.robots import a_unit
from tests.makers.service import Workshop, a_finding, a_ticket, unguarded


def test_a_repair_changes_custody_and_nothing_else_of_the_robot(
    session: Session, shop: Workshop
) -> None:
    before = (shop.unit.state, shop.unit.holding, shop.unit.warranty_starts_on)

    a_ticket(session, shop, state=TicketState.CHECKING)
    on_the_bench = shop.unit.custody
    ticket = tickets.open_of(session, shop.unit.id)
    assert ticket is not None
    with unguarded():
        tickets.move(session, shop.manager, ticket, TicketState.READY)
        tickets.move(session, shop.manager, ticket, TicketState.RETURNED)

    assert on_the_bench is Custody.BENCH
    assert shop.unit.custody is Custody.CUSTOMER
    assert (shop.unit.state, shop.unit.holding, shop.unit.warranty_starts_on) == before
    assert ownership.owner_of(session, shop.unit.id) == shop.owner.id


def test_a_move_outside_the_table_is_refused(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)

    with pytest.raises(WrongState):
        tickets.move(session, shop.manager, ticket, TicketState.READY)


def test_two_open_tickets_for_one_robot_are_impossible(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)
    session.add(
        Ticket(
            store_id=shop.store.id,
            number=99,
            unit_id=ticket.unit_id,
            state=TicketState.BOOKED,
            complaint="once more",
            made_at=clock.now(),
            made_by="nobody",
        )
    )

    with pytest.raises(IntegrityError):
        session.flush()


def test_a_ticket_is_closed_only_with_a_finding_and_an_outcome(
    session: Session, shop: Workshop
) -> None:
    wiring.connect()
    ticket = a_ticket(session, shop, state=TicketState.RETURNED)

    with pytest.raises(NotYet):
        tickets.move(session, shop.manager, ticket, TicketState.CLOSED)
    tickets.edit(session, shop.manager, ticket, {"outcome": "Replaced"}, seen=ticket.version)
    tickets.move(session, shop.manager, ticket, TicketState.CLOSED)

    assert ticket.ended_at is not None


def test_what_is_over_stands_as_it_is(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)
    tickets.cancel(session, shop.manager, ticket, why="Changed their mind")

    with pytest.raises(TicketOver):
        tickets.edit(session, shop.manager, ticket, {"seal": "B"}, seen=ticket.version)
    assert shop.unit.custody is Custody.CUSTOMER


@pytest.mark.parametrize(
    ("reason", "stood"), [(WaitingReason.PART, 5), (WaitingReason.TECHNICIAN, 0)]
)
def test_the_promise_clock_stops_only_for_what_is_not_ours(
    session: Session, shop: Workshop, reason: WaitingReason, stood: int
) -> None:
    now = clock.now()
    ticket = a_ticket(session, shop)
    promised = now + timedelta(hours=2)
    tickets.edit(session, shop.manager, ticket, {"promised_at": promised}, seen=ticket.version)

    with clock.set_to(now + timedelta(hours=1)):
        tickets.wait(session, shop.manager, ticket, reason)
    with clock.set_to(now + timedelta(hours=6)):
        tickets.go_on(session, shop.manager, ticket)
    standing = promise.of(ticket, now + timedelta(hours=6))

    assert standing.due == promised + timedelta(hours=stood)
    assert standing.overdue is (stood == 0)
    assert list(checks.breaches(session)) == []


def test_a_new_promise_owes_nothing_to_pauses_before_it(session: Session, shop: Workshop) -> None:
    now = clock.now()
    ticket = a_ticket(session, shop)
    tickets.wait(session, shop.manager, ticket, WaitingReason.CUSTOMER)
    later = now + timedelta(days=2)
    with clock.set_to(later):
        promised = later + timedelta(hours=3)
        tickets.edit(session, shop.manager, ticket, {"promised_at": promised}, seen=ticket.version)

    assert promise.due_at(ticket, later) == promised


def test_the_later_of_two_edits_of_one_field_sees_the_first(
    session: Session, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    seen = ticket.version
    tickets.edit(session, shop.technician, ticket, {"complaint": "Knee squeaks"}, seen=seen)

    with pytest.raises(EditedMeanwhile) as refusal:
        tickets.edit(session, shop.manager, ticket, {"complaint": "Hip squeaks"}, seen=seen)

    (other,) = refusal.value.others
    assert (other.theirs, other.by) == ("Knee squeaks", "Emre Kaya")
    assert ticket.complaint == "Knee squeaks"


def test_edits_of_different_fields_go_together(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)
    seen, complaint = ticket.version, ticket.complaint
    tickets.edit(session, shop.technician, ticket, {"complaint": "Knee squeaks"}, seen=seen)

    # the other page sends its old complaint along, untouched
    tickets.edit(session, shop.manager, ticket, {"complaint": complaint, "seal": "S-77"}, seen=seen)

    assert (ticket.complaint, ticket.seal) == ("Knee squeaks", "S-77")


def test_a_second_move_from_an_old_page_is_told_of_the_first(
    session: Session, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    seen = ticket.version
    tickets.move(session, shop.technician, ticket, TicketState.DIAGNOSING, seen=seen)

    with pytest.raises(EditedMeanwhile):
        tickets.move(session, shop.manager, ticket, TicketState.CANCELLED, seen=seen)


def test_who_may_only_look_moves_nothing(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)
    auditor = replace(shop.manager, permissions=frozenset({"service.view"}))

    with pytest.raises(Forbidden):
        tickets.move(session, auditor, ticket, TicketState.DIAGNOSING)


def test_the_same_fault_soon_after_the_return_is_a_comeback(
    session: Session, shop: Workshop
) -> None:
    first = a_ticket(session, shop, state=TicketState.CLOSED)

    again = a_ticket(session, shop)
    a_finding(session, shop, again, slot_path="right_knee.actuator")
    other_slot = again.comeback_of_id
    a_finding(session, shop, again)

    assert other_slot is None
    assert again.comeback_of_id == first.id


def test_random_ways_never_leave_the_table(session: Session, shop: Workshop) -> None:
    chance = random.Random(41)
    done: set[tuple[TicketState, TicketState]] = set()
    with unguarded():
        for _ in range(400):
            ticket = tickets.open_of(session, shop.unit.id) or a_ticket(session, shop)
            to = chance.choice(list(TicketState))
            before = ticket.state
            try:
                tickets.move(session, shop.manager, ticket, to)
            except (WrongState, NotYet):
                assert ticket.state is before
                continue
            done.add((before, to))
            if to is TicketState.DIAGNOSING:
                a_finding(session, shop, ticket)
                ticket.outcome = "Treated"
            if chance.random() < 0.3 and ticket.state not in ENDED:
                tickets.wait(session, shop.manager, ticket, chance.choice(list(WaitingReason)))

    assert all(to in TICKET_MOVES.allowed(before) for before, to in done)
    assert len(done) > 10
    assert list(checks.breaches(session)) == []
    assert shop.unit.state is UnitState.HANDED_OVER


def test_check_names_a_ticket_whose_state_is_not_its_last_move(
    session: Session, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    ticket.state = TicketState.IN_WORK
    session.flush()

    assert any("in_work" in breach for breach in checks.breaches(session))


def test_a_robot_in_the_workshop_is_neither_sold_nor_lent_nor_handed_over(
    session: Session, shop: Workshop
) -> None:
    wiring.connect()
    unit = a_unit(session, shop.store, "DEMO-G1-0077")
    unit.holding = Holding.DEMO
    a_ticket(session, shop, unit=unit)

    with pytest.raises(NotSellable, match="workshop"):
        sellable.require(session, unit)
    with pytest.raises(Conflict, match="workshop"):
        loans.lend(session, shop.manager, unit, Lending(holder="Fair"))

    handover = gate.reasons(session, shop.manager, unit, way=Way.HANDOVER)
    release = gate.reasons(session, shop.manager, unit, way=Way.RELEASE)
    assert any("T-1" in str(reason.text) for reason in handover)
    assert not any("T-1" in str(reason.text) for reason in release)


def test_what_is_bought_back_during_a_repair_stays_on_the_bench(
    session: Session, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)

    transfers.buy_back(
        session,
        shop.manager,
        shop.unit,
        price=Money(100_00, "EUR"),
        data=WipeStatement(Wipe.NO_DATA, "Nothing in it"),
    )
    tickets.cancel(session, shop.manager, ticket, why="Bought back")

    assert shop.unit.custody is Custody.STORE
    assert list(checks.breaches(session)) == []


def test_changes_are_never_rewritten(session: Session, shop: Workshop) -> None:
    a_ticket(session, shop)
    line = session.scalars(select(TicketChange)).first()
    assert line is not None
    line.why = "something else"

    with pytest.raises(Exception, match="append-only"):
        session.flush()

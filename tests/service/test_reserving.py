"""Parts of approved lines: kept by serial or lot, or asked for; the wait ends when all is there."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import events
from app.parts import receipts, stock, substitution
from app.parts.buying_models import Demand
from app.parts.deliveries import Delivery, Piece
from app.parts.events import PartsArrived
from app.parts.models import Part, Reservation
from app.parts.substitution import Approval
from app.robots.slot_models import Control
from app.service import reserving, tickets
from app.service.events import TicketMoved
from app.service.models import Ticket
from app.service.states import TicketState, WaitingReason
from tests.makers.books import breaches_of
from tests.makers.buying import a_sent_order, a_supplier
from tests.makers.estimates import (
    GREASE,
    KNEE_PART,
    a_code,
    a_part,
    answered,
    approved_ticket,
    priced,
    sent,
)
from tests.makers.service import Workshop


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    wiring.connect()


def kept(session: Session, ticket: Ticket) -> list[Reservation]:
    return list(
        session.scalars(
            select(Reservation).where(
                Reservation.owner == tickets.reference(ticket), Reservation.ended_at.is_(None)
            )
        )
    )


def test_approval_keeps_the_parts_for_the_ticket(session: Session, shop: Workshop) -> None:
    part = a_part(session, shop, GREASE, slot_class=None, on_hand=3)

    ticket = approved_ticket(session, shop, a_code(GREASE, 2))

    (promise,) = kept(session, ticket)
    assert (promise.part_id, promise.quantity, promise.expires_at) == (part.id, 2, None)
    assert stock.free(session, part.id) == 1
    assert ticket.state is TicketState.APPROVED


def test_declined_lines_keep_nothing(session: Session, shop: Workshop) -> None:
    a_part(session, shop, on_hand=3)

    sheet = answered(session, shop, sent(session, shop, a_code(KNEE_PART)), declined=("1",))

    assert kept(session, sheet.ticket) == []


def test_a_lot_is_kept_by_its_lot(session: Session, shop: Workshop) -> None:
    part = a_part(session, shop, GREASE, slot_class=None, control=Control.LOT)
    for lot, quantity in (("L1", 1), ("L2", 5)):
        stock.receive(session, shop.manager, part.id, quantity=quantity, reason="delivery", lot=lot)

    ticket = approved_ticket(session, shop, a_code(GREASE, 2))

    assert [(one.lot_key, one.quantity) for one in kept(session, ticket)] == [("l1", 1), ("l2", 1)]


def test_shortage_is_asked_for_and_the_ticket_waits_until_all_is_there(
    session: Session, shop: Workshop
) -> None:
    part = a_part(session, shop, GREASE, slot_class=None, on_hand=1)
    ticket = approved_ticket(session, shop, a_code(GREASE, 3))

    assert (ticket.state, ticket.waiting) == (TicketState.WAITING_PARTS, WaitingReason.PART)
    demand = session.scalars(select(Demand).where(Demand.ended_at.is_(None))).one()
    assert (demand.quantity, demand.owner) == (2, tickets.reference(ticket))

    arrive(session, shop, part, 1)
    still = ticket.waiting
    arrive(session, shop, part, 1)

    assert still is WaitingReason.PART
    assert ticket.waiting is None
    assert sum(one.quantity for one in kept(session, ticket)) == 3
    assert session.scalars(select(Demand).where(Demand.ended_at.is_(None))).all() == []


def test_a_part_that_may_stand_in_is_kept_when_the_other_is_out(
    session: Session, shop: Workshop
) -> None:
    wanted = a_part(session, shop)
    other = a_part(session, shop, "AK80-26", on_hand=1)
    substitution.approve(
        session, shop.manager, other, instead_of=wanted, approval=Approval(reason="Same torque")
    )

    ticket = approved_ticket(session, shop, a_code(KNEE_PART))

    assert [one.part_id for one in kept(session, ticket)] == [other.id]
    (standing,) = reserving.standings(session, ticket).values()
    assert (standing.part.number, standing.missing) == ("AK80-26", 0)


def test_a_ticket_that_is_over_keeps_nothing_back(session: Session, shop: Workshop) -> None:
    part = a_part(session, shop, GREASE, slot_class=None, on_hand=1)
    ticket = approved_ticket(session, shop, a_code(GREASE, 2))

    reserving.on_moved(session, moved_to_end(shop, ticket))

    assert kept(session, ticket) == []
    assert stock.free(session, part.id) == 1
    assert session.scalars(select(Demand).where(Demand.ended_at.is_(None))).all() == []


def arrive(session: Session, shop: Workshop, part: Part, quantity: int) -> None:
    stock.receive(session, shop.manager, part.id, quantity=quantity, reason="delivery")
    events.announce(
        session, PartsArrived(shop.manager, shop.store.id, part.id, quantity, "order:PO-1")
    )


def moved_to_end(shop: Workshop, ticket: Ticket) -> TicketMoved:
    return TicketMoved(
        shop.manager,
        shop.store.id,
        ticket.id,
        ticket.unit_id,
        TicketState.RETURNED,
        TicketState.CLOSED,
    )


def test_what_was_ordered_for_a_ticket_comes_and_ends_its_wait(
    session: Session, shop: Workshop
) -> None:
    part = a_part(session, shop, GREASE, slot_class=None)
    ticket = approved_ticket(session, shop, a_code(GREASE, 2))
    supplier = a_supplier(session, shop.manager)
    order = a_sent_order(session, shop.manager, supplier, {part: 5})

    for note in ("LS-1", "LS-2"):
        receipts.book(session, shop.manager, order, Delivery((Piece(1, 1),), note))

    assert ticket.waiting is None
    assert sum(one.quantity for one in kept(session, ticket)) == 2
    assert breaches_of(session) == []

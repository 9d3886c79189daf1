"""What follows from who pays: a contract's visit is used, a fitted part's own cover is known."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import contracts, warrantypapers
from app.robots.duty_models import ServiceContract
from app.robots.slot_models import Occupant
from app.service import estimates, tickets
from app.service.events import EstimateDecided, TicketMoved
from app.service.models import Ticket
from app.service.payers import CLAIMED, Payer
from app.service.states import TicketState
from app.service.totals import share_of

# Whose word on the robot's record this is, whoever moved the ticket.
_HOUSE = frozenset({"robots.record", "robots.view"})


def on_decided(session: Session, event: EstimateDecided) -> None:
    """Listens in `app.wiring`: a contract that pays something of what was approved pays a visit.

    One that has ended or has no visit left is written down, for somebody to see to: the customer
    who approves cannot do anything about it.
    """
    actor = _house(event.actor, event.store_id)
    ticket = tickets.by_id(session, actor, event.ticket_id)
    named = {
        share.reference
        for line in estimates.approved_lines(session, ticket)
        for share in line.shares
        if share.payer is Payer.CONTRACT and share.amount_minor and share.reference
    }
    if not named:
        return
    for contract in session.scalars(
        select(ServiceContract).where(ServiceContract.unit_id == ticket.unit_id)
    ):
        if contracts.label_of(contract) in named:
            _use_visit(session, actor, contract, ticket)


def on_moved(session: Session, event: TicketMoved) -> None:
    """Listens in `app.wiring`: a part that went in under warranty has that warranty's cover, one
    that was bought has its own.
    """
    if event.after is not TicketState.RETURNED:
        return
    actor = _house(event.actor, event.store_id)
    ticket = tickets.by_id(session, actor, event.ticket_id)
    owner = tickets.reference(ticket)
    by_slot = {
        line.slot_path: any(share_of(line, payer) for payer in CLAIMED)
        for line in estimates.approved_lines(session, ticket)
        if line.part_id and line.slot_path
    }
    stays = session.scalars(
        select(Occupant)
        .where(
            Occupant.unit_id == ticket.unit_id,
            Occupant.reference == owner,
            Occupant.until.is_(None),
        )
        .options(joinedload(Occupant.slot))
    )
    for stay in stays:
        if stay.slot.path in by_slot:
            warrantypapers.say_who_paid(
                session,
                actor,
                ticket.unit,
                stay.id,
                under_warranty=by_slot[stay.slot.path],
                reference=tickets.label(ticket),
            )


def _use_visit(session: Session, actor: Actor, contract: ServiceContract, ticket: Ticket) -> None:
    try:
        contracts.use_visit(session, actor, contract, reference=tickets.label(ticket))
    except StoreError as refusal:
        audit.record(
            session,
            actor,
            "ticket.visit_not_paid",
            subject=tickets.reference(ticket),
            after={"contract": contracts.label_of(contract)},
            reason=str(refusal),
        )


def _house(actor: Actor, store_id: int) -> Actor:
    return replace(actor, store_id=store_id, permissions=actor.permissions | _HOUSE)

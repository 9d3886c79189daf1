"""In whose hands a ticket puts its robot: the workshop's, or on site still its owner's."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import Text
from app.robots import custody, ownership
from app.robots.states import Custody
from app.service.models import Ticket
from app.service.planning_models import TicketVisit
from app.service.states import ON_THE_BENCH, TicketState


def after(session: Session, ticket: Ticket, to: TicketState) -> Custody | None:
    """Whose hands a move leads into; None: it stays where it is."""
    if to in {TicketState.RECEIVED, TicketState.READY}:
        return _here(session, ticket, to)
    if to in {TicketState.RETURNED, TicketState.CANCELLED}:
        return Custody.CUSTOMER if _is_owned(session, ticket) else Custody.STORE
    return None


def put_right(session: Session, actor: Actor, ticket: Ticket, *, why: Text, link: str) -> None:
    """The work goes on somewhere else from now on, and the robot is there."""
    if ticket.state in ON_THE_BENCH:
        now = _here(session, ticket, ticket.state)
        custody.move(session, actor, ticket.unit, now, why=why, link=link)


def _here(session: Session, ticket: Ticket, state: TicketState) -> Custody:
    """Who has it while the ticket is at work. Nobody takes in what is visited where it stands; a
    robot without an owner is the store's wherever that is.
    """
    visited = select(TicketVisit.id).where(TicketVisit.ticket_id == ticket.id)
    if session.scalar(visited) is not None and _is_owned(session, ticket):
        return Custody.CUSTOMER
    return Custody.STORE if state is TicketState.READY else Custody.BENCH


def _is_owned(session: Session, ticket: Ticket) -> bool:
    return ownership.owner_of(session, ticket.unit_id) is not None

"""Back from a move that was made by mistake: only where the table of states leads back."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.service import tickets
from app.service.models import Ticket, TicketChange
from app.service.states import TicketState

# As long as somebody may still notice that they pressed the wrong button.
_JUST_NOW = timedelta(seconds=60)


def state_before(session: Session, actor: Actor, ticket: Ticket) -> TicketState | None:
    """Where a ticket came from, if this person may bring it back there."""
    last = _last_move(session, ticket)
    return _back(actor, ticket, last) if last is not None else None


def just_moved(session: Session, actor: Actor, ticket: Ticket) -> TicketState | None:
    """The same for a move that this person has just made, and nobody did anything since."""
    last = _last_move(session, ticket)
    if last is None or last.version != ticket.version or last.by != actor.name:
        return None
    return _back(actor, ticket, last) if clock.now() - last.at <= _JUST_NOW else None


def _back(actor: Actor, ticket: Ticket, last: TicketChange) -> TicketState | None:
    before = last.from_state
    return before if before in tickets.may_move(actor, ticket) else None


def _last_move(session: Session, ticket: Ticket) -> TicketChange | None:
    return session.scalar(
        select(TicketChange)
        .where(TicketChange.ticket_id == ticket.id, TicketChange.to_state.is_not(None))
        .order_by(TicketChange.version.desc())
        .limit(1)
    )

"""Keys to a ticket's public page: 256 random bits on the receipt, a hash of them in the house."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots.models import Unit
from app.service import tickets
from app.service.models import Ticket, TicketLink

# How long after its end a ticket is still shown to who holds its key.
_SHOWN_FOR = timedelta(days=90)
_LONGEST = 100


def new(session: Session, actor: Actor, ticket: Ticket) -> str:
    """A key that is told this once; earlier ones, on other receipts, stay in force."""
    token = new_token()
    session.add(
        TicketLink(
            ticket_id=ticket.id,
            token_hash=token_hash(token),
            made_at=clock.now(),
            made_by=actor.name,
        )
    )
    session.flush()
    audit.record(session, actor, "ticket.link_made", subject=tickets.reference(ticket))
    return token


def ticket_of(session: Session, token: str) -> Ticket:
    """The ticket that a key opens; raises NotFound, in the same words whatever was guessed."""
    found = None
    if 0 < len(token) <= _LONGEST:
        found = session.scalar(
            select(Ticket)
            .join(TicketLink, TicketLink.ticket_id == Ticket.id)
            .where(TicketLink.token_hash == token_hash(token))
            .options(
                joinedload(Ticket.unit).joinedload(Unit.model),
                joinedload(Ticket.unit).joinedload(Unit.maker),
            )
        )
    if found is None or _is_over(found):
        raise NotFound(msg("There is no repair at this address."))
    return found


def _is_over(ticket: Ticket) -> bool:
    return ticket.ended_at is not None and clock.now() > ticket.ended_at + _SHOWN_FOR

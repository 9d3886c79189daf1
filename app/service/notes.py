"""Words among staff on a ticket; nobody takes them back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.service import tickets
from app.service.models import Ticket, TicketNote
from app.web.forms import Reading

_LONGEST = 5_000


def add(session: Session, actor: Actor, ticket: Ticket, text: str) -> TicketNote:
    """Write a note, also on a ticket that is over. Raises Invalid."""
    actor.require("service.intake")
    seen = Reading()
    said = seen.text("text", text, most=_LONGEST, required=True)
    seen.done()
    note = TicketNote(ticket_id=ticket.id, text=said, at=clock.now(), by=actor.name)
    session.add(note)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.noted",
        subject=tickets.reference(ticket),
        after={"note": note.id},
    )
    return note


def of_ticket(session: Session, ticket: Ticket) -> list[TicketNote]:
    """All of them, oldest first."""
    return list(
        session.scalars(
            select(TicketNote).where(TicketNote.ticket_id == ticket.id).order_by(TicketNote.id)
        )
    )

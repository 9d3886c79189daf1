"""What a ticket has to say before it is closed: what was found, and what came of it."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots.gate import Reason
from app.service import tickets
from app.service.models import Diagnosis, Ticket


def reasons(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `closed`."""
    found = session.scalar(
        select(Diagnosis.id)
        .where(Diagnosis.ticket_id == ticket.id, Diagnosis.withdrawn_at.is_(None))
        .limit(1)
    )
    if found is None:
        yield Reason(
            msg("{number} has no finding yet.", number=tickets.label(ticket)), tickets.page(ticket)
        )
    if not ticket.outcome:
        yield Reason(
            msg("Write down what came of {number} first.", number=tickets.label(ticket)),
            f"{tickets.page(ticket)}#outcome",
        )

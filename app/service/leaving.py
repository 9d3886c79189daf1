"""A robot that the workshop has in hand is not handed over to somebody else meanwhile."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots.gate import Reason
from app.robots.models import Unit
from app.robots.states import Custody
from app.service import tickets
from app.service.states import STATE_LABELS


def reasons(session: Session, actor: Actor, unit: Unit) -> Iterator[Reason]:  # noqa: ARG001
    """What the gate hears; nothing is asked of the database for a robot that stands elsewhere."""
    ticket = tickets.open_of(session, unit.id) if unit.custody is Custody.BENCH else None
    if ticket is not None:
        yield Reason(
            msg(
                "It is in the workshop: {number}, {state}.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            tickets.page(ticket),
        )

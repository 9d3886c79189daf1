"""Work that was done, checked and released, the way that it is at a bench."""

from sqlalchemy.orm import Session

from app.service import linesdone, quality, release, safety, tickets
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.quality import Verdict
from app.service.states import TicketState
from tests.makers.service import Workshop


def released(session: Session, shop: Workshop, ticket: Ticket) -> Ticket:
    """An approved ticket whose lines need no parts: done, checked by another person, ready."""
    if ticket.state is not TicketState.IN_WORK:
        tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    safety.confirm(session, shop.technician, ticket, list(SafetyTick))
    for line in linesdone.of_ticket(session, ticket):
        linesdone.finish(session, shop.technician, ticket, line.key)
    tickets.move(session, shop.technician, ticket, TicketState.CHECKING)
    quality.check(session, shop.manager, ticket, Verdict())
    release.release(session, shop.manager, ticket)
    return ticket

"""What becomes of a job's lines when pieces go in and come out, at the bench or past it.

Whoever takes a piece out on the robot's own page, or puts one in there, may not have thought of
the ticket. Its lines follow what sits in the robot all the same.
"""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.parts import catalogue
from app.parts.following import owner_of
from app.parts.models import PICKABLE, Movement, Part, Place, PlaceKind
from app.robots.events import ComponentFitted, ComponentRemoved
from app.service import fittingwork, linesdone, tickets
from app.service.events import EstimateDecided
from app.service.fittingwork import Meant
from app.service.models import Ticket
from app.service.states import PROMISE_MET, TicketState
from app.service.work_models import PartUse


def on_removed(session: Session, event: ComponentRemoved) -> None:
    """Listens in `app.wiring`: what comes out before its job is over, or for it, is undone; its
    line waits for it once more. Of a job that is over it was work that held.
    """
    found = select(PartUse, Ticket).join(Ticket, Ticket.id == PartUse.ticket_id)
    row = session.execute(found.where(PartUse.occupant_id == event.occupant_id)).one_or_none()
    if row is None:
        return
    use, ticket = row
    if ticket.state in PROMISE_MET and tickets.reference(ticket) != owner_of(event.reference):
        return
    use.undone_at, use.undone_by = clock.now(), event.actor.name
    session.flush()
    _reopen_lacking(session, event.actor, ticket)


def on_fitted(session: Session, event: ComponentFitted) -> None:
    """Listens in `app.wiring`: a piece of ours that went in past the bench, for no job or with the
    ticket's number typed, is of the job that is being done, where a line wants it in this slot.
    """
    named = owner_of(event.reference)
    if event.reference and named == event.reference:
        return  # at the bench, which knows its line; or for something else
    ticket = tickets.open_of(session, event.unit_id)
    if ticket is None or ticket.state is not TicketState.IN_WORK:
        return
    if named not in {"", tickets.reference(ticket)}:
        return
    here = [
        line for line in linesdone.of_ticket(session, ticket) if line.slot_path == event.slot_path
    ]
    wanting = fittingwork.lacking(session, ticket, here) if here else []
    parts = catalogue.by_code(session, event.actor, event.part_number) if wanting else []
    if not parts or not _was_ours(session, event, parts[0]):
        return
    found = fittingwork.line_for(session, ticket, parts[0], wanting)
    if found is None:
        return
    meant = Meant(found[0], parts[0], None, found[1])
    use = fittingwork.use_of(
        event.actor, ticket, meant, path=event.slot_path, occupant_id=event.occupant_id
    )
    session.add(use)
    session.flush()


def _was_ours(session: Session, event: ComponentFitted, part: Part) -> bool:
    """Whether the ledger has just booked it off a shelf or the bench; what was in the robot all
    along, and is only written down now, comes from its owner.
    """
    last = (
        select(Place.kind)
        .join(Movement, Movement.from_place_id == Place.id)
        .where(Movement.store_id == event.store_id, Movement.part_id == part.id)
        .order_by(Movement.id.desc())
        .limit(1)
    )
    return session.scalar(last) in PICKABLE | {PlaceKind.BENCH}


def on_decided(session: Session, event: EstimateDecided) -> None:
    """Listens in `app.wiring`: a newer version may want more pieces than have gone in."""
    _reopen_lacking(session, event.actor, session.get_one(Ticket, event.ticket_id))


def _reopen_lacking(session: Session, actor: Actor, ticket: Ticket) -> None:
    """A line that was ticked off is done no more when pieces of it are lacking again."""
    if ticket.state in PROMISE_MET:
        return
    lines = linesdone.of_ticket(session, ticket)
    keys = [line.key for line in fittingwork.lacking(session, ticket, lines)]
    house = replace(actor, permissions=actor.permissions | {"service.work"})
    linesdone.reopen(session, house, ticket, keys, why="")

"""A robot's body by its faults: open ones, and those that were treated."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.text import msg
from app.robots.bodylook import Mark
from app.robots.insides import Inside
from app.robots.models import Unit
from app.service import faults
from app.service.models import Diagnosis, Ticket
from app.service.states import FaultKind

_NONE = Mark("ok", msg("No fault on record"), msg("No fault on record"))


def look(session: Session, unit: Unit, inside: Inside) -> dict[str, Mark]:
    """A mark for each slot, the newest fault of a slot first; two statements."""
    rows = session.execute(
        select(Diagnosis, Ticket.number, Ticket.ended_at)
        .join(Ticket, Ticket.id == Diagnosis.ticket_id)
        .where(Diagnosis.unit_id == unit.id, Diagnosis.withdrawn_at.is_(None))
        .order_by(Ticket.ended_at.is_(None), Diagnosis.id)
    ).all()
    marks = {place.path: _NONE for place in inside.places}
    codes = faults.codes_of(session, unit.store_id) if rows else None
    for found, number, ended_at in rows:
        if codes is None or found.slot_path not in marks:
            continue
        words = msg(
            "{what}, {ticket}",
            what=codes.label(FaultKind.SYMPTOM, found.symptom),
            ticket=f"T-{number}",
        )
        is_open = ended_at is None
        group = msg("Open fault") if is_open else msg("Treated before")
        marks[found.slot_path] = Mark("bad" if is_open else "info", group, words)
    return marks

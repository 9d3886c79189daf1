"""A robot's body by its faults: open ones, and those that were treated."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.kernel.text import msg
from app.robots.bodylook import Mark
from app.robots.insides import Inside
from app.robots.models import Unit
from app.service.faults import Codes
from app.service.models import Diagnosis, FaultCode, Ticket
from app.service.states import FaultKind

_NONE = Mark("ok", msg("No fault on record"), msg("No fault on record"))


def look(session: Session, unit: Unit, inside: Inside) -> dict[str, Mark]:
    """A mark for each slot, the newest fault of a slot first; one statement."""
    is_named = and_(
        FaultCode.store_id == unit.store_id,
        FaultCode.kind == FaultKind.SYMPTOM,
        FaultCode.code == Diagnosis.symptom,
    )
    rows = session.execute(
        select(Diagnosis, Ticket.number, Ticket.ended_at, FaultCode)
        .join(Ticket, Ticket.id == Diagnosis.ticket_id)
        .outerjoin(FaultCode, is_named)
        .where(Diagnosis.unit_id == unit.id, Diagnosis.withdrawn_at.is_(None))
        .order_by(Ticket.ended_at.is_(None), Diagnosis.id)
    ).all()
    marks = {place.path: _NONE for place in inside.places}
    codes = Codes(list(filter(None, (own for *_, own in rows))))
    for found, number, ended_at, _ in rows:
        if found.slot_path not in marks:
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

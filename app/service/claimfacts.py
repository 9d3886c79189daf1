"""What a maker wants to know of a repair: both serials, fault codes, counters, and the old part."""

import json
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.kernel.canonical import canonical
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.parts.buying_models import CoreReturn
from app.robots import bodies, counters
from app.robots.slot_models import Control, Occupant
from app.service import proposals, tickets
from app.service.claim_models import Claim, ClaimLine
from app.service.models import Ticket


def serials_of(session: Session, ticket: Ticket) -> dict[str, tuple[str, str]]:
    """By slot what this job took out and what it put in: serial, else lot, else part number."""
    owner = tickets.reference(ticket)
    stays = session.scalars(
        select(Occupant)
        .where(
            Occupant.unit_id == ticket.unit_id,
            or_(Occupant.reference == owner, Occupant.removal_reference == owner),
        )
        .order_by(Occupant.since, Occupant.id)
        .options(joinedload(Occupant.component), joinedload(Occupant.slot))
    ).all()
    found: dict[str, tuple[str, str]] = {}
    for stay in stays:
        removed, fitted = found.get(stay.slot.path, ("", ""))
        if stay.removal_reference == owner and not removed:
            removed = _named(stay)
        if stay.reference == owner and stay.until is None:
            fitted = _named(stay)
        found[stay.slot.path] = (removed, fitted)
    return found


def require_serials(session: Session, ticket: Ticket, claim: Claim) -> None:
    """Raises Refused while a claimed part's slot wants serials and one of the two is not known."""
    for line in session.scalars(select(ClaimLine).where(ClaimLine.claim_id == claim.id)):
        if not (line.part_number and line.slot_path) or (line.removed and line.fitted):
            continue
        if bodies.slot_called(session, ticket.unit, line.slot_path).control is Control.SERIAL:
            raise Refused(
                msg(
                    "{part}: the serials of the removed and of the fitted part belong to a claim. "
                    "Fit it by scan first.",
                    part=line.part_number,
                ),
                field="form",
            )


def counters_now(session: Session, ticket: Ticket) -> str:
    """What the robot counted when the claim went off, as JSON."""
    latest = counters.latest(session, ticket.unit_id)
    return canonical({kind.value: one.total for kind, one in latest.items()}).decode()


def faults_of(session: Session, ticket: Ticket) -> str:
    """What was diagnosed, as JSON."""
    return canonical(
        [
            {
                "slot": one.slot_path,
                "symptom": one.symptom,
                "cause": one.cause,
                "action": one.action,
                "part": one.part_number,
                "lot": one.lot,
                "firmware": one.firmware,
            }
            for one in proposals.faults(session, ticket)
        ]
    ).decode()


def faults_read(claim: Claim) -> list[dict[str, str]]:
    return [dict(one) for one in json.loads(claim.faults)]


def counters_read(claim: Claim) -> dict[str, int]:
    return {str(name): int(value) for name, value in json.loads(claim.counters).items()}


def old_parts(session: Session, ticket: Ticket) -> Sequence[CoreReturn]:
    """Old parts of the ticket that belong to the maker: until when, and whether they went."""
    return session.scalars(
        select(CoreReturn)
        .where(
            CoreReturn.store_id == ticket.store_id, CoreReturn.owner == tickets.reference(ticket)
        )
        .order_by(CoreReturn.due_on, CoreReturn.id)
    ).all()


def _named(stay: Occupant) -> str:
    if stay.component is not None:
        return stay.component.serial or stay.component.part_number
    return stay.lot or stay.part_number

"""Parts going in and coming out at the bench, by scan: robot and ledger change together.

The robot's own verbs fit and remove; whoever listens to them books the store room in the same
transaction. Here stands only for which line of the job it was; `following` hears of the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import bare_key, clean
from app.kernel.text import msg
from app.parts import catalogue, fit, issuing, places, substitution, supersession
from app.parts.models import Part, PlaceKind
from app.robots import bodies, choosing, components, fitting, occupancy
from app.robots.slot_models import Component, Occupant, Slot
from app.robots.slotnames import name_of
from app.service import authorisations, linesdone, operations, safety, slotroom, tickets
from app.service.estimate_models import EstimateLine, LineKind
from app.service.models import Ticket
from app.service.work_models import PartUse

_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan, or somebody by hand, says is to go in."""

    number: str = ""
    serial: str = ""
    lot: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Meant:
    """A scanned piece with the line that it is for."""

    line: EstimateLine
    part: Part
    component: Component | None
    stand_in: str = ""


def go_in(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    scanned: Scanned,
    *,
    line_key: str = "",
    slot_path: str = "",
) -> PartUse:
    """A piece goes into the robot: into its line's slot, in place of what sits there, or used up.

    Without `line_key` the scan finds the one approved line that still wants this part. Raises
    Conflict for a line that has all its pieces, Refused for a part that no line wants.
    """
    actor.require("service.work")
    linesdone.require_in_work(ticket)
    safety.require(session, ticket, safety.needed_for(session, ticket))
    meant = _meant(session, actor, ticket, scanned, line_key)
    _require_authorised(session, ticket, meant.line)
    path = meant.line.slot_path or clean(slot_path)
    if path and (meant.component or slotroom.sits(session, ticket.unit, meant.part, path)):
        use = _into_slot(session, actor, ticket, meant, scanned, path=path)
    else:
        use = _used_up(session, actor, ticket, meant, scanned)
    session.add(use)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.part_in",
        subject=tickets.reference(ticket),
        after={
            "part": meant.part.number,
            "serial": meant.component.serial if meant.component else "",
            "lot": scanned.lot,
            "slot": path,
            "line": meant.line.key,
            "instead_of": meant.line.part_number if use.instead_of_id else "",
        },
    )
    return use


def come_out(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    slot_path: str,
    *,
    reason: str = "",
    expected: int | None = None,
) -> Occupant:
    """What sits in a slot comes out onto the bench; `on_removed` hears of it."""
    actor.require("service.work")
    linesdone.require_in_work(ticket)
    safety.require(session, ticket, safety.needed_for(session, ticket))
    taken = fitting.remove(
        session,
        actor,
        ticket.unit,
        slot_path,
        work=_work(ticket, reason),
        expected=expected,
    )
    audit.record(
        session,
        actor,
        "ticket.part_out",
        subject=tickets.reference(ticket),
        after={"slot": slot_path, "occupant": taken.id},
        reason=clean(reason) or None,
    )
    return taken


def of_ticket(session: Session, ticket: Ticket) -> Sequence[tuple[PartUse, Part, Occupant | None]]:
    """What has gone in for a job and stays in, with part and stay, the oldest first."""
    rows = session.execute(
        select(PartUse, Part, Occupant)
        .join(Part, Part.id == PartUse.part_id)
        .outerjoin(Occupant, Occupant.id == PartUse.occupant_id)
        .where(PartUse.ticket_id == ticket.id, PartUse.undone_at.is_(None))
        .order_by(PartUse.id)
        .options(joinedload(Occupant.component))
    )
    return [(use, part, stay) for use, part, stay in rows]


def _meant(
    session: Session, actor: Actor, ticket: Ticket, scanned: Scanned, line_key: str
) -> Meant:
    """Which piece a scan means, and for which line."""
    wanting = _wanting(session, ticket, line_key)
    scanned = _told_apart(session, actor, scanned)
    component = _component(session, actor, scanned, wanting)
    number = component.part_number if component is not None else clean(scanned.number)
    if not number and line_key:
        number = wanting[0].part_number
    part = _part(session, actor, number)
    found = line_for(session, ticket, part, wanting)
    if found is not None:
        return Meant(found[0], part, component, found[1])
    raise Refused(
        msg(
            "No approved line of {ticket} wants {part}. Wanted: {wanted}.",
            ticket=tickets.label(ticket),
            part=part.number,
            wanted=components.listed({line.part_number for line in wanting}),
        ),
        field="code",
    )


def line_for(
    session: Session, ticket: Ticket, part: Part, wanting: Sequence[EstimateLine]
) -> tuple[EstimateLine, str] | None:
    """The line that a part is for, and who let it stand in where the line names another one."""
    now = clock.now()
    for line in wanting:
        if line.part_id == part.id:
            return line, ""
    for line in wanting:
        approved = _stands_in(session, ticket, part, line, now)
        if approved is not None:
            return line, approved
    return None


def _told_apart(session: Session, actor: Actor, scanned: Scanned) -> Scanned:
    """A code that is no part's number is a serial."""
    if not scanned.number or scanned.serial or catalogue.by_code(session, actor, scanned.number):
        return scanned
    return replace(scanned, number="", serial=scanned.number)


def _wanting(session: Session, ticket: Ticket, line_key: str) -> list[EstimateLine]:
    """Approved lines of parts with pieces still to come; raises Conflict when there is none."""
    lines = [line for line in linesdone.of_ticket(session, ticket) if line.kind is LineKind.PART]
    if line_key:
        lines = [line for line in lines if line.key == line_key]
        if not lines:
            raise NotFound(msg("This line is not approved work of this ticket."), field="line")
    wanting = lacking(session, ticket, lines)
    if not wanting:
        raise Conflict(
            msg("{ticket} has all the parts that were approved.", ticket=tickets.label(ticket))
            if not line_key
            else msg("{part} has gone in already.", part=lines[0].part_number),
            field="code",
        )
    return wanting


def lacking(session: Session, ticket: Ticket, lines: Iterable[EstimateLine]) -> list[EstimateLine]:
    """Of some lines those of parts of which pieces are still to come."""
    used = linesdone.used(session, ticket)
    return [
        line
        for line in lines
        if line.kind is LineKind.PART and used.get(line.key, 0) < line.quantity
    ]


def _component(
    session: Session, actor: Actor, scanned: Scanned, wanting: Sequence[EstimateLine]
) -> Component | None:
    """The component of a scanned serial; of several of one serial, the one that a line wants."""
    if not clean(scanned.serial):
        return None
    found = components.find(session, actor, scanned.serial)
    if scanned.number:
        keys = {bare_key(scanned.number)}
        found = [one for one in found if bare_key(one.part_number) in keys] or found
    elif len(found) > 1:
        keys = {bare_key(line.part_number) for line in wanting}
        found = [one for one in found if bare_key(one.part_number) in keys]
    if not found:
        if scanned.number:
            return None  # nobody knows it yet: fitting registers it
        raise NotFound(
            msg("No component {serial} is on record.", serial=clean(scanned.serial)), field="code"
        )
    if len(found) > 1:
        raise Conflict(
            msg(
                "More than one component has the serial {serial}. Scan its part number too.",
                serial=clean(scanned.serial),
            ),
            field="code",
        )
    return found[0]


def _part(session: Session, actor: Actor, number: str) -> Part:
    found = catalogue.by_code(session, actor, number) if number else []
    if not found:
        raise NotFound(msg("No part {number}.", number=number or "–"), field="code")
    return found[0]


def _stands_in(
    session: Session, ticket: Ticket, part: Part, line: EstimateLine, at: datetime
) -> str | None:
    """Who let this part go in for the line's; the maker's successors need nobody's leave."""
    wanted = session.get(Part, line.part_id) if line.part_id else None
    if wanted is None:
        return None
    if part.id in supersession.usable_for(session, [wanted.id])[wanted.id]:
        return ""
    slot = _slot(session, ticket, line.slot_path)
    row = substitution.allowed(session, part, wanted, at, unit=ticket.unit, slot=slot)
    return row.approved_by if row is not None else None


def _slot(session: Session, ticket: Ticket, path: str) -> Slot | None:
    return bodies.slot_called(session, ticket.unit, path) if path else None


def _into_slot(
    session: Session, actor: Actor, ticket: Ticket, meant: Meant, scanned: Scanned, *, path: str
) -> PartUse:
    fit.require_fits(session, actor, meant.part, ticket.unit, path)
    piece = choosing.Part(
        part_number=meant.part.number,
        serial="" if meant.component else clean(scanned.serial),
        lot=clean(scanned.lot),
        firmware=clean(scanned.firmware),
        component_id=meant.component.id if meant.component else None,
    )
    slot = bodies.slot_called(session, ticket.unit, path)
    work = _work(ticket, meant.line.description)
    sits = occupancy.latest(
        session, Occupant.unit_id == ticket.unit_id, Occupant.slot_id == slot.id
    )
    if sits is not None and sits.until is None:
        if _put_in_by(session, ticket, sits.id):
            raise Conflict(
                msg("{slot} holds what this job has put in already.", slot=name_of(path)),
                field="code",
            )
        stay = fitting.replace(session, actor, ticket.unit, path, part=piece, work=work)
    else:
        stay = fitting.fit(session, actor, ticket.unit, path, part=piece, work=work)
    return use_of(actor, ticket, meant, path=path, occupant_id=stay.id)


def _used_up(
    session: Session, actor: Actor, ticket: Ticket, meant: Meant, scanned: Scanned
) -> PartUse:
    """A part without a slot, like grease or screws: from the shelf over the bench to the robot."""
    owner, part_id = tickets.reference(ticket), meant.part.id
    component_id = meant.component.id if meant.component else None
    lot = clean(scanned.lot)
    lying = issuing.outstanding(session, ticket.store_id, owner)
    if not any(one.part.id == part_id for one in lying):
        issuing.issue(session, actor, owner, part_id, component_id=component_id, lot=lot)
    issuing.settle(
        session,
        actor,
        owner,
        part_id,
        component_id=component_id,
        lot=lot,
        to=places.standard(session, ticket.store_id, PlaceKind.CUSTOMER),
        reason="used up",
    )
    return use_of(actor, ticket, meant, path="", occupant_id=None)


def use_of(
    actor: Actor, ticket: Ticket, meant: Meant, *, path: str, occupant_id: int | None
) -> PartUse:
    """The row of a piece that has gone in."""
    other = meant.part.id != meant.line.part_id
    return PartUse(
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        line_key=meant.line.key,
        part_id=meant.part.id,
        slot_path=path,
        occupant_id=occupant_id,
        instead_of_id=meant.line.part_id if other else None,
        approved_by=meant.stand_in if other else "",
        at=clock.now(),
        by=actor.name,
    )


def _work(ticket: Ticket, reason: str) -> occupancy.Work:
    return occupancy.Work(
        reference=tickets.reference(ticket), reason=clean(reason)[:_LONGEST_REASON]
    )


def _put_in_by(session: Session, ticket: Ticket, occupant_id: int) -> bool:
    found = select(PartUse.id).where(
        PartUse.ticket_id == ticket.id,
        PartUse.occupant_id == occupant_id,
        PartUse.undone_at.is_(None),
    )
    return session.scalar(found) is not None


def _require_authorised(session: Session, ticket: Ticket, line: EstimateLine) -> None:
    found = operations.by_codes(session, ticket.store_id, [line.operation_code])
    for operation in found.values():
        authorisations.require(session, ticket.store_id, operation, ticket.unit)

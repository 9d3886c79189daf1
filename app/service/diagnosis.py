"""Diagnosis: faults by slot, with symptom, cause, action and what was measured."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import bodies
from app.robots.slot_models import Occupant
from app.service import changes, faults, tickets
from app.service.faults import Codes
from app.service.models import Diagnosis, FaultCode, Ticket
from app.service.states import FaultKind, TicketState
from app.web.forms import Reading

# The same fault in the same slot so soon after the robot went back is a comeback.
COMEBACK_AFTER = timedelta(days=90)
_NO_FAULTS = frozenset({"planned", "bulletin", "after_fall"})
_LONGEST_NOTE = 5_000
_LONGEST_UNIT = 32
_MOST = 300
_FIGURE = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
_NOT_YET = frozenset({TicketState.BOOKED})
_TOO_LATE = frozenset({TicketState.READY, TicketState.RETURNED})


@dataclass(frozen=True, slots=True)
class DiagnosisInput:
    """What was found. An empty `slot_path`: in the robot as a whole."""

    symptom: str
    slot_path: str = ""
    cause: str = ""
    action: str = ""
    note: str = ""
    measurement: str = ""
    measured_in: str = ""


def record(session: Session, actor: Actor, ticket: Ticket, given: DiagnosisInput) -> Diagnosis:
    """Write a fault down, with what sits in the slot. The first one begins the diagnosis.

    Raises Invalid with a sentence by field, NotFound for a slot that the robot has not.
    """
    actor.require("service.work")
    _require_at_work(ticket)
    given = _checked(session, actor, given)
    if ticket.state is TicketState.RECEIVED:
        tickets.move(session, actor, ticket, TicketState.DIAGNOSING)
    slot, inside = _inside(session, ticket, given.slot_path)
    row = Diagnosis(
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        unit_id=ticket.unit_id,
        model_id=ticket.unit.model_id,
        slot_path=slot,
        symptom=given.symptom,
        cause=given.cause,
        action=given.action,
        note=given.note,
        measurement=given.measurement,
        measured_in=given.measured_in,
        firmware=ticket.unit.firmware,
        at=clock.now(),
        by=actor.name,
    )
    if inside is not None:
        component = inside.component
        row.component_id = inside.component_id
        row.part_number = component.part_number if component else inside.part_number
        row.lot = component.lot if component else inside.lot
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.diagnosed",
        subject=tickets.reference(ticket),
        after={
            "diagnosis": row.id,
            "slot": row.slot_path,
            "symptom": row.symptom,
            "cause": row.cause,
            "action": row.action,
        },
    )
    _note_comeback(session, actor, ticket, row)
    return row


def withdraw(session: Session, actor: Actor, ticket: Ticket, diagnosis_id: int) -> None:
    """It was not so; it counts no more. Raises Conflict when somebody has done so before."""
    actor.require("service.work")
    _require_at_work(ticket)
    row = by_id(session, ticket, diagnosis_id)
    if row.withdrawn_at is not None:
        raise Conflict(
            msg(
                "{who} has changed or withdrawn this finding meanwhile ({when}).",
                who=row.withdrawn_by,
                when=row.withdrawn_at,
            ),
            field="diagnosis",
        )
    row.withdrawn_at, row.withdrawn_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.diagnosis_withdrawn",
        subject=tickets.reference(ticket),
        before={"diagnosis": row.id, "slot": row.slot_path, "symptom": row.symptom},
    )


def correct(
    session: Session, actor: Actor, ticket: Ticket, diagnosis_id: int, given: DiagnosisInput
) -> Diagnosis:
    """Another in place of one; raises Conflict when somebody has replaced that already."""
    withdraw(session, actor, ticket, diagnosis_id)
    return record(session, actor, ticket, given)


def by_id(session: Session, ticket: Ticket, diagnosis_id: int) -> Diagnosis:
    row = session.get(Diagnosis, diagnosis_id)
    if row is None or row.ticket_id != ticket.id:
        raise NotFound(msg("There is no such finding on this ticket."))
    return row


def of_ticket(session: Session, ticket: Ticket) -> list[Diagnosis]:
    """What counts, oldest first."""
    return list(
        session.scalars(
            select(Diagnosis)
            .where(Diagnosis.ticket_id == ticket.id, Diagnosis.withdrawn_at.is_(None))
            .order_by(Diagnosis.id)
            .limit(_MOST)
        )
    )


def with_codes(session: Session, ticket: Ticket) -> tuple[list[Diagnosis], Codes]:
    """The same, and the store's words for it; one statement."""
    counting = (
        select(Diagnosis.id)
        .where(Diagnosis.ticket_id == ticket.id, Diagnosis.withdrawn_at.is_(None))
        .order_by(Diagnosis.id)
        .limit(_MOST)
    )
    said = or_(
        and_(FaultCode.kind == FaultKind.SYMPTOM, FaultCode.code == Diagnosis.symptom),
        and_(FaultCode.kind == FaultKind.CAUSE, FaultCode.code == Diagnosis.cause),
        and_(FaultCode.kind == FaultKind.ACTION, FaultCode.code == Diagnosis.action),
    )
    rows = session.execute(
        select(Diagnosis, FaultCode)
        .outerjoin(FaultCode, and_(FaultCode.store_id == Diagnosis.store_id, said))
        .where(Diagnosis.id.in_(counting))
        .order_by(Diagnosis.id)
    ).all()
    own = [code for _, code in rows]
    return list(dict.fromkeys(row for row, _ in rows)), Codes(list(filter(None, own)))


def _require_at_work(ticket: Ticket) -> None:
    tickets.require_open(ticket)
    if ticket.state in _NOT_YET:
        raise Conflict(
            msg("{number}: the robot is not here yet.", number=tickets.label(ticket)),
            link=f"/service/new?ticket={ticket.number}",
        )
    if ticket.state in _TOO_LATE:
        raise Conflict(
            msg("{number} is ready: nothing more is found on it.", number=tickets.label(ticket))
        )


def _checked(session: Session, actor: Actor, given: DiagnosisInput) -> DiagnosisInput:
    seen = Reading()
    codes = faults.codes_of(session, actor.store_id)
    codes.read(seen, FaultKind.SYMPTOM, given.symptom, required=True)
    codes.read(seen, FaultKind.CAUSE, given.cause)
    codes.read(seen, FaultKind.ACTION, given.action)
    note = seen.text("note", given.note, most=_LONGEST_NOTE)
    figure = clean(given.measurement).replace("\u2212", "-").replace(",", ".")
    unit = seen.text("measured_in", given.measured_in, most=_LONGEST_UNIT)
    if figure and not _FIGURE.fullmatch(figure):
        seen.refuse(
            "measurement",
            msg("“{text}” is not a figure like 0.9.", text=clean(given.measurement)[:40]),
        )
    if figure and not unit:
        seen.refuse("measured_in", msg("A figure needs its unit."))
    seen.done()
    return replace(given, note=note, measurement=figure, measured_in=unit if figure else "")


def _inside(session: Session, ticket: Ticket, path: str) -> tuple[str, Occupant | None]:
    """The slot as the robot's plan writes it, and what sits in it now."""
    if not clean(path):
        return "", None
    slot = bodies.slot_called(session, ticket.unit, path)
    occupant = session.scalar(
        select(Occupant)
        .where(
            Occupant.unit_id == ticket.unit_id,
            Occupant.slot_id == slot.id,
            Occupant.until.is_(None),
        )
        .options(joinedload(Occupant.component))
    )
    return slot.path, occupant


def _note_comeback(session: Session, actor: Actor, ticket: Ticket, found: Diagnosis) -> None:
    """The same fault in the same slot was treated a short while ago: the tickets are joined."""
    if ticket.comeback_of_id is not None or found.symptom in _NO_FAULTS:
        return
    before = session.scalar(
        select(Ticket.id)
        .join(Diagnosis, Diagnosis.ticket_id == Ticket.id)
        .where(
            Diagnosis.unit_id == ticket.unit_id,
            Diagnosis.slot_path == found.slot_path,
            Diagnosis.symptom == found.symptom,
            Diagnosis.withdrawn_at.is_(None),
            Ticket.id != ticket.id,
            Ticket.state == TicketState.CLOSED,
            Ticket.ended_at >= ticket.made_at - COMEBACK_AFTER,
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    if before is not None:
        ticket.comeback_of_id = before
        changes.write_down(
            session,
            actor,
            ticket,
            before={"comeback_of_id": None},
            after={"comeback_of_id": before},
        )

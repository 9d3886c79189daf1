"""Intake: a robot comes in, with what its owner says and what is seen on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.customers import book
from app.customers.models import Customer
from app.kernel import audit, clock, events, numbers
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, Refused
from app.kernel.filestore import FileStore
from app.kernel.signatures import Signed
from app.kernel.text import Text, msg
from app.robots import (
    addresses,
    custody,
    dataduties,
    loans,
    ownership,
    timeline,
    touches,
    warrantycover,
    warrantypapers,
)
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.robots.states import UNIT_STATE_LABELS, Custody, UnitState
from app.robots.touches import UNREAD, Touch
from app.robots.warrantypapers import EvidenceInput
from app.service import changes, photos, tickets
from app.service.errors import OnTheBench
from app.service.events import TicketOpened
from app.service.models import Ticket
from app.service.photos import Taken
from app.service.states import Backup, PhotoStage, TicketState
from app.stores import desk
from app.web.forms import Reading

UNSIGNED = Signed("")
_NOT_HERE = frozenset({UnitState.EXPECTED, UnitState.RETIRED})


class Seen(StrEnum):
    """The answer to one line of the maker's list of exclusions."""

    NOT_SEEN = "not_seen"
    SUSPECTED = "suspected"
    SEEN = "seen"


SEEN_LABELS: dict[Seen, Text] = {
    Seen.NOT_SEEN: msg("Not seen"),
    Seen.SUSPECTED: msg("Suspected"),
    Seen.SEEN: msg("Seen"),
}


@dataclass(frozen=True, slots=True)
class IntakeInput:
    """What is said and seen when a robot comes in; only the complaint has to be there.

    `customer_id` is who is billed, None: the owner. `brought_by` is who brought it, when that was
    not the owner. `touch` is what was read off the robot.
    """

    complaint: str
    customer_id: int | None = None
    brought_by: str = ""
    accessories: tuple[str, ...] = ()
    seal: str = ""
    soc_percent: int | None = None
    evidence: Mapping[str, Seen] = field(default_factory=dict)
    backup: Backup | None = None
    signed: Signed = UNSIGNED
    photos: Sequence[bytes] = ()
    touch: Touch = UNREAD
    promised_at: datetime | None = None
    technician_id: int | None = None
    bench_place: str = ""


def intake(
    session: Session,
    actor: Actor,
    unit: Unit,
    given: IntakeInput,
    *,
    files: FileStore | None = None,
) -> Ticket:
    """The robot stands on the bench, and a ticket says why; its owner and its sale do not change.

    Pictures go into `files`. A ticket that was booked for it goes on. Raises OnTheBench with a link
    where it has one already, Invalid with a sentence by field.
    """
    actor.require("service.intake")
    booked = _booked(session, unit)
    _require_here(session, unit)
    given = _checked(session, actor, given)
    ticket = booked or _new(session, actor, unit, state=TicketState.RECEIVED, given=given)
    before = _written(ticket)
    _fill(ticket, given)
    ticket.received_at, ticket.received_by = clock.now(), actor.name
    if booked is None:
        _begin(session, actor, ticket)
        custody.move(
            session,
            actor,
            unit,
            Custody.BENCH,
            why=msg("{number}: checked in", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    else:
        _write_down(session, actor, ticket, before)
        tickets.move(session, actor, ticket, TicketState.RECEIVED)
    _keep_around(session, actor, unit, ticket, given, files=files)
    return ticket


def book_in(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    complaint: str,
    customer_id: int | None = None,
    promised_at: datetime | None = None,
) -> Ticket:
    """A ticket for a robot that is to come. Raises OnTheBench where it has one already."""
    actor.require("service.plan")
    if (there := tickets.open_of(session, unit.id)) is not None:
        raise _on_the_bench(unit, there)
    given = _checked(
        session,
        actor,
        IntakeInput(complaint=complaint, customer_id=customer_id, promised_at=promised_at),
    )
    ticket = _new(session, actor, unit, state=TicketState.BOOKED, given=given)
    _fill(ticket, given)
    _begin(session, actor, ticket)
    timeline.note(
        session,
        unit.id,
        kind="service",
        summary=msg("{number}: booked", number=tickets.label(ticket)),
        link=tickets.page(ticket),
        actor_name=actor.name,
    )
    return ticket


def exclusions_of(session: Session, unit: Unit) -> tuple[str, ...]:
    """What this robot's maker excludes from warranty: the lines of the checklist."""
    terms = warrantycover.binding_terms(session, unit)
    return warrantypapers.codes_of(terms.terms if terms else None)


def _booked(session: Session, unit: Unit) -> Ticket | None:
    there = tickets.open_of(session, unit.id)
    if there is not None and there.state is not TicketState.BOOKED:
        raise _on_the_bench(unit, there)
    return there


def _on_the_bench(unit: Unit, ticket: Ticket) -> OnTheBench:
    return OnTheBench(
        msg(
            "{serial} has an open ticket already: {number}.",
            serial=unit.serial,
            number=tickets.label(ticket),
        ),
        field="code",
        link=tickets.page(ticket),
    )


def _require_here(session: Session, unit: Unit) -> None:
    if unit.state in _NOT_HERE:
        raise Conflict(
            msg(
                "{serial} is {state}, so it cannot be checked in.",
                serial=unit.serial,
                state=UNIT_STATE_LABELS[unit.state],
            ),
            field="code",
            link=addresses.robot_page(unit.serial),
        )
    loans.require_in_house(session, unit)


def _checked(session: Session, actor: Actor, given: IntakeInput) -> IntakeInput:
    """The input as it is kept; raises Invalid with all that is wrong."""
    seen = Reading()
    for name, text, most in (
        ("complaint", given.complaint, tickets.LONGEST_TEXT),
        ("brought_by", given.brought_by, tickets.LONGEST_LINE),
        ("signer", given.signed.name, tickets.LONGEST_LINE),
        ("seal", given.seal, tickets.LONGEST_WORD),
        ("bench_place", given.bench_place, tickets.LONGEST_WORD),
    ):
        seen.text(name, text, most=most, required=name == "complaint")
    if len(given.accessories) > tickets.MOST_ACCESSORIES:
        seen.refuse(
            "accessories", msg("At most {most} lines fit here.", most=tickets.MOST_ACCESSORIES)
        )
    for one in given.accessories:
        seen.text("accessories", one, most=tickets.LONGEST_LINE)
    tickets.check_charge(seen, given.soc_percent)
    tickets.check_promise(seen, given.promised_at, clock.now())
    if given.signed.picture and not given.signed.name:
        seen.refuse("signer", msg("Please write who signs."))
    seen.done()
    if given.customer_id is not None:
        book.by_id(session, actor, given.customer_id)
    if given.technician_id is not None:
        tickets.check_technician(session, actor, given.technician_id)
    return given


def _new(
    session: Session, actor: Actor, unit: Unit, *, state: TicketState, given: IntakeInput
) -> Ticket:
    owner = ownership.owner_of(session, unit.id)
    ticket = Ticket(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series=tickets.SERIES),
        unit_id=unit.id,
        customer_id=owner,
        state=state,
        complaint=given.complaint,
        made_at=clock.now(),
        made_by=actor.name,
    )
    set_committed_value(ticket, "unit", unit)
    return ticket


def _fill(ticket: Ticket, given: IntakeInput) -> None:
    """What was said and seen; of a ticket that was booked, what was said then stands otherwise."""
    ticket.complaint = given.complaint
    ticket.customer_id = given.customer_id or ticket.customer_id
    ticket.promised_at = given.promised_at or ticket.promised_at
    ticket.technician_id = given.technician_id or ticket.technician_id
    ticket.brought_by = given.brought_by
    ticket.accessories = canonical(list(given.accessories)).decode()
    ticket.seal = given.seal
    ticket.soc_percent = given.soc_percent
    ticket.falls = given.touch.counts.get(Counter.FALLS)
    ticket.evidence = canonical(dict(given.evidence)).decode()
    ticket.backup = given.backup
    ticket.signer = given.signed.name
    ticket.signature = given.signed.picture or None
    ticket.bench_place = given.bench_place


def _written(ticket: Ticket) -> dict[str, object]:
    """What stands in the fields that people change."""
    names = changes.FIELD_LABELS.keys() - {"state", "waiting"}
    return {name: getattr(ticket, name) for name in names}


def _write_down(
    session: Session, actor: Actor, ticket: Ticket, before: Mapping[str, object]
) -> None:
    """What was said now is otherwise than when the ticket was booked."""
    after = {name: said for name, said in _written(ticket).items() if said != before[name]}
    if after:
        changes.write_down(
            session,
            actor,
            ticket,
            before={name: before[name] for name in after},
            after=after,
        )


def _begin(session: Session, actor: Actor, ticket: Ticket) -> None:
    session.add(ticket)
    session.flush()
    customer = session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    set_committed_value(ticket, "customer", customer)
    changes.begin(session, actor, ticket)
    audit.record(
        session,
        actor,
        "ticket.opened",
        subject=tickets.reference(ticket),
        after={
            "state": ticket.state,
            "unit_id": ticket.unit_id,
            "customer_id": ticket.customer_id,
            "brought_by": bool(ticket.brought_by),
        },
    )
    events.announce(
        session,
        TicketOpened(
            actor=actor, store_id=ticket.store_id, ticket_id=ticket.id, unit_id=ticket.unit_id
        ),
    )


def _keep_around(
    session: Session,
    actor: Actor,
    unit: Unit,
    ticket: Ticket,
    given: IntakeInput,
    *,
    files: FileStore | None,
) -> None:
    """What belongs to the robot rather than to the ticket, with the ticket as its reference."""
    reference = tickets.label(ticket)
    touches.keep(session, actor, unit, given.touch, reference=reference)
    _keep_evidence(session, actor, unit, given, reference=reference)
    if given.backup in {Backup.HAS_BACKUP, Backup.GOES_WITHOUT}:
        dataduties.record_backup(
            session,
            actor,
            unit,
            has_backup=given.backup is Backup.HAS_BACKUP,
            person=_who_says(session, ticket, given),
            reference=reference,
        )
    if given.photos and files is not None:
        photos.add(session, actor, ticket, given.photos, Taken(PhotoStage.INTAKE), files=files)


def _keep_evidence(
    session: Session, actor: Actor, unit: Unit, given: IntakeInput, *, reference: str
) -> None:
    found = {code: how for code, how in given.evidence.items() if how is not Seen.NOT_SEEN}
    if not found:
        return
    terms = warrantycover.binding_terms(session, unit)
    today = desk.business_day_of(desk.store_of(session, unit.store_id))
    for code, how in found.items():
        warrantypapers.record_evidence(
            session,
            actor,
            unit,
            EvidenceInput(
                code=code, seen_on=today, confirmed=how is Seen.SEEN, reference=reference
            ),
            terms=terms.terms if terms else None,
            slot=None,
        )


def _who_says(session: Session, ticket: Ticket, given: IntakeInput) -> str:
    """Whose word it is: who signs, who brought it, or the owner."""
    said = given.signed.name or given.brought_by
    if said:
        return said
    customer = session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    if customer is None:
        raise Refused(msg("Please write who says so."), field="signer")
    return customer.name

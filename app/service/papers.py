"""Paper of a ticket: the customer's receipt with its code, and the job sheet for the bench."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg
from app.payments import issuing
from app.payments.documents import Party
from app.robots.slotnames import name_of
from app.robots.warrantypapers import evidence_label
from app.service import (
    appointments,
    diagnosis,
    estimates,
    faults,
    fittingwork,
    invoicing,
    notes,
    planwork,
    promise,
    release,
    safety,
    tickets,
    visits,
)
from app.service.estimate_models import EstimateState
from app.service.intake import SEEN_LABELS, Seen
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.operations import TICK_LABELS
from app.service.states import BACKUP_LABELS, STATE_LABELS, FaultKind
from app.stores import desk
from app.stores.models import Store
from app.web.i18n import LANGUAGES
from app.web.printing import pdf_document


@dataclass(frozen=True, slots=True)
class Finding:
    where: Text | None
    symptom: Text
    cause: Text | None
    action: Text | None
    note: str
    measured: str


@dataclass(frozen=True, slots=True)
class StoodIn:
    """A part that went in for another one, and who let it."""

    part: str
    number: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody let the robot go against what spoke against it."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that stands on receipt and job sheet; texts that people typed stay in their language."""

    language: str
    zone: str
    issued_at: datetime
    number: str
    store: str
    seller: Party
    customer: str
    phone: str
    brought_by: str
    model: str
    serial: str
    state: Text
    complaint: str
    accessories: tuple[str, ...]
    seal: str
    soc_percent: int | None
    falls: int | None
    evidence: tuple[tuple[Text, Text], ...]
    backup: Text | None
    received_at: datetime | None
    received_by: str
    promised_at: datetime | None
    signer: str
    signature: bytes | None
    url: str
    footer: tuple[str, ...] = ()
    technician: str = ""
    bench: str = ""
    findings: tuple[Finding, ...] = ()
    notes: tuple[tuple[datetime, str, str], ...] = ()
    planned: tuple[datetime, datetime, str, str] | None = None
    plans: tuple[tuple[str, tuple[str, ...]], ...] = ()
    # each tick with who confirmed it, empty for a pen
    safety: tuple[tuple[Text, str], ...] = ()
    # where the robot stands, and who opens there; empty: in the workshop
    site: tuple[str, ...] = ()
    stood_in: tuple[StoodIn, ...] = ()
    override: Override | None = None
    # what was approved and done, and how often; what came of it; certificates issued with it
    done: tuple[tuple[str, int], ...] = ()
    outcome: str = ""
    certificates: tuple[str, ...] = ()


def receipt(session: Session, ticket: Ticket, *, url: str) -> bytes:
    """What the customer takes along, in their language. `url` leads to the ticket's public page."""
    store = desk.store_of(session, ticket.store_id)
    return pdf_document(
        "documents/service_receipt.html",
        _sheet(ticket, store, language=receipt_language(ticket, store), url=url),
    )


def estimate(session: Session, ticket: Ticket, version: int) -> tuple[bytes, str]:
    """A version that was sent, to be read and signed, and what its file is called.

    Raises NotFound. A PDF takes a second: nothing is held in the meantime.
    """
    found = estimates.by_version(session, ticket, version)
    if found.state is EstimateState.DRAFT:
        raise NotFound(msg("Version {version} was not sent yet.", version=version))
    content = invoicing.estimate_paper(session, ticket, found)
    name = f"{tickets.label(ticket)}-{version}"
    session.rollback()
    return pdf_document("documents/estimate.html", content), name


def protocol(
    session: Session, ticket: Ticket, *, language: str, url: str, certificates: Sequence[str]
) -> bytes:
    """What was found and done, for the customer, in the reader's language. Nothing that is said
    among staff stands on it.
    """
    store = desk.store_of(session, ticket.store_id)
    sheet = _sheet(ticket, store, language=language, url=url)
    full = {name: getattr(sheet, name) for name in Sheet.__slots__}
    full |= {
        "findings": tuple(replace(one, note="") for one in _findings(session, ticket)),
        "done": tuple(
            (one.description, one.quantity) for one in estimates.approved_lines(session, ticket)
        ),
        "outcome": ticket.outcome,
        "certificates": tuple(certificates),
    }
    return pdf_document("documents/service_protocol.html", Sheet(**full))


def job_sheet(
    session: Session, actor: Actor, ticket: Ticket, *, language: str, url: str, technician: str
) -> bytes:
    """What lies beside the robot, in the reader's language. `url` leads to the ticket."""
    actor.require("service.view")
    store = desk.store_of(session, ticket.store_id)
    sheet = _sheet(ticket, store, language=language, url=url)
    full = {name: getattr(sheet, name) for name in Sheet.__slots__}
    full |= {
        "technician": technician,
        "bench": ticket.bench_place,
        "findings": _findings(session, ticket),
        "notes": tuple((one.at, one.by, one.text) for one in notes.of_ticket(session, ticket)),
        **_of_work(session, ticket),
    }
    return pdf_document("documents/job_sheet.html", Sheet(**full))


def _findings(session: Session, ticket: Ticket) -> tuple[Finding, ...]:
    codes = faults.codes_of(session, ticket.store_id)
    return tuple(
        Finding(
            where=name_of(one.slot_path) if one.slot_path else None,
            symptom=codes.label(FaultKind.SYMPTOM, one.symptom),
            cause=codes.label(FaultKind.CAUSE, one.cause) if one.cause else None,
            action=codes.label(FaultKind.ACTION, one.action) if one.action else None,
            note=one.note,
            measured=f"{one.measurement} {one.measured_in}".strip(),
        )
        for one in diagnosis.of_ticket(session, ticket)
    )


def _of_work(session: Session, ticket: Ticket) -> dict[str, object]:
    """What is planned and confirmed, what stood in for what, and who let the robot go."""
    kept = appointments.of_ticket(session, ticket)
    visit = visits.of_ticket(session, ticket)
    confirmed = safety.confirmed(session, ticket)
    released = release.latest(session, ticket)
    return {
        "site": (*visit.address.splitlines(), visit.contact) if visit else (),
        "planned": kept
        and (
            kept.starts_at,
            kept.ends_at,
            kept.bench.name,
            kept.person.name if kept.person else "",
        ),
        "plans": tuple((name, tuple(items)) for name, items in planwork.items_of(session, ticket)),
        "safety": tuple(
            (TICK_LABELS[tick], confirmed[tick].by if tick in confirmed else "")
            for tick in SafetyTick
        ),
        "stood_in": tuple(
            StoodIn(part.name, part.number, use.approved_by)
            for use, part, _ in fittingwork.of_ticket(session, ticket)
            if use.instead_of_id is not None
        ),
        "override": Override(released.override_by, released.override_reason, released.at)
        if released is not None and released.override_by
        else None,
    }


def receipt_language(ticket: Ticket, store: Store) -> str:
    """The customer's own, else the one in which the store writes its papers."""
    wanted = ticket.customer.language if ticket.customer else ""
    return wanted if wanted in LANGUAGES else issuing.language_of(store)


def _sheet(ticket: Ticket, store: Store, *, language: str, url: str) -> Sheet:
    customer: Customer | None = ticket.customer
    answers = json.loads(ticket.evidence)
    return Sheet(
        language=language,
        zone=store.zone,
        issued_at=clock.now(),
        number=tickets.label(ticket),
        store=store.name,
        seller=issuing.seller_of(store),
        customer=customer.name if customer else store.name,
        phone=customer.phone if customer else "",
        brought_by=ticket.brought_by,
        model=ticket.unit.model.name,
        serial=ticket.unit.serial,
        state=STATE_LABELS[ticket.state],
        complaint=ticket.complaint,
        accessories=tuple(tickets.accessories_of(ticket)),
        seal=ticket.seal,
        soc_percent=ticket.soc_percent,
        falls=ticket.falls,
        evidence=tuple(
            (evidence_label(code), SEEN_LABELS[Seen(how)])
            for code, how in answers.items()
            if how != Seen.NOT_SEEN
        ),
        backup=BACKUP_LABELS[ticket.backup] if ticket.backup else None,
        received_at=ticket.received_at,
        received_by=ticket.received_by,
        promised_at=promise.due_at(ticket, clock.now()),
        signer=ticket.signer,
        signature=ticket.signature,
        url=url,
    )

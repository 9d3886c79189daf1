"""A claim as a file: on paper for whoever decides it, and as a table for a maker's portal."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.csvfile import csv_bytes
from app.kernel.money import Money
from app.kernel.text import Text
from app.payments import issuing
from app.payments.documents import Party
from app.robots.counters import COUNTER_LABELS
from app.robots.slot_models import Counter
from app.robots.slotnames import name_of
from app.service import claimfacts, claims, faults, tickets
from app.service.claim_models import Claim
from app.service.models import Ticket
from app.service.payers import PAYER_LABELS
from app.service.states import FaultKind
from app.stores.models import Store
from app.web.printing import pdf_document

_TITLES = (
    "claim",
    "ticket",
    "model",
    "serial",
    "payer",
    "description",
    "part_number",
    "slot",
    "quantity",
    "amount",
    "currency",
    "tax_bp",
    "removed",
    "fitted",
    "their_reference",
)


@dataclass(frozen=True, slots=True)
class LineOnPaper:
    description: str
    part_number: str
    slot: Text | None
    quantity: int
    amount: Money
    removed: str
    fitted: str


@dataclass(frozen=True, slots=True)
class FaultOnPaper:
    slot: Text | None
    symptom: Text | str
    cause: Text | str
    action: Text | str


@dataclass(frozen=True, slots=True)
class ClaimPaper:
    """All that stands on it."""

    language: str
    zone: str
    issued_at: datetime
    number: str
    store: str
    seller: Party
    debtor: str
    payer: Text
    ticket: str
    maker: str
    model: str
    serial: str
    firmware: str
    complaint: str
    counters: tuple[tuple[Text, int], ...]
    faults: tuple[FaultOnPaper, ...]
    lines: tuple[LineOnPaper, ...]
    amount: Money
    their_reference: str
    footer: tuple[str, ...] = ()


def pdf_of(content: ClaimPaper) -> bytes:
    """The claim as PDF/A."""
    return pdf_document("documents/claim.html", content)


def paper(
    session: Session, claim: Claim, ticket: Ticket, store: Store, language: str
) -> ClaimPaper:
    """What stands on a claim that was loaded with its lines."""
    codes = faults.codes_of(session, claim.store_id)
    return ClaimPaper(
        language=language,
        zone=store.zone,
        issued_at=claim.submitted_at or clock.now(),
        number=claims.label(claim),
        store=store.name,
        seller=issuing.seller_of(store),
        debtor=claim.debtor,
        payer=PAYER_LABELS[claim.payer],
        ticket=tickets.label(ticket),
        maker=ticket.unit.maker.name,
        model=ticket.unit.model.name,
        serial=ticket.unit.serial,
        firmware=ticket.unit.firmware,
        complaint=ticket.complaint,
        counters=tuple(
            (COUNTER_LABELS[Counter(word)], count)
            for word, count in claimfacts.counters_read(claim).items()
        ),
        faults=tuple(
            FaultOnPaper(
                slot=name_of(one["slot"]) if one["slot"] else None,
                symptom=codes.label(FaultKind.SYMPTOM, one["symptom"]),
                cause=codes.label(FaultKind.CAUSE, one["cause"]) if one["cause"] else "–",
                action=codes.label(FaultKind.ACTION, one["action"]) if one["action"] else "–",
            )
            for one in claimfacts.faults_read(claim)
        ),
        lines=tuple(
            LineOnPaper(
                description=line.description,
                part_number=line.part_number,
                slot=name_of(line.slot_path) if line.slot_path else None,
                quantity=line.quantity,
                amount=Money(line.amount_minor, claim.currency),
                removed=line.removed,
                fitted=line.fitted,
            )
            for line in claim.lines
        ),
        amount=claims.amount_of(claim),
        their_reference=claim.their_reference,
    )


def csv(claim: Claim, ticket: Ticket) -> bytes:
    """One row for each line of a claim that was loaded with them."""
    return csv_bytes(
        _TITLES,
        (
            (
                claims.label(claim),
                tickets.label(ticket),
                ticket.unit.model.name,
                ticket.unit.serial,
                claim.payer.value,
                line.description,
                line.part_number,
                line.slot_path,
                str(line.quantity),
                Money(line.amount_minor, claim.currency).plain,
                claim.currency,
                str(line.tax_bp),
                line.removed,
                line.fitted,
                claim.their_reference,
            )
            for line in claim.lines
        ),
    )

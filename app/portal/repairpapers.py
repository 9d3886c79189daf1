"""What a repair's customer may take along as paper: only what is about this repair."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.calibration import certificatelists
from app.calibration.certificatelists import Listed, Standing
from app.kernel.errors import NotFound
from app.kernel.quantity import document_number
from app.kernel.text import Text, msg
from app.payments import einvoicing, fiscalsigning, issuing
from app.payments import papers as bookpapers
from app.payments.documents import DocumentKind
from app.payments.models import IssuedDocument
from app.robots.models import Unit
from app.service import papers, tickets
from app.service.models import Ticket
from app.service.states import TicketState

RECEIPT, PROTOCOL = "receipt", "protocol"
# with the version; it stands beside the lines
ESTIMATE = "estimate-"
_DOCUMENT, _CERTIFICATE = "document-", "certificate-"
_DONE = frozenset({TicketState.READY, TicketState.RETURNED, TicketState.CLOSED})


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper; `key` is the last word of its address."""

    key: str
    label: Text
    number: str = ""


def of_ticket(session: Session, ticket: Ticket) -> list[Paper]:
    """Everything that can be downloaded now: two statements."""
    found = []
    if ticket.received_at is not None:
        found.append(Paper(RECEIPT, msg("Check-in receipt")))
    if ticket.state in _DONE:
        found.append(Paper(PROTOCOL, msg("Service protocol")))
    found += [
        Paper(f"{_CERTIFICATE}{one.certificate.id}", msg("Calibration certificate"),
              one.certificate.number)
        for one in _certificates(session, ticket)
    ]  # fmt: skip
    found += [
        Paper(f"{_DOCUMENT}{one.id}", issuing.KIND_LABELS[one.kind], one.label)
        for one in _documents(session, ticket)
    ]
    return found


def pdf(
    session: Session, ticket: Ticket, key: str, *, language: str, url: str
) -> tuple[bytes, str]:
    """A paper and what its file is called; raises NotFound for what is none of this repair's."""
    number = tickets.label(ticket)
    if key.startswith(ESTIMATE):
        version = document_number(key.removeprefix(ESTIMATE))
        return papers.estimate(session, ticket, version or 0)
    if key not in {paper.key for paper in of_ticket(session, ticket)}:
        raise NotFound(msg("There is no such paper of this repair."))
    if key == RECEIPT:
        return papers.receipt(
            session, _with_customer(session, ticket), url=url
        ), f"{number}-receipt"
    if key == PROTOCOL:
        names = [one.certificate.number for one in _certificates(session, ticket)]
        made = papers.protocol(
            session, _with_customer(session, ticket), language=language, url=url, certificates=names
        )
        return made, f"{number}-protocol"
    kind, _, row_id = key.rpartition("-")
    if f"{kind}-" == _CERTIFICATE:
        certificates = _certificates(session, ticket)
        found = next(one.certificate for one in certificates if one.certificate.id == int(row_id))
        return found.pdf, found.number.replace("/", "-")
    document = session.get_one(IssuedDocument, int(row_id))
    content = fiscalsigning.printable(session, document)
    xml = einvoicing.xml_if_any(session, document, content)
    return bookpapers.pdf(content, xml=xml), document.label


def _documents(session: Session, ticket: Ticket) -> list[IssuedDocument]:
    rows = issuing.documents_of(session, ticket.store_id, tickets.reference(ticket))
    return [row for row in rows if row.kind in _TAKEN]


_TAKEN = frozenset({DocumentKind.INVOICE, DocumentKind.RECEIPT, DocumentKind.HANDOVER})


def _certificates(session: Session, ticket: Ticket) -> list[Listed]:
    """What was measured for this repair and still holds."""
    rows = certificatelists.of_reference(session, ticket.unit_id, tickets.reference(ticket))
    return [row for row in rows if row.standing is Standing.ISSUED]


def _with_customer(session: Session, ticket: Ticket) -> Ticket:
    query = (
        select(Ticket)
        .where(Ticket.id == ticket.id)
        .options(
            joinedload(Ticket.customer),
            joinedload(Ticket.unit).joinedload(Unit.model),
            joinedload(Ticket.unit).joinedload(Unit.maker),
        )
    )
    return session.scalars(query, execution_options={"populate_existing": True}).one()

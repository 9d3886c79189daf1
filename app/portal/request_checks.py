"""What must always hold of owners' requests and of what letters lead to."""

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.payments.models import IssuedDocument
from app.portal.owner_models import DocumentLink, OwnerRequest, RequestKind, RequestState
from app.robots.models import Ownership, Unit
from app.service.models import Ticket


def breaches(session: Session) -> Iterator[str]:
    """One line per breach, each naming the portal first."""
    yield from _of_somebody_else(session)
    yield from _taken_without_ticket(session)
    yield from _of_another_store(session)


def _of_somebody_else(session: Session) -> Iterator[str]:
    """Who asks owned that robot then."""
    rows = session.scalars(
        select(OwnerRequest.id)
        .join(Ownership, Ownership.id == OwnerRequest.ownership_id)
        .join(Unit, Unit.id == OwnerRequest.unit_id)
        .where(
            or_(
                Ownership.unit_id != OwnerRequest.unit_id,
                Ownership.customer_id != OwnerRequest.customer_id,
                Unit.store_id != OwnerRequest.store_id,
            )
        )
    )
    for request_id in rows:
        yield f"portal: request {request_id} is not of the robot's owner"


def _taken_without_ticket(session: Session) -> Iterator[str]:
    """Service that was taken over is on a ticket of that robot."""
    rows = session.scalars(
        select(OwnerRequest.id)
        .outerjoin(Ticket, Ticket.id == OwnerRequest.ticket_id)
        .where(
            OwnerRequest.kind == RequestKind.SERVICE,
            OwnerRequest.state == RequestState.TAKEN,
            or_(Ticket.id.is_(None), Ticket.unit_id != OwnerRequest.unit_id),
        )
    )
    for request_id in rows:
        yield f"portal: request {request_id} was taken over, but is on no ticket of its robot"


def _of_another_store(session: Session) -> Iterator[str]:
    """A letter leads to a paper of the store that wrote it."""
    rows = session.scalars(
        select(DocumentLink.id)
        .join(IssuedDocument, IssuedDocument.id == DocumentLink.document_id)
        .where(IssuedDocument.store_id != DocumentLink.store_id)
    )
    for link_id in rows:
        yield f"portal: link {link_id} leads to a paper of another store"

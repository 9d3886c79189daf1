"""Giving a document out again: marked as a copy, counted, and on record."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.payments.invoice_models import DocumentCopy
from app.payments.models import IssuedDocument

SLIP, PDF = "slip", "pdf"


def make(
    session: Session, actor: Actor, document: IssuedDocument, *, way: str, till: str = ""
) -> DocumentCopy:
    """Count one more copy; whoever may read a document may copy it."""
    so_far = session.scalar(
        select(func.max(DocumentCopy.number)).where(DocumentCopy.document_id == document.id)
    )
    copy = DocumentCopy(
        document_id=document.id,
        number=(so_far or 0) + 1,
        way=way,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(copy)
    session.flush()
    audit.record(
        session,
        actor,
        "document.reprinted",
        subject=f"document:{document.label}",
        after={"copy": copy.number, "way": way, "till": till},
    )
    return copy


def numbered(session: Session, document: IssuedDocument, number: int) -> DocumentCopy:
    """A copy that was made; raises NotFound."""
    found = session.scalar(
        select(DocumentCopy).where(
            DocumentCopy.document_id == document.id, DocumentCopy.number == number
        )
    )
    if found is None:
        raise NotFound(msg("No such copy was made of {label}.", label=document.label))
    return found


def of(session: Session, document: IssuedDocument) -> list[DocumentCopy]:
    """The copies of a document, oldest first."""
    return list(
        session.scalars(
            select(DocumentCopy)
            .where(DocumentCopy.document_id == document.id)
            .order_by(DocumentCopy.number)
        )
    )

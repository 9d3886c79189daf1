"""The invoices and credit notes of one sale or repair, as a page lists them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.text import Text
from app.payments import einvoice
from app.payments.documents import from_json
from app.payments.invoice_models import ElectronicInvoice
from app.payments.issuing import KIND_LABELS
from app.payments.models import IssuedDocument


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One of them; `lacks` says why it is paper alone."""

    document: IssuedDocument
    label: Text
    lacks: Text | None


def of(session: Session, documents: Sequence[IssuedDocument]) -> list[InvoiceRow]:
    """Those of some documents that are invoices or credit notes."""
    asked = _invoices(documents)
    if not asked:
        return []
    kept = set(
        session.scalars(
            select(ElectronicInvoice.document_id).where(
                ElectronicInvoice.document_id.in_([document.id for document in asked])
            )
        )
    )
    return [_row(document, kept) for document in asked]


def about(
    session: Session, store_id: int, reference: str
) -> tuple[list[IssuedDocument], list[InvoiceRow]]:
    """What was issued about one thing (`order:1042`), oldest first, and those of it that are
    invoices or credit notes; one statement.
    """
    rows = session.execute(
        select(IssuedDocument, ElectronicInvoice.document_id)
        .outerjoin(ElectronicInvoice, ElectronicInvoice.document_id == IssuedDocument.id)
        .where(IssuedDocument.store_id == store_id, IssuedDocument.reference == reference)
        .order_by(IssuedDocument.id)
    ).all()
    documents = [document for document, _ in rows]
    kept = {document_id for _, document_id in rows if document_id}
    return documents, [_row(document, kept) for document in _invoices(documents)]


def _invoices(documents: Sequence[IssuedDocument]) -> list[IssuedDocument]:
    return [document for document in documents if document.kind in einvoice.ELECTRONIC]


def _row(document: IssuedDocument, kept: Collection[int]) -> InvoiceRow:
    lacks = None if document.id in kept else einvoice.lacking(from_json(document.content))
    return InvoiceRow(document, KIND_LABELS[document.kind], lacks)

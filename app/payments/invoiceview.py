"""The invoices and credit notes of one sale or repair, as a page lists them."""

from collections.abc import Sequence
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
    asked = [document for document in documents if document.kind in einvoice.ELECTRONIC]
    if not asked:
        return []
    kept = set(
        session.scalars(
            select(ElectronicInvoice.document_id).where(
                ElectronicInvoice.document_id.in_([document.id for document in asked])
            )
        )
    )
    return [
        InvoiceRow(
            document,
            KIND_LABELS[document.kind],
            None if document.id in kept else einvoice.lacking(from_json(document.content)),
        )
        for document in asked
    ]

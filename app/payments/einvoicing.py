"""Electronic invoices as they are kept: written once, when the document is issued."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.canonical import sha256_hex
from app.payments import einvoice
from app.payments.documents import DocumentContent
from app.payments.einvoice import NotElectronic
from app.payments.invoice_models import ElectronicInvoice
from app.payments.models import IssuedDocument


def keep(session: Session, document: IssuedDocument, content: DocumentContent) -> None:
    """Write the XML beside a document just issued; what lacks the facts for it stays paper."""
    try:
        xml = einvoice.xml(content)
    except NotElectronic:
        return
    session.add(
        ElectronicInvoice(
            document_id=document.id, xml=xml, sha256=sha256_hex(xml), made_at=clock.now()
        )
    )


def xml_of(session: Session, document: IssuedDocument, content: DocumentContent) -> bytes:
    """A document as XML, as it was issued. Raises NotElectronic; ValueError when it was changed.

    Those of before the house wrote electronic invoices are written for the asker.
    """
    kept = session.scalar(
        select(ElectronicInvoice).where(ElectronicInvoice.document_id == document.id)
    )
    if kept is None:
        return einvoice.xml(content)
    if sha256_hex(kept.xml) != kept.sha256:
        raise ValueError(f"the XML of {document.label} is not as it was issued")
    return kept.xml


def xml_if_any(
    session: Session, document: IssuedDocument, content: DocumentContent
) -> bytes | None:
    """The same for the PDF: None where the document is paper alone."""
    try:
        return xml_of(session, document, content)
    except NotElectronic:
        return None

"""What must hold of electronic invoices: they are as written, and say what their document says."""

from collections.abc import Iterator

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.canonical import sha256_hex
from app.payments import einvoice
from app.payments.documents import DocumentContent, from_json
from app.payments.invoice_models import ElectronicInvoice
from app.payments.models import IssuedDocument

# what the document says, by the names of the XML's sums
_SUMS = ("GrandTotalAmount", "TaxBasisTotalAmount", "TaxTotalAmount", "DuePayableAmount")


def breaches(session: Session) -> Iterator[str]:
    """Every electronic invoice that is not as it was written, or says other sums than the paper."""
    rows = session.execute(
        select(ElectronicInvoice, IssuedDocument)
        .join(IssuedDocument, IssuedDocument.id == ElectronicInvoice.document_id)
        .order_by(ElectronicInvoice.id)
        .execution_options(yield_per=200)
    )
    for kept, document in rows:
        name = f"payments: the XML of {document.label} of store {document.store_id}"
        if sha256_hex(kept.xml) != kept.sha256:
            yield f"{name} is not as it was issued"
            continue
        try:
            content = from_json(document.content)
        except ValueError:
            continue  # the proof of documents names it
        if _sums(kept.xml) != _of(content):
            yield f"{name} says other sums than the document"


def _sums(xml: bytes) -> tuple[str, ...]:
    found = {
        etree.QName(part).localname: part.text or ""
        for end in etree.fromstring(xml).iter("{*}SpecifiedTradeSettlementHeaderMonetarySummation")
        for part in end
    }
    return tuple(found.get(name, "") for name in _SUMS)


def _of(content: DocumentContent) -> tuple[str, ...]:
    words = einvoice.words(content)
    return tuple(str(words[term]) for term in ("BT-112", "BT-109", "BT-110", "BT-115"))

"""Which template prints which document."""

from app.payments import einvoice
from app.payments.documents import DocumentContent, DocumentKind
from app.web.printing import document_html, pdf_document

_TEMPLATES: dict[DocumentKind, str] = {
    DocumentKind.RECEIPT: "documents/receipt.html",
    DocumentKind.INVOICE: "documents/invoice.html",
    DocumentKind.CREDIT_NOTE: "documents/invoice.html",
    DocumentKind.QUOTE: "documents/quote.html",
    DocumentKind.HANDOVER: "documents/handover.html",
    DocumentKind.PURCHASE: "documents/purchase.html",
    DocumentKind.REMINDER: "documents/reminder.html",
    DocumentKind.X_REPORT: "documents/z_report.html",
    DocumentKind.Z_REPORT: "documents/z_report.html",
}


def html(content: DocumentContent, *, copy: bool = False) -> str:
    """The paper as a page of its own, in the document's language."""
    return document_html(_TEMPLATES[content.kind], content, copy=copy)


def pdf(content: DocumentContent, *, copy: bool = False, xml: bytes | None = None) -> bytes:
    """The paper as PDF/A, the same bytes each time; with `xml` inside it is a Factur-X invoice."""
    inside = None if xml is None else einvoice.enclosure(content, xml)
    return pdf_document(_TEMPLATES[content.kind], content, copy=copy, enclosure=inside)

"""Issued documents for programs: what they are, as PDF, invoices as data, and copies."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import ApiReading, ApiWriting
from app.payments import copies, einvoicing, fiscalsigning, invoiceview, issuing, papers
from app.payments.documents import DocumentKind
from app.payments.models import IssuedDocument
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyOut

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])
Label = Annotated[str, Path(max_length=32, description="As printed, e.g. INV-000123.")]


class DocumentTaxOut(BaseModel):
    """The sums of a rate and category as the document shows them."""

    rate_bp: int
    category: str = Field(description="By UNTDID 5305: S, Z, E, AE, K, G, O.")
    net: MoneyOut
    tax: MoneyOut
    reason: str


class PaperOut(BaseModel):
    """`lacks` says why an invoice is paper alone, without data."""

    id: int
    label: str
    kind: DocumentKind
    reference: str
    issued_at: datetime
    issued_by: str
    sha256: str
    total: MoneyOut
    open: MoneyOut
    taxes: list[DocumentTaxOut]
    is_electronic: bool
    lacks: str
    copies: int


class CopyOut(BaseModel):
    number: int
    made_at: datetime
    made_by: str


@router.get(
    "/{label}.pdf",
    responses={200: {"content": {"application/pdf": {}}}, **refusals(404)},
    response_class=Response,
)
def read_document_pdf(session: ReadSession, actor: ApiReading, *, label: Label) -> Response:
    """PDF/A-3; an invoice holds its own data (Factur-X)."""
    document = issuing.by_label(session, actor, label)
    content = fiscalsigning.printable(session, document)
    xml = einvoicing.xml_if_any(session, document, content)
    session.rollback()  # a long PDF takes a second
    return Response(papers.pdf(content, xml=xml), media_type="application/pdf")


@router.get(
    "/{label}.xml",
    responses={200: {"content": {"application/xml": {}}}, **refusals(404)},
    response_class=Response,
)
def read_document_xml(session: ReadSession, actor: ApiReading, *, label: Label) -> Response:
    """An invoice or credit note as Factur-X, profile EN 16931."""
    document = issuing.by_label(session, actor, label)
    xml = einvoicing.xml_of(session, document, issuing.content_of(document))
    return Response(xml, media_type="application/xml")


@router.get("/{label}", responses=refusals(404))
def read_document(
    request: Request, session: ReadSession, actor: ApiReading, *, label: Label
) -> PaperOut:
    return _out(request, session, issuing.by_label(session, actor, label))


@router.post("/{label}/copies", status_code=201, responses=refusals_of_writing(404))
@once
def copy_document(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: ApiWriting,
    *,
    label: Label,
) -> CopyOut:
    """Count a copy that was given out; the paper that goes with it is marked as one."""
    made = copies.make(session, actor, issuing.by_label(session, actor, label), way=copies.PDF)
    return CopyOut(number=made.number, made_at=made.made_at, made_by=made.made_by)


def _out(request: Request, session: Session, document: IssuedDocument) -> PaperOut:
    content = issuing.content_of(document)
    rows = invoiceview.of(session, [document])
    lacks = rows[0].lacks if rows else None
    return PaperOut(
        id=document.id,
        label=document.label,
        kind=document.kind,
        reference=document.reference,
        issued_at=document.issued_at,
        issued_by=document.issued_by,
        sha256=document.sha256,
        total=MoneyOut.of(content.totals.due),
        open=MoneyOut.of(content.open),
        taxes=[
            DocumentTaxOut(
                rate_bp=tax.rate_bp,
                category=tax.category.of_rate(tax.rate_bp).code,
                net=MoneyOut.of(tax.net),
                tax=MoneyOut.of(tax.tax),
                reason=tax.reason,
            )
            for tax in content.taxes
        ],
        is_electronic=bool(rows) and lacks is None,
        lacks="" if lacks is None else speech_of(request).say(lacks),
        copies=len(copies.of(session, document)),
    )

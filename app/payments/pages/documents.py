"""The issued documents: on screen, as paper, as PDF, and printed again."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.payments import copies, einvoicing, fiscalsigning, invoiceview, issuing, papers, printing
from app.payments.forms import TillForm
from app.payments.pages.terminal import till_of
from app.web.forms import StoreForm
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter()
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/documents/{document_id}.pdf")
def document_pdf(
    session: ReadSession,
    actor: SignedIn,
    document_id: RowId,
    copy: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> Response:
    """The document, an invoice with its data inside; `copy` is one that was made of it."""
    document = issuing.document(session, actor, document_id)
    content, name = fiscalsigning.printable(session, document), f"{document.label}.pdf"
    if copy:
        copies.numbered(session, document, copy)
    xml = None if copy else einvoicing.xml_if_any(session, document, content)
    session.rollback()  # a long PDF takes a second
    return _file(papers.pdf(content, copy=bool(copy), xml=xml), "application/pdf", name)


@router.get("/documents/{document_id}.xml")
def document_xml(session: ReadSession, actor: SignedIn, document_id: RowId) -> Response:
    """An invoice as data: Factur-X, profile EN 16931."""
    document = issuing.document(session, actor, document_id)
    xml = einvoicing.xml_of(session, document, issuing.content_of(document))
    return _file(xml, "application/xml", f"{document.label}.xml", way="attachment")


@router.post("/documents/{document_id}/copy")
@once
def copy_document(
    request: Request,  # noqa: ARG001 - read by @once
    session: WriteSession,
    actor: Acting,
    document_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Count a copy and show it: the paper, marked."""
    document = issuing.document(session, actor, document_id)
    made = copies.make(session, actor, document, way=copies.PDF)
    return RedirectResponse(f"/documents/{document_id}.pdf?copy={made.number}", 303)


def _file(data: bytes, kind: str, name: str, *, way: str = "inline") -> Response:
    return Response(
        data,
        media_type=kind,
        headers={
            "Content-Disposition": f'{way}; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get("/documents/{document_id}/paper")
def document_paper(session: ReadSession, actor: SignedIn, document_id: RowId) -> Response:
    """The paper alone, to look at or to print from the browser."""
    content = fiscalsigning.printable(session, issuing.document(session, actor, document_id))
    return HTMLResponse(papers.html(content), headers={"Cache-Control": "no-store"})


@router.get("/documents/{document_id}")
def show_document(
    request: Request, session: ReadSession, actor: SignedIn, document_id: RowId
) -> Response:
    document = issuing.document(session, actor, document_id)
    return render(
        request,
        "payments/document.html",
        document=document,
        label=issuing.KIND_LABELS[document.kind],
        content=issuing.content_of(document),
        printable=document.kind in printing.SLIPS,
        paper=invoiceview.of(session, [document]),
        copies=copies.of(session, document),
    )


@router.post("/documents/{document_id}/print")
@once
def print_document(
    request: Request,
    session: WriteSession,
    actor: Acting,
    document_id: RowId,
    form: Annotated[TillForm, Form()],
) -> Response:
    """Print a copy at this terminal's till."""
    document = issuing.document(session, actor, document_id)
    printing.reprint(session, actor, document, till=till_of(request, session, actor, form.till))
    return RedirectResponse(f"/documents/{document_id}", 303)

"""The issued documents: on screen, as paper, as PDF, and printed again."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.payments import fiscalsigning, issuing, papers, printing
from app.payments.forms import TillForm
from app.payments.pages.terminal import till_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter()
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/documents/{document_id}.pdf")
def document_pdf(session: ReadSession, actor: SignedIn, document_id: RowId) -> Response:
    document = issuing.document(session, actor, document_id)
    content, name = fiscalsigning.printable(session, document), f"{document.label}.pdf"
    session.rollback()  # a long PDF takes a second
    return Response(
        papers.pdf(content),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
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

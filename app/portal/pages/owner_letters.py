"""What was written to the customer of a repair, for staff; and the paper that a letter leads to."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity import strangers
from app.identity.guard import SignedIn
from app.kernel.errors import NotFound
from app.messaging import choices
from app.payments import fiscalsigning, papers
from app.portal import documentlinks, lettersview
from app.service import tickets
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.unlisted import HEADERS
from app.web.visitors import visitor_of
from app.web.wire import Number

router = APIRouter()


@router.get("/service/tickets/{number}/letters")
def show_letters(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    actor.require("service.view")
    ticket = tickets.by_number(session, actor, number)
    return render(
        request,
        "portal/letters.html",
        written=lettersview.of_ticket(session, actor, ticket),
        number=tickets.label(ticket),
        ticket_page=tickets.page(ticket),
        channels=choices.CHANNEL_LABELS,
    )


@router.get("/d/{key}")
def download_paper(request: Request, session: ReadSession, *, key: str) -> Response:
    """The receipt that a letter leads to."""
    try:
        document = documentlinks.document_of(session, key)
    except NotFound:
        visitor = visitor_of(request)
        strangers.count_wrong(database_of(request), session, page="paper", visitor=visitor)
        raise
    name, content = document.label, fiscalsigning.printable(session, document)
    session.rollback()  # drawing a long paper takes a second
    disposition = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(
        papers.pdf(content), media_type="application/pdf", headers={**HEADERS, **disposition}
    )

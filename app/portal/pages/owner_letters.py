"""What was written to the customer of a repair, for staff."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.messaging import choices
from app.portal import lettersview
from app.service import tickets
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.get("/{number}/letters")
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

"""A ticket's public page, where the code on the receipt leads: for its customer, without login."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.service import estimates, links, standing
from app.stores import desk
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/s")

# Kept by nobody, found by no search engine, and told to no page that it leads to.
_PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


@router.get("/{token}")
def show_status(request: Request, session: ReadSession, *, token: str) -> Response:
    """How far the repair is, until when it was promised, and why it waits. Nobody's name."""
    ticket = links.ticket_of(session, token)
    store = desk.store_of(session, ticket.store_id)
    answer = render(
        request,
        "service/status.html",
        told=standing.told(ticket),
        store=store,
        estimate=estimates.shown_to_customer(session, ticket),
        estimate_page=f"/s/{token}/estimate",
        speech=speech(language_of(request), store.zone),
    )
    answer.headers.update(_PRIVATE)
    return answer

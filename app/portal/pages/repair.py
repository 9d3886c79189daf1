"""A ticket's public page, where the code on the receipt leads: for its customer, without login."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.kernel.uploads import JPEG
from app.service import estimates, links, photos, standing, tickets
from app.stores import desk
from app.web.files import file_response, files_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.unlisted import unlisted
from app.web.wire import RowId

router = APIRouter(prefix="/s")


@router.get("/{token}")
def show_status(request: Request, session: ReadSession, *, token: str) -> Response:
    """How far the repair is, until when it was promised, and why it waits. Nobody's name."""
    ticket = links.ticket_of(session, token)
    store = desk.store_of(session, ticket.store_id)
    answer = render(
        request,
        "portal/repair.html",
        told=standing.told(ticket),
        store=store,
        estimate=estimates.shown_to_customer(session, ticket),
        estimate_page=f"/s/{token}/estimate",
        photos=photos.shared_of(session, ticket),
        photo_page=f"/s/{token}/photos",
        speech=speech(language_of(request), store.zone),
    )
    return unlisted(answer)


@router.get("/{token}/photos/{photo_id}")
def show_photo(request: Request, session: ReadSession, *, token: str, photo_id: RowId) -> Response:
    """A picture that was marked for the customer; any other is none, as a wrong key is none."""
    ticket = links.ticket_of(session, token)
    photo = photos.shared_by_id(session, ticket, photo_id)
    content = files_of(request).get(photo.sha256)
    answer = file_response(content, media_type=JPEG, name=f"{tickets.label(ticket)}-{photo.id}")
    return unlisted(answer)

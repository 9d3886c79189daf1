"""In which language and by what way a repair's customer is written to: they say so themselves."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.kernel.errors import StoreError
from app.messaging.choices import CHANNEL_LABELS
from app.portal import reaching
from app.portal.pages.opening import act, opened, private
from app.service import tickets
from app.service.models import Ticket
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.i18n import LANGUAGES, language_of
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/s")


class ReachingForm(StoreForm):
    language: Typed = ""
    channel: Typed = ""


@router.get("/{token}/letters")
def ask_how_to_write(
    request: Request, session: ReadSession, *, token: str, done: str = ""
) -> Response:
    ticket = opened(request, session, token)
    return _page(request, session, token, ticket, is_done=bool(done))


@router.post("/{token}/letters")
def choose_how_to_write(
    request: Request,
    session: ReadSession,
    *,
    token: str,
    form: Annotated[ReachingForm, Form()],
) -> Response:
    def choose(own: Session, ticket: Ticket) -> None:
        reaching.choose(own, ticket, language=form.language, channel=form.channel)

    ticket = opened(request, session, token)
    try:
        act(request, session, ticket, token, choose)
    except StoreError as refusal:
        ticket = opened(request, session, token)
        return _page(request, session, token, ticket, typed=form, refusal=refusal)
    return private(RedirectResponse(f"/s/{token}/letters?done=yes", 303))


def _page(
    request: Request,
    session: Session,
    token: str,
    ticket: Ticket,
    *,
    typed: ReachingForm | None = None,
    refusal: StoreError | None = None,
    is_done: bool = False,
) -> Response:
    now = reaching.of_ticket(session, ticket)
    page = render(
        request,
        "portal/repair_letters.html",
        status=status_of(refusal) if refusal else 200,
        store=desk.store_of(session, ticket.store_id),
        number=tickets.label(ticket),
        here=f"/s/{token}",
        languages_here=list(LANGUAGES.items()),
        channels=[(one.value, CHANNEL_LABELS[one]) for one in now.channels],
        language=typed.language if typed else now.language or language_of(request),
        channel=typed.channel if typed else now.channel.value,
        is_done=is_done,
        problems=problems_of(refusal) if refusal else {},
    )
    return private(page)

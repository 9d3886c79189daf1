"""The keys to a ticket's public page, for staff: all of them, a new one, no more of one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.portal.pages.opening import start_of
from app.service import links, tickets
from app.service.models import Ticket
from app.web.errors import status_of
from app.web.forms import StoreForm
from app.web.qr import qr_code
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/service/tickets")

_Bare = Annotated[StoreForm, Form()]


@router.get("/{number}/keys")
def show_keys(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    actor.require("service.view")
    return _page(request, session, actor, tickets.by_number(session, actor, number))


@router.post("/{number}/keys")
def rotate_keys(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: _Bare,  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """A new key, told this once: so the answer is kept for nobody to replay."""
    ticket = tickets.by_number(session, actor, number)
    key = links.rotate(session, actor, ticket)
    return _page(request, session, actor, ticket, link=f"{start_of(request)}/s/{key}")


@router.post("/{number}/keys/{link_id}/revoke")
def revoke_key(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    link_id: RowId,
    form: _Bare,  # noqa: ARG001 - carries the CSRF token
) -> Response:
    ticket = tickets.by_number(session, actor, number)
    try:
        links.revoke(session, actor, ticket, link_id)
    except StoreError as refusal:
        session.rollback()
        ticket = tickets.by_number(session, actor, number)
        return _page(request, session, actor, ticket, refusal=refusal)
    return RedirectResponse(f"{tickets.page(ticket)}/keys", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    link: str = "",
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "portal/keys.html",
        status=status_of(refusal) if refusal else 200,
        label=tickets.label(ticket),
        here=tickets.page(ticket),
        keys=links.of_ticket(session, actor, ticket),
        link=link,
        drawing=qr_code(link) if link else None,
        refusal=refusal,
    )

"""Messages with the customer, on the ticket's page of the staff: read them, answer."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.portal import talks
from app.service import tickets
from app.service.models import Ticket
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.get("/{number}/messages")
def show_talk(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """The conversation with the customer; the ticket's page fetches it anew when it changed."""
    actor.require("service.view")
    return _page(request, session, actor, tickets.by_number(session, actor, number))


@router.post("/{number}/messages")
@once
def answer_customer(
    request: Request, session: WriteSession, actor: Acting, number: Number, form: Submitted
) -> Response:
    ticket = tickets.by_number(session, actor, number)
    try:
        talks.answer(
            session, actor, ticket, text=form.values.get("text", ""), token=form.token or "none"
        )
    except StoreError as refusal:
        session.rollback()
        ticket = tickets.by_number(session, actor, number)
        typed = form.values.get("text", "")
        return _page(request, session, actor, ticket, typed=typed, refusal=refusal)
    return RedirectResponse(f"{tickets.page(ticket)}#talk", 303)


@router.post("/{number}/messages/read")
def note_read(
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """It was read, and needs no answer."""
    ticket = tickets.by_number(session, actor, number)
    talks.note_read(session, actor, ticket)
    return RedirectResponse(f"{tickets.page(ticket)}#talk", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    typed: str = "",
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "portal/talk.html",
        block="talk",
        status=status_of(refusal) if refusal else 200,
        facts=talks.panel(session, actor, ticket),
        ticket=ticket,
        label=tickets.label(ticket),
        here=tickets.page(ticket),
        typed_answer=typed,
        problems=problems_of(refusal) if refusal else {},
    )

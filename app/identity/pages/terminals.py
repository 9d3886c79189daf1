"""Devices of the store: enrolling the one at hand, and taking one back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import staff, terminals
from app.identity.forms import EnrolForm
from app.identity.guard import TERMINAL_COOKIE, Acting, SignedIn
from app.identity.pages import cookies
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/settings/terminals")


@router.get("")
def list_terminals(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("terminals.enrol")
    return _page(request, session, actor)


@router.post("")
def enrol(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[EnrolForm, Form()],
) -> Response:
    """Make the device that sends this a terminal; whoever sits at it goes on working."""
    present = terminals.by_token(session, request.cookies.get(TERMINAL_COOKIE))
    try:
        terminal, token = terminals.enrol(
            session,
            actor,
            name=form.name,
            till_id=form.till_id(),
            density=form.density,
            instead_of=present,
        )
        terminals.seat(session, request.state.session_id, terminal)
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    response = RedirectResponse("/settings/terminals", 303)
    cookies.keep_terminal(request, response, token)
    return response


@router.post("/{terminal_id}/revoke")
def revoke(
    request: Request,
    session: WriteSession,
    actor: Acting,
    terminal_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    present = terminals.by_token(session, request.cookies.get(TERMINAL_COOKIE))
    terminals.revoke(session, actor, terminal_id)
    response = RedirectResponse("/settings/terminals", 303)
    if present is not None and present.id == terminal_id:
        cookies.forget_terminal(response)
    return response


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    every = terminals.of_store(session, actor.store_id)
    tills = terminals.tills_by_id(session, actor.store_id)
    served = {one.till_id for one in every if one.revoked_at is None}
    unserved = [till_id for till_id in tills if till_id not in served]
    proposed = next(iter([*unserved, *tills]), None)
    return render(
        request,
        "identity/terminals.html",
        status=status,
        terminals=every,
        tills=tills,
        people={one.id: one.name for one in staff.of_store(session, actor.store_id)},
        here=terminals.by_token(session, request.cookies.get(TERMINAL_COOKIE)),
        proposed_till=proposed,
        form=form or {},
        problems=problems or {},
    )

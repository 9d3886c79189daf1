"""Keys of programs: made, shown once, revoked."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import tokens
from app.identity.forms import ProgramForm
from app.identity.guard import Acting, SignedIn
from app.identity.roles import ROLE_LABELS, grantable_to_programs
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/settings/tokens")


@router.get("")
def list_tokens(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("staff.manage")
    return _page(request, session, actor)


@router.post("")
def create(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ProgramForm, Form()],
) -> Response:
    """The token's text in the answer to this form, and never again."""
    try:
        token = tokens.create(session, actor, name=form.name, role=form.read())
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
    return _page(request, session, actor, made=token)


@router.post("/{token_id}/revoke")
def revoke(
    request: Request,  # noqa: ARG001 - each page endpoint takes one
    session: WriteSession,
    actor: Acting,
    token_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    tokens.revoke(session, actor, token_id)
    return RedirectResponse("/settings/tokens", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    made: str = "",
    form: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "identity/tokens.html",
        status=status,
        tokens=tokens.of_store(session, actor.store_id),
        labels=ROLE_LABELS,
        roles=grantable_to_programs(actor),
        made=made,
        form=form or {},
        problems=problems or {},
    )

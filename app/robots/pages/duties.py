"""Which documents each market asks for before a robot is handed over."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.robots import makers, requirements
from app.robots.documents import KIND_LABELS
from app.robots.dutyforms import ReasonForm, RequirementForm
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots/duties")


@router.get("")
def list_duties(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("robots.view")
    return _page(request, session, typed={}, problems={})


@router.post("")
@once
def add_duty(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RequirementForm, Form()]
) -> Response:
    try:
        requirements.require(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/robots/duties", 303)


@router.post("/usual")
@once
def put_usual(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    form: Annotated[ReasonForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    """The rules that hold in all of the EU."""
    actor.require("robots.edit")
    requirements.put_usual_for_eu(session, actor)
    return RedirectResponse("/robots/duties", 303)


@router.post("/{requirement_id}/end")
@once
def end_duty(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    requirement_id: RowId,
    form: Annotated[ReasonForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        requirements.end(session, actor, requirement_id)
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            typed={},
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/robots/duties", 303)


def _page(
    request: Request,
    session: Session,
    *,
    typed: dict[str, Any],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    known = makers.models(session)
    return render(
        request,
        "robots/duties.html",
        status=status,
        rules=requirements.in_force(session),
        kinds=KIND_LABELS,
        models={model.id: model for model in known},
        form=RequirementForm().typed() | typed,
        problems=problems,
    )

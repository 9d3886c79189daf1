"""Makers and their models."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.robots import makers
from app.robots.forms import ModelForm
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/robots")


@router.get("/models")
def list_models(
    request: Request, session: ReadSession, actor: SignedIn, maker: str = "", code: str = ""
) -> Response:
    """Makers' models; `maker` and `code` fill the form, for a delivery note that lacks one."""
    actor.require("robots.view")
    return _models(request, session, form={"maker": maker, "code": code}, problems={})


@router.post("/models")
@once
def add_model(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[ModelForm, Form()]
) -> Response:
    try:
        makers.add_model(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _models(
            request,
            session,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/robots/models", 303)


def _models(
    request: Request,
    session: Session,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "robots/models.html",
        status=status,
        models=makers.models(session),
        makers=makers.makers(session),
        form=dict.fromkeys(ModelForm().typed(), "") | form,
        problems=problems,
    )

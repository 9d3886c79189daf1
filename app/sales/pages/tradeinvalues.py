"""What used robots are worth, and how they are taxed, as a page of the settings."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.robots import makers
from app.sales import tradeinvalues, usedrobots
from app.sales.tradeinforms import MarginForm, RuleForm
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter()


@router.get("/settings/trade-in")
def show_rules(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _rules(request, session, actor, form={}, problems={})


@router.post("/settings/trade-in")
@once
def set_rule(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RuleForm, Form()]
) -> Response:
    try:
        model_id, grade, shares = form.read()
        tradeinvalues.set_rule(session, actor, model_id=model_id, grade=grade, shares=shares)
    except StoreError as refusal:
        session.rollback()
        return _rules(
            request,
            session,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/settings/trade-in", 303)


@router.post("/settings/trade-in/margin")
@once
def set_margin_scheme(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    form: Annotated[MarginForm, Form()],
) -> Response:
    usedrobots.set_margin_scheme(session, actor, is_used=bool(form.margin))
    return RedirectResponse("/settings/trade-in", 303)


@router.post("/settings/trade-in/{rule_id}/drop")
@once
def drop_rule(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    rule_id: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    tradeinvalues.drop_rule(session, actor, rule_id)
    return RedirectResponse("/settings/trade-in", 303)


def _rules(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    models = [(str(one.id), f"{one.maker.name} {one.name}") for one in makers.models(session)]
    return render(
        request,
        "sales/trade_in_rules.html",
        status=status,
        rules=tradeinvalues.rules(session, actor),
        grades=tradeinvalues.GRADE_LABELS,
        is_on_margin=desk.store_of(session, actor.store_id).margin_scheme,
        models=models,
        form=form,
        problems=problems,
    )

"""The table of rules: which change at which kind of slot asks for which procedure."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import presale, procedures, rules
from app.calibration.procedure_models import VersionState
from app.calibration.rules import CHANGE_LABELS, REACH_LABELS, RULED
from app.calibration.validityforms import PresaleForm, RuleForm
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import msg
from app.robots.slotnames import CLASS_LABELS
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/rules")
_HERE = "/calibration/rules"
EVERY_SLOT = msg("every slot, and the robot as a whole")


@router.get("")
def list_rules(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    return _list(request, session, actor)


@router.post("")
@once
def add_rule(
    request: Request, session: WriteSession, actor: Acting, *, form: Annotated[RuleForm, Form()]
) -> Response:
    try:
        rules.add(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, form=form, refusal=refusal)
    return RedirectResponse(_HERE, 303)


@router.post("/seed")
@once
def seed_rules(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    *,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - its token
) -> Response:
    """The starting rules for the procedures that the store has."""
    rules.seed(session, actor)
    return RedirectResponse(_HERE, 303)


@router.post("/presale")
@once
def require_before_sale(
    request: Request, session: WriteSession, actor: Acting, *, form: Annotated[PresaleForm, Form()]
) -> Response:
    """The ticked procedures have to pass before a robot is handed over, and no others."""
    try:
        presale.require(session, actor, form.procedures)
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, refusal=refusal)
    return RedirectResponse(f"{_HERE}#presale", 303)


@router.post("/{rule_id}/archive")
def archive_rule(
    session: WriteSession,
    actor: Acting,
    *,
    rule_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - its token
) -> Response:
    rules.archive(session, actor, rule_id)
    return RedirectResponse(_HERE, 303)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    form: RuleForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.view")
    known = {
        version.procedure.code: version.title
        for version in procedures.listed(session, actor.store_id)
        if version.state is VersionState.RELEASED
    }
    status = 200
    if refusal is not None:
        status = 422 if is_htmx(request) else status_of(refusal)
    return render(
        request,
        "calibration/rules.html",
        status=status,
        rules=rules.listed(session, actor.store_id),
        procedures=[(code, f"{code}, {title}") for code, title in known.items()],
        classes=[("", EVERY_SLOT), *((str(one), label) for one, label in CLASS_LABELS.items())],
        class_labels={"": EVERY_SLOT} | {str(one): label for one, label in CLASS_LABELS.items()},
        changes=[(one.value, CHANGE_LABELS[one]) for one in RULED],
        change_labels=CHANGE_LABELS,
        reaches=[(one.value, label) for one, label in REACH_LABELS.items()],
        reach_labels=REACH_LABELS,
        presale={one.code for one in presale.listed(session, actor.store_id)},
        form=(form or RuleForm()).typed(),
        problems=problems_of(refusal) if refusal else {},
    )

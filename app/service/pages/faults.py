"""Fault statistics, and the codes that the store uses."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text, msg
from app.service import faults, statistics
from app.service.forms import CodeForm, word
from app.service.states import FaultKind
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/service/faults")

PERIODS: dict[str, tuple[Text, int]] = {
    "30": (msg("30 days"), 30),
    "90": (msg("90 days"), 90),
    "365": (msg("A year"), 365),
}
KIND_LABELS: dict[FaultKind, Text] = {
    FaultKind.SYMPTOM: msg("Symptom"),
    FaultKind.CAUSE: msg("Cause"),
    FaultKind.ACTION: msg("Action"),
}
_DEFAULT = "365"


@router.get("")
def show_faults(
    request: Request, session: ReadSession, actor: SignedIn, days: str = _DEFAULT
) -> Response:
    """What was found how often, by part, lot, model and symptom."""
    actor.require("service.view")
    return _page(request, session, actor, days=days)


@router.post("/codes")
@once
def add_code(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[CodeForm, Form()]
) -> Response:
    try:
        kind = word(FaultKind, form.kind, field="kind")
        faults.add(session, actor, kind, code=form.code, label=form.label)
    except StoreError as refusal:
        session.rollback()
        refused = (form.typed(), refusal)
        return _page(request, session, actor, days=_DEFAULT, refused=refused)
    return RedirectResponse("/service/faults#codes", 303)


@router.post("/codes/leave-out")
@once
def leave_out(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[CodeForm, Form()],
) -> Response:
    try:
        faults.leave_out(session, actor, word(FaultKind, form.kind, field="kind"), form.code)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, days=_DEFAULT, refused=({}, refusal))
    return RedirectResponse("/service/faults#codes", 303)


@router.post("/codes/take-back")
@once
def take_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[CodeForm, Form()],
) -> Response:
    try:
        faults.take_back(session, actor, word(FaultKind, form.kind, field="kind"), form.code)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, days=_DEFAULT, refused=({}, refusal))
    return RedirectResponse("/service/faults#codes", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    days: str,
    refused: tuple[dict[str, Any], StoreError] | None = None,
) -> Response:
    typed, refusal = refused or ({}, None)
    chosen = days if days in PERIODS else _DEFAULT
    since = clock.now() - timedelta(days=PERIODS[chosen][1])
    return render(
        request,
        "service/faults.html",
        status=status_of(refusal) if refusal else 200,
        counts=statistics.faults(session, actor, since=since),
        codes=faults.codes_of(session, actor.store_id),
        kinds=list(KIND_LABELS.items()),
        symptom=FaultKind.SYMPTOM,
        periods=[
            {"href": f"/service/faults?days={word}", "label": label, "current": word == chosen}
            for word, (label, _) in PERIODS.items()
        ],
        form=CodeForm().typed() | typed,
        problems=problems_of(refusal) if refusal else {},
    )

"""Two steps of a draft with a page of their own: points from a robot's body, and the release."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import procedurelists, procedures
from app.calibration.completeness import problems_of as missing_of
from app.calibration.procedure_models import VersionState
from app.calibration.procedureforms import BareForm, CopyForm
from app.calibration.states import RULE_LABELS
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/procedures/versions/{version_id}")
_HERE = "/calibration/procedures"


@router.get("/copy")
def ask_copy(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    version_id: RowId,
    plan: str = "",
) -> Response:
    """What a body would give, and what it would not, before anything is copied."""
    return _copy(request, session, actor, version_id, plan=plan)


@router.post("/copy")
@once
def copy_points(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[CopyForm, Form()],
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        plan = procedurelists.plan_by_id(session, form.read())
        procedures.from_model(session, actor, version, plan)
    except StoreError as refusal:
        session.rollback()
        return _copy(request, session, actor, version_id, plan=form.plan, refusal=refusal)
    return RedirectResponse(f"{procedures.page(version)}#points", 303)


@router.get("/release")
def ask_release(
    request: Request, session: ReadSession, actor: SignedIn, version_id: RowId
) -> Response:
    return _release(request, session, actor, version_id)


@router.post("/release")
@once
def release_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        procedures.release(session, actor, version)
    except StoreError as refusal:
        session.rollback()
        return _release(request, session, actor, version_id, refusal=refusal)
    return RedirectResponse(procedures.page(version), 303)


def _copy(
    request: Request,
    session: Session,
    actor: Actor,
    version_id: int,
    *,
    plan: str,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.procedures")
    version = procedures.version_by_id(session, actor, version_id)
    bodies = procedurelists.bodies(session, version)
    chosen = next((body for body in bodies if str(body.plan.id) == plan), None)
    return render(
        request,
        "calibration/copy.html",
        status=status_of(refusal) if refusal else 200,
        path=_HERE,
        version=version,
        page=procedures.page(version),
        bodies=bodies,
        plan=plan,
        chosen=chosen,
        look=procedures.look_at(session, version, chosen.plan) if chosen else None,
        problems=problems_of(refusal) if refusal else {},
    )


def _release(
    request: Request,
    session: Session,
    actor: Actor,
    version_id: int,
    *,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.procedures")
    version = procedures.version_by_id(session, actor, version_id)
    former = procedurelists.former_of(session, version)
    return render(
        request,
        "calibration/release.html",
        status=status_of(refusal) if refusal else 200,
        path=_HERE,
        version=version,
        page=procedures.page(version),
        is_draft=version.state is VersionState.DRAFT,
        missing=missing_of(version) if version.state is VersionState.DRAFT else {},
        former=former,
        changes=procedurelists.changes(former, version) if former else (),
        rule_labels=RULE_LABELS,
        problems=problems_of(refusal) if refusal else {},
    )

"""Procedures: which there are, a procedure with its versions, what is done with a version."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import gbtemplates, procedurelists, procedures, rules, seeds
from app.calibration.completeness import problems_of as missing_of
from app.calibration.procedure_models import ProcedureVersion, VersionState
from app.calibration.procedureforms import (
    BareForm,
    DraftForm,
    NeedsForm,
    ReasonForm,
    VersionForm,
)
from app.calibration.procedureinputs import VersionInput
from app.calibration.procedurewords import PARTY_LABELS, VERSION_LABELS, VERSION_TONES
from app.calibration.states import RULE_LABELS
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import makers
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/procedures")
_HERE = "/calibration/procedures"


@router.get("")
def list_procedures(
    request: Request, session: ReadSession, actor: SignedIn, q: str = "", state: str = ""
) -> Response:
    return _list(request, session, actor, q=q, state=state)


@router.post("/starting-set")
@once
def add_starting_set(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        seeds.seed(session, actor.store_id, actor)
        rules.seed(session, actor)
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, refusal=refusal)
    return RedirectResponse(_HERE, 303)


@router.post("/clauses/{number}")
@once
def draft_clause(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: RowId,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    """A draft of a clause of GB/T 44251-2024, without trials and limits."""
    try:
        draft = gbtemplates.draft_clause(session, actor, number)
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, refusal=refusal)
    return RedirectResponse(procedures.page(draft), 303)


@router.get("/new")
def ask_procedure(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("calibration.procedures")
    return _new(request, session, VersionForm())


@router.post("/new")
@once
def add_procedure(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[VersionForm, Form()]
) -> Response:
    try:
        draft = procedures.add(session, actor, code=form.code, wanted=form.read())
    except StoreError as refusal:
        session.rollback()
        return _new(request, session, form, refusal=refusal)
    return RedirectResponse(procedures.page(draft), 303)


@router.get("/{code}")
def show_procedure(request: Request, session: ReadSession, actor: SignedIn, code: str) -> Response:
    return _procedure(request, session, actor, code)


@router.post("/{code}/drafts")
@once
def draft_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    code: str,
    form: Annotated[DraftForm, Form()],
) -> Response:
    """The next version, as one that stands; for another model if one is chosen."""
    try:
        procedure = procedures.by_code(session, actor, code)
        of = procedures.version_by_id(session, actor, form.read_of())
        draft = procedures.new_draft(session, actor, procedure, of=of, wanted=form.wanted(of))
    except StoreError as refusal:
        session.rollback()
        return _procedure(request, session, actor, code, refusal=refusal)
    return RedirectResponse(procedures.page(draft), 303)


@router.get("/versions/{version_id}")
def show_version(
    request: Request, session: ReadSession, actor: SignedIn, version_id: RowId
) -> Response:
    return _version(request, session, actor, version_id)


@router.post("/versions/{version_id}")
@once
def edit_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[VersionForm, Form()],
) -> Response:
    def act(version: ProcedureVersion) -> None:
        procedures.edit(session, actor, version, form.read(), seen=form.seen)

    return _act(request, session, actor, version_id, act, form=form.typed(), about="head")


@router.post("/versions/{version_id}/needs")
@once
def set_needs(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[NeedsForm, Form()],
) -> Response:
    def act(version: ProcedureVersion) -> None:
        procedures.set_needs(session, actor, version, form.read(), seen=form.seen)

    return _act(request, session, actor, version_id, act, needs=form.rows(), about="needs")


@router.post("/versions/{version_id}/retire")
@once
def retire_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    def act(version: ProcedureVersion) -> None:
        procedures.retire(session, actor, version, reason=form.reason)

    return _act(request, session, actor, version_id, act)


@router.post("/versions/{version_id}/discard")
@once
def discard_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        procedures.discard(session, actor, version)
    except StoreError as refusal:
        session.rollback()
        return _version(request, session, actor, version_id, refusal=refusal)
    return RedirectResponse(_HERE, 303)


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    version_id: int,
    act: Callable[[ProcedureVersion], None],
    **typed: Any,
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        act(version)
    except StoreError as refusal:
        session.rollback()
        return _version(request, session, actor, version_id, refusal=refusal, **typed)
    return RedirectResponse(procedures.page(version), 303)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    state: str = "",
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.view")
    rows = procedurelists.rows(session, actor.store_id, text=q, state=state)
    return render(
        request,
        "calibration/procedures.html",
        block="rows",
        status=status_of(refusal) if refusal else 200,
        path=_HERE,
        rows=rows,
        q=q,
        state=state,
        has_any=bool(rows) or procedurelists.has_any(session, actor.store_id),
        is_seeded=seeds.is_seeded(session, actor.store_id),
        clauses=gbtemplates.CLAUSES,
        clause_standard=gbtemplates.STANDARD,
        version_labels=VERSION_LABELS,
        version_tones=VERSION_TONES,
        rule_labels=RULE_LABELS,
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )


def _new(
    request: Request, session: Session, form: VersionForm, *, refusal: StoreError | None = None
) -> Response:
    return render(
        request,
        "calibration/procedure_new.html",
        status=status_of(refusal) if refusal else 200,
        path=_HERE,
        form=form.typed(),
        models=makers.models(session),
        rule_labels=RULE_LABELS,
        party_labels=PARTY_LABELS,
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )


def _procedure(
    request: Request,
    session: Session,
    actor: Actor,
    code: str,
    *,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.view")
    procedure = procedures.by_code(session, actor, code)
    return render(
        request,
        "calibration/procedure.html",
        status=status_of(refusal) if refusal else 200,
        path=_HERE,
        procedure=procedure,
        rows=procedurelists.of_procedure(session, procedure),
        models=makers.models(session),
        version_labels=VERSION_LABELS,
        version_tones=VERSION_TONES,
        rule_labels=RULE_LABELS,
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )


def _version(
    request: Request,
    session: Session,
    actor: Actor,
    version_id: int,
    *,
    form: dict[str, Any] | None = None,
    needs: list[dict[str, str]] | None = None,
    about: str = "",
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.view")
    version = procedures.version_by_id(session, actor, version_id)
    seen = procedures.seen_of(version)
    is_draft = version.state is VersionState.DRAFT
    said = VersionForm.of(VersionInput.of(version), seen=seen).typed()
    return render(
        request,
        "calibration/version.html",
        status=status_of(refusal) if refusal else 200,
        path=_HERE,
        version=version,
        page=procedures.page(version),
        model=makers.model_by_id(session, version.model_id) if version.model_id else None,
        is_draft=is_draft,
        seen=seen,
        form=said | (form or {}) | {"seen": seen},
        needs=needs if needs is not None else procedurelists.needs_of(version.needs),
        about=about,
        missing=missing_of(version) if is_draft else {},
        version_labels=VERSION_LABELS,
        version_tones=VERSION_TONES,
        rule_labels=RULE_LABELS,
        party_labels=PARTY_LABELS,
        points=procedurelists.points_of(version),
        problems=problems_of(refusal) if refusal else {},
        link=refusal.link if refusal else None,
    )

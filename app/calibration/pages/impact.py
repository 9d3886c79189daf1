"""Pages of calibration: what was found wrong, what rests on it, what is done about it."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import impact, impactletters, impactlists, jobbook, robotcases
from app.calibration.engine import ENGINE
from app.calibration.equipment_models import Equipment
from app.calibration.impact_models import Disposition, ImpactCase, ImpactState
from app.calibration.impactforms import CaseForm
from app.calibration.metrology.impact import Effect
from app.calibration.procedure_models import Procedure, ProcedureVersion, VersionState
from app.calibration.states import VERDICT_LABELS, VERDICT_TONES
from app.identity.guard import Acting, SignedIn
from app.identity.models import Staff
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.text import msg
from app.stores import desk
from app.web import paging
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number, RowId

router = APIRouter(prefix="/calibration/impact")
_HERE = "/calibration/impact"
_MOST_CHOICES = 1_000
_TICK = "item-"


@router.get("")
def list_cases(
    request: Request, session: ReadSession, actor: SignedIn, state: str = "", cursor: str = ""
) -> Response:
    before = int(paging.decode(cursor, int)[0]) if cursor else 0
    rows = impactlists.cases(session, actor, state=state, before=before)
    asked = {"state": state} if state else {}
    following = ""
    if len(rows) > impactlists.PAGE:
        rows = rows[: impactlists.PAGE]
        following = f"{_HERE}?{urlencode({**asked, 'cursor': paging.encode(rows[-1].case.id)})}"
    return render(
        request,
        "calibration/impact_list.html",
        rows=rows,
        state=state,
        first_href=f"{_HERE}?{urlencode(asked)}" if cursor else "",
        next_href=following,
        label=impact.label,
        page=impact.page,
        subject_labels=impact.SUBJECT_LABELS,
        state_labels=impact.STATE_LABELS,
        effects=list(Effect)[::-1],
        effect_labels=impact.EFFECT_LABELS,
        effect_tones=impact.EFFECT_TONES,
    )


@router.get("/new")
def ask_case(request: Request, session: ReadSession, actor: SignedIn, key: str = "") -> Response:
    actor.require("calibration.review")
    return _new(request, session, actor, CaseForm(edition=ENGINE, key=key))


@router.post("/new")
@once
def open_case(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[CaseForm, Form()]
) -> Response:
    try:
        zone = desk.store_of(session, actor.store_id).zone
        case = impact.open_case(session, actor, form.read(zone))
    except StoreError as refusal:
        session.rollback()
        return _new(request, session, actor, form, refusal=refusal)
    return RedirectResponse(impact.page(case), 303)


@router.get("/{number}")
def show_case(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    effect: str = "",
    cursor: str = "",
) -> Response:
    return _case(request, session, actor, number, effect=effect, cursor=cursor)


@router.post("/{number}/dispositions")
@once
def dispose(
    request: Request, session: WriteSession, actor: Acting, *, number: Number, form: Submitted
) -> Response:
    """What is done about the ticked items, or about all that wait with one effect."""
    typed = form.values

    def act(case: ImpactCase) -> None:
        if typed.get("disposition") not in set(Disposition):
            raise Refused(msg("Choose one of these."), field="disposition")
        scope = typed.get("scope", "")
        ticked = [
            int(name.removeprefix(_TICK))
            for name in typed
            if name.startswith(_TICK) and name.removeprefix(_TICK)[:18].isdigit()
        ]
        chosen = ticked
        if scope:
            chosen = impactlists.waiting(session, case, effect="" if scope == "all" else scope)
        impact.dispose(
            session,
            actor,
            case,
            chosen,
            Disposition(typed["disposition"]),
            reason=typed.get("reason", ""),
        )

    return _act(request, session, actor, number, act, typed=typed)


@router.post("/{number}/close")
@once
def close(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Submitted,  # noqa: ARG001 - `once` reads its token
) -> Response:
    return _act(
        request, session, actor, number, lambda case: impact.close(session, actor, case), typed={}
    )


@router.get("/{number}/letters/{customer_id}.pdf")
def print_letter(
    session: ReadSession, actor: SignedIn, number: Number, customer_id: RowId
) -> Response:
    case = impact.by_number(session, actor, number)
    data = impactletters.letter_pdf(session, actor, case, customer_id)
    name = f"{impact.label(case)}-{customer_id}.pdf"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}"'}
    return Response(data, media_type="application/pdf", headers=headers)


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    act: Callable[[ImpactCase], None],
    *,
    typed: dict[str, str],
) -> Response:
    case = impact.by_number(session, actor, number)
    try:
        act(case)
    except StoreError as refusal:
        session.rollback()
        return _case(request, session, actor, number, typed=typed, refusal=refusal)
    return RedirectResponse(impact.page(case), 303)


def _new(
    request: Request,
    session: Session,
    actor: Actor,
    form: CaseForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "calibration/impact_new.html",
        status=status_of(refusal) if refusal else 200,
        typed=form.typed(),
        subjects=_subjects(session, actor),
        problems=problems_of(refusal) if refusal else {},
    )


def _subjects(session: Session, actor: Actor) -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that a case can be about, by kind."""
    pieces = session.execute(
        select(Equipment.id, Equipment.asset_number, Equipment.name)
        .where(Equipment.store_id == actor.store_id)
        .order_by(Equipment.asset_key)
        .limit(_MOST_CHOICES)
    )
    versions = session.execute(
        select(ProcedureVersion.id, Procedure.code, ProcedureVersion.number)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .where(Procedure.store_id == actor.store_id, ProcedureVersion.state != VersionState.DRAFT)
        .order_by(Procedure.code_key, ProcedureVersion.number.desc())
        .limit(_MOST_CHOICES)
    )
    people = session.execute(
        select(Staff.id, Staff.name).where(Staff.store_id == actor.store_id).order_by(Staff.name)
    )
    return [
        ("equipment", [(f"equipment:{one.id}", f"{one[1]} · {one[2]}") for one in pieces]),
        ("procedure", [(f"procedure:{one.id}", f"{one[1]} / {one[2]}") for one in versions]),
        ("person", [(f"person:{one.id}", one.name) for one in people]),
    ]


def _case(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    effect: str = "",
    cursor: str = "",
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    case = impact.by_number(session, actor, number)
    after = int(paging.decode(cursor, int)[0]) if cursor else 0
    found = list(impactlists.items(session, case, effect=effect, after=after))
    rows = found[: impactlists.PAGE]
    asked = {"effect": effect} if effect else {}
    asked_next = {**asked, "cursor": paging.encode(rows[-1].item.id)} if rows else {}
    is_more = len(found) > len(rows)
    return render(
        request,
        "calibration/impact_case.html",
        status=status_of(refusal) if refusal else 200,
        case=case,
        here=impact.page(case),
        label=impact.label(case),
        about=impactlists.about(session, case),
        rows=rows,
        counts=impact.counts(session, [case.id])[case.id],
        is_open=case.state is ImpactState.OPEN,
        effect=effect,
        effects=list(Effect)[::-1],
        first_href=f"{impact.page(case)}?{urlencode(asked)}" if cursor else "",
        next_href=f"{impact.page(case)}?{urlencode(asked_next)}" if is_more else "",
        owners=impactlists.owners(session, case),
        subject_labels=impact.SUBJECT_LABELS,
        state_labels=impact.STATE_LABELS,
        effect_labels=impact.EFFECT_LABELS,
        effect_tones=impact.EFFECT_TONES,
        dispositions=[(one.value, said) for one, said in impact.DISPOSITION_LABELS.items()],
        disposition_labels=impact.DISPOSITION_LABELS,
        verdict_labels=VERDICT_LABELS,
        verdict_tones=VERDICT_TONES,
        job_label=jobbook.label,
        job_page=jobbook.page,
        shared=robotcases.shared(session, actor, case),
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )

"""The desk of measurement, the list of jobs, and one job from its planning to its review."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import joblists, jobs, procedures, readings, review
from app.calibration.job_models import CalibrationJob, JobReason, JobState, Phase
from app.calibration.jobforms import (
    AlsoForm,
    ConditionsForm,
    NewForm,
    ReviewForm,
    SeenForm,
    WhyForm,
)
from app.calibration.joblists import Wanted
from app.calibration.pages import measuring
from app.calibration.pages.onejob import asked_job, do, show
from app.calibration.procedure_models import ProcedureVersion, VersionState
from app.calibration.readings import Spot
from app.calibration.states import JOB_LABELS, REASON_LABELS
from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import registry, scanned
from app.robots.models import Unit
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Number

router = APIRouter()
router.include_router(measuring.router)

_HERE = "/calibration/jobs"


@router.get("/calibration")
def show_bench(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    """What is open, what waits for a second person, what lacks its certificate."""
    return render(
        request,
        "calibration/desk.html",
        bench=joblists.bench(session, actor),
        may_review_own=review.may_review_own(session, actor.store_id),
    )


@router.get(_HERE)
def list_jobs(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    q: str = "",
    state: str = "",
    reason: str = "",
    cursor: str = "",
) -> Response:
    wanted = Wanted(
        text=q,
        state=JobState(state) if state in set(JobState) else None,
        reason=JobReason(reason) if reason in set(JobReason) else None,
    )
    page = joblists.listed(session, actor, wanted, cursor=cursor or None)
    return render(
        request,
        "calibration/jobs.html",
        block="rows",
        page=page,
        q=q,
        state=state,
        reason=reason,
        cursor=cursor,
        states=list(JOB_LABELS.items()),
        reasons=list(REASON_LABELS.items()),
    )


@router.get(f"{_HERE}/new")
def ask_job(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    unit: str = "",
    procedure: str = "",
    reason: str = JobReason.SCHEDULED.value,
    reference: str = "",
    part: str = "",
) -> Response:
    """A scan of the robot comes here; the procedures are those of its model."""
    actor.require("calibration.measure")
    form = NewForm(
        unit=unit, procedure=procedure, reason=reason, reference=reference, part=part, points=[]
    )
    return _ask(request, session, actor, form)


@router.post(f"{_HERE}/new")
@once
def plan_job(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[NewForm, Form()]
) -> Response:
    try:
        unit = registry.the_one(scanned.units(session, actor, form.unit), form.unit, maker_id=None)
        job = jobs.plan(
            session,
            actor,
            unit,
            code=form.procedure,
            reason=form.read_reason(),
            reference=form.reference,
            points=form.read_points(),
        )
    except StoreError as refusal:
        session.rollback()
        return _ask(request, session, actor, form, refusal=refusal)
    return RedirectResponse(jobs.page(job), 303)


@router.get(f"{_HERE}/{{number}}")
def show_job(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    point: int = 0,
    phase: str = Phase.AS_FOUND.value,
    retake: int = 0,
) -> Response:
    job = asked_job(session, actor, number)
    wished = again = None
    if point and job.state is JobState.MEASURING:
        chosen = readings.point_called(job, point)
        is_known = phase in set(Phase) and chosen.readings
        wished = Spot(chosen, Phase(phase)) if is_known else None
    if retake and wished is not None:
        again = readings.by_id(session, job, retake)
    return show(request, session, actor, job, wished=wished, retake=again)


@router.post(f"{_HERE}/{{number}}/start")
@once
def start_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ConditionsForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.start(session, actor, job, form.read(), expected_version=form.read_version())

    return do(request, session, actor, number, act=act, refused=("start", form))


@router.post(f"{_HERE}/{{number}}/also")
@once
def measure_also(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[AlsoForm, Form()],
) -> Response:
    """Take up a further place in a job over a part of its procedure."""

    def act(job: CalibrationJob) -> None:
        jobs.measure_also(session, actor, job, {form.target})

    return do(request, session, actor, number, act=act, refused=("also", form))


@router.post(f"{_HERE}/{{number}}/finish")
@once
def finish_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ConditionsForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.finish(session, actor, job, form.read(), expected_version=form.read_version())

    return do(request, session, actor, number, act=act, refused=("finish", form))


@router.post(f"{_HERE}/{{number}}/hold")
@once
def hold_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.hold(session, actor, job, reason=form.reason)

    return do(request, session, actor, number, act=act, refused=("hold", form))


@router.post(f"{_HERE}/{{number}}/go-on")
@once
def go_on(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[SeenForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.go_on(session, actor, job)

    return do(request, session, actor, number, act=act, refused=("go-on", form))


@router.post(f"{_HERE}/{{number}}/cancel")
@once
def cancel_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.cancel(session, actor, job, reason=form.reason)

    return do(request, session, actor, number, act=act, refused=("end", form))


@router.post(f"{_HERE}/{{number}}/void")
@once
def void_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.void(session, actor, job, reason=form.reason)

    return do(request, session, actor, number, act=act, refused=("end", form))


@router.post(f"{_HERE}/{{number}}/reopen")
@once
def reopen_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        jobs.reopen(session, actor, job, reason=form.reason)

    return do(request, session, actor, number, act=act, refused=("reopen", form))


@router.post(f"{_HERE}/{{number}}/review")
@once
def review_job(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ReviewForm, Form()],
) -> Response:
    """A second person signs. A wrong PIN is counted once our own transaction is over."""

    def act(job: CalibrationJob) -> None:
        with approval.counting_wrong(database_of(request), session, actor):
            review.review(session, actor, job, pin=form.pin, note=form.note)

    return do(request, session, actor, number, act=act, refused=("review", form))


@router.post("/calibration/own-reviews")
@once
def own_reviews(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    form: Annotated[SeenForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    """Let who measured review, or no longer: for a store of one person."""
    may = review.may_review_own(session, actor.store_id)
    review.let_review_own(session, actor, may=not may)
    return RedirectResponse("/calibration", 303)


def _ask(
    request: Request,
    session: Session,
    actor: Actor,
    form: NewForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    found = scanned.units(session, actor, form.unit) if form.unit else []
    unit = found[0] if len(found) == 1 else None
    offered = _offered(session, actor, unit) if unit is not None else []
    part = next(
        (one for one in offered if form.part and one.procedure.code == form.procedure), None
    )
    asked = {"unit": form.unit, "reason": form.reason, "reference": form.reference}
    return render(
        request,
        "calibration/job_new.html",
        part=procedures.loaded(session, part.id) if part else None,
        part_page=lambda code: _new_page(asked | {"procedure": code, "part": "1"}),
        whole_page=_new_page(asked | {"procedure": form.procedure}),
        status=status_of(refusal) if refusal else 200,
        unit=unit,
        is_unknown=bool(form.unit) and unit is None,
        is_shared=len(found) > 1,
        offered=[(one.procedure.code, f"{one.procedure.code} · {one.title}") for one in offered],
        reasons=[(word.value, said) for word, said in REASON_LABELS.items()],
        typed=form.typed(),
        refusal=refusal,
        problems=problems_of(refusal) if refusal else {},
    )


def _new_page(asked: Mapping[str, str]) -> str:
    return f"{_HERE}/new?{urlencode({name: text for name, text in asked.items() if text})}"


def _offered(session: Session, actor: Actor, unit: Unit) -> list[ProcedureVersion]:
    """What this robot can be measured by: its model's versions before those for all."""
    chosen: dict[int, ProcedureVersion] = {}
    for version in procedures.listed(session, actor.store_id):
        fits = version.model_id in {None, unit.model_id}
        if version.state is not VersionState.RELEASED or not fits:
            continue
        if version.procedure_id not in chosen or version.model_id is not None:
            chosen[version.procedure_id] = version
    return list(chosen.values())

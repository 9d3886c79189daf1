"""The page of one job: what each of its forms leads to, and what it shows."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import figuretext, impact, jobs, jobview, review, robotcases
from app.calibration.job_models import CalibrationJob, JobState, Phase, Reading
from app.calibration.metrology.decision import Rule
from app.calibration.readings import Spot, Took
from app.calibration.states import (
    JOB_LABELS,
    JOB_TONES,
    PHASE_LABELS,
    REASON_LABELS,
    RULE_LABELS,
    SOURCE_LABELS,
)
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.i18n import speech_of
from app.web.rendering import is_htmx, render

Act = Callable[[CalibrationJob], object]
Refusal = tuple[str, dict[str, Any], StoreError]


def asked_job(session: Session, actor: Actor, number: int) -> CalibrationJob:
    """The job that an address names; raises NotFound."""
    actor.require("calibration.view")
    return jobs.by_number(session, actor, number)


def do(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Act,
    refused: tuple[str, StoreForm],
    at: str = "",
) -> Response:
    """Let a verb act on a job; a refusal shows the page again with what was typed."""
    job = asked_job(session, actor, number)
    try:
        act(job)
    except StoreError as refusal:
        session.rollback()
        job = asked_job(session, actor, number)
        which, form = refused
        return show(request, session, actor, job, refused=(which, form.typed(), refusal))
    return RedirectResponse(jobs.page(job) + at, 303)


def show(
    request: Request,
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    *,
    wished: Spot | None = None,
    retake: Reading | None = None,
    took: Took | None = None,
    refused: Refusal | None = None,
) -> Response:
    """The page, or with HTMX the part of it that changes with a reading."""
    which, typed, refusal = refused or ("", {}, None)
    stays = took is None and wished is not None
    desk = jobview.of_job(
        session, job, wished=wished, stays=stays, reviewer_id=actor.staff_id, took=took
    )
    status = 200
    if refusal is not None:
        status = 422 if is_htmx(request) else status_of(refusal)
    version = job.procedure_version
    is_over = job.state in {JobState.MEASURED, JobState.REVIEWED, JobState.CERTIFIED}
    case = robotcases.open_of(session, job.unit) if is_over else None
    return render(
        request,
        "calibration/job.html",
        block="measured",
        status=status,
        job=job,
        desk=desk,
        version=version,
        label=jobs.label(job),
        here=jobs.page(job),
        robot_link=addresses.robot_page(job.unit.serial),
        **_standing(job),
        reason_label=REASON_LABELS[job.reason],
        rule_label=RULE_LABELS[Rule(version.rule)],
        phase_labels=PHASE_LABELS,
        source_labels=SOURCE_LABELS,
        as_left=Phase.AS_LEFT,
        may_review=actor.may("calibration.review"),
        is_own=desk.has_measured,
        may_review_own=job.state is JobState.MEASURED
        and review.may_review_own(session, job.store_id),
        case_label=impact.label(case) if case else "",
        case_page=impact.page(case) if case else "",
        retake=retake,
        which=which,
        typed=typed,
        refusal=refusal,
        problems=problems_of(refusal) if refusal else {},
        fig=_figure_writer(request),
        said=figuretext.said,
        rounded=figuretext.uncertainty,
    )


def _standing(job: CalibrationJob) -> dict[str, Any]:
    """In which state the job is, as the template asks it."""
    return {
        "state_label": JOB_LABELS[job.state],
        "state_tone": JOB_TONES[job.state],
        "is_planned": job.state is JobState.PLANNED,
        "is_measuring": job.state is JobState.MEASURING,
        "is_measured": job.state is JobState.MEASURED,
        "is_held": job.state is JobState.ON_HOLD,
        "is_open": job.ended_at is None and job.state is not JobState.REVIEWED,
    }


def _figure_writer(request: Request) -> Callable[[str], str]:
    """Decimal text with a real minus and the decimal mark of the reader's language."""
    mark = "," if speech_of(request).language == "de" else "."
    return lambda text: text.replace(".", mark).replace("-", "\N{MINUS SIGN}")

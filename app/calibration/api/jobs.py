"""Calibration jobs as JSON: planned, measured, reviewed by the verbs of the pages."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from app.calibration import adjustments, equipment, joblists, jobs, jobview, review
from app.calibration.api.asked import asked
from app.calibration.api.jobshapes import (
    AdjustmentIn,
    AlsoIn,
    ConditionsIn,
    EquipmentIn,
    JobIn,
    JobOut,
    JobRowOut,
    ReviewIn,
    SeenIn,
    WhyIn,
    job_out,
)
from app.calibration.job_models import CalibrationJob, JobReason, JobState
from app.calibration.joblists import JobRow, Wanted
from app.identity import approval
from app.identity.guard import ApiReading, ApiWriting
from app.robots import registry
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Cursor, Number, PageOut

router = APIRouter(prefix="/api/v1/calibration/jobs", tags=["calibration"])


@router.get("", responses=refusals())
def list_calibration_jobs(
    session: ReadSession,
    actor: ApiReading,
    *,
    q: Annotated[str, Query(max_length=200, description="Serial, number or code.")] = "",
    state: JobState | None = None,
    reason: JobReason | None = None,
    cursor: Cursor = "",
) -> PageOut[JobRowOut]:
    """The newest first."""
    wanted = Wanted(text=q, state=state, reason=reason)
    page = joblists.listed(session, actor, wanted, cursor=cursor or None)
    return PageOut(items=[_row(row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def plan_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: JobIn,
) -> JobOut:
    unit = registry.by_serial(session, actor, body.unit)
    job = jobs.plan(
        session,
        actor,
        unit,
        code=body.procedure,
        reason=body.reason,
        reference=body.reference,
        points=body.points,
        targets=body.targets,
    )
    return out(session, job)


@router.get("/{number}", responses=refusals(404))
def show_calibration_job(session: ReadSession, actor: ApiReading, number: Number) -> JobOut:
    return out(session, asked(session, actor, number))


@router.post("/{number}/start", responses=refusals_of_writing(404))
@once
def start_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: ConditionsIn,
) -> JobOut:
    job = asked(session, actor, number)
    jobs.start(session, actor, job, body.read(), expected_version=body.version)
    return out(session, job)


@router.post("/{number}/also", responses=refusals_of_writing(404))
@once
def measure_also(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: AlsoIn,
) -> JobOut:
    """Take up further places in a job over a part of its procedure, before it is measured."""
    job = asked(session, actor, number)
    jobs.measure_also(session, actor, job, body.targets)
    return out(session, job)


@router.post("/{number}/equipment", responses=refusals_of_writing(404))
@once
def choose_calibration_equipment(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: EquipmentIn,
) -> JobOut:
    job = asked(session, actor, number)
    chosen = equipment.by_code(session, actor, body.equipment)
    jobs.choose_equipment(session, actor, job, body.role, chosen, expected_version=body.version)
    return out(session, job)


@router.post("/{number}/adjustments", status_code=201, responses=refusals_of_writing(404))
@once
def record_calibration_adjustment(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: AdjustmentIn,
) -> JobOut:
    job = asked(session, actor, number)
    adjustments.record(session, actor, job, body.read(), expected_version=body.version)
    return out(session, job)


@router.post("/{number}/unadjusted", responses=refusals_of_writing(404))
@once
def say_calibration_unadjusted(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: SeenIn,
) -> JobOut:
    job = asked(session, actor, number)
    adjustments.nothing_adjusted(session, actor, job, expected_version=body.version)
    return out(session, job)


@router.post("/{number}/finish", responses=refusals_of_writing(404))
@once
def finish_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: ConditionsIn,
) -> JobOut:
    job = asked(session, actor, number)
    jobs.finish(session, actor, job, body.read(), expected_version=body.version)
    return out(session, job)


@router.post("/{number}/hold", responses=refusals_of_writing(404))
@once
def hold_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: WhyIn,
) -> JobOut:
    job = asked(session, actor, number)
    jobs.hold(session, actor, job, reason=body.reason)
    return out(session, job)


@router.post("/{number}/cancel", responses=refusals_of_writing(404))
@once
def cancel_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: WhyIn,
) -> JobOut:
    job = asked(session, actor, number)
    jobs.cancel(session, actor, job, reason=body.reason)
    return out(session, job)


@router.post("/{number}/void", responses=refusals_of_writing(404))
@once
def void_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: WhyIn,
) -> JobOut:
    job = asked(session, actor, number)
    jobs.void(session, actor, job, reason=body.reason)
    return out(session, job)


@router.post("/{number}/reopen", responses=refusals_of_writing(404))
@once
def reopen_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: WhyIn,
) -> JobOut:
    job = asked(session, actor, number)
    jobs.reopen(session, actor, job, reason=body.reason)
    return out(session, job)


@router.post("/{number}/go-on", responses=refusals_of_writing(404))
@once
def go_on_with_calibration_job(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: SeenIn,  # noqa: ARG001 - an empty object is sent
) -> JobOut:
    job = asked(session, actor, number)
    jobs.go_on(session, actor, job)
    return out(session, job)


@router.post("/{number}/review", responses=refusals_of_writing(404))
@once
def review_calibration_job(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: ReviewIn,
) -> JobOut:
    """A second person signs with the PIN. A program is nobody: it is refused."""
    job = asked(session, actor, number)
    with approval.counting_wrong(database_of(request), session, actor):
        review.review(session, actor, job, pin=body.pin, note=body.note)
    return out(session, job)


def out(session: Session, job: CalibrationJob) -> JobOut:
    """The job as it is now."""
    return job_out(jobview.of_job(session, job))


def _row(row: JobRow) -> JobRowOut:
    job = row.job
    return JobRowOut(
        number=job.number,
        label=row.label,
        unit=row.unit.serial,
        procedure=row.code,
        state=job.state,
        reason=job.reason,
        reference=job.reference,
        performer=job.performer,
        made_at=job.made_at,
    )

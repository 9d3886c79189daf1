"""The one screen on which readings are taken, by keyboard and scanner alone."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import (
    adjustments,
    chosenpoints,
    equipment,
    jobs,
    jobview,
    readings,
    results,
    seedwords,
)
from app.calibration.job_models import CalibrationJob, JobState, Reading
from app.calibration.jobforms import (
    AdjustmentForm,
    ColumnForm,
    EquipmentForm,
    ReadingForm,
    SeenForm,
    SpotForm,
    WhyForm,
)
from app.calibration.pages.onejob import asked_job, do, show
from app.calibration.readings import Spot, Took
from app.calibration.typedreading import NotAReading
from app.identity.guard import Acting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.web.idempotent import once
from app.web.rendering import is_htmx
from app.web.sessions import WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/calibration/jobs/{number}")

# Typed alone, these ask for the last reading once more.
_AGAIN = frozenset({"+", "-", "\N{MINUS SIGN}"})


@router.post("/readings")
def take_reading(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ReadingForm, Form()],
) -> Response:
    """A reading, the last one once more, or the scan of a reference. The job's version stands for
    an idempotency token: what was taken already is not taken twice.
    """
    job = asked_job(session, actor, number)
    spot = retake = None
    try:
        spot = _spot(job, form)
        if clean(form.reading) in _AGAIN:
            return show(request, session, actor, job, wished=spot, retake=_last(session, job, spot))
        retake = _retaken(session, job, form)
        took = _take(session, actor, job, spot, form=form, retake=retake)
    except StoreError as refusal:
        return _refused(request, session, actor, number, form=form, refusal=refusal)
    return _next(request, session, actor, job, spot=spot, took=took)


@router.post("/column")
@once
def paste_column(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ColumnForm, Form()],
) -> Response:
    job = asked_job(session, actor, number)
    try:
        spot = _spot(job, form)
        took = readings.paste(
            session, actor, job, spot, form.column, expected_version=form.read_version()
        )
    except StoreError as refusal:
        return _refused(request, session, actor, number, form=form, refusal=refusal)
    return _next(request, session, actor, job, spot=spot, took=took)


@router.post("/readings/{reading_id}/exclude")
@once
def exclude_reading(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    reading_id: RowId,
    form: Annotated[WhyForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        reading = readings.by_id(session, job, reading_id)
        readings.exclude(
            session, actor, job, reading, reason=form.reason, expected_version=form.read_version()
        )

    return do(request, session, actor, number, act=act, refused=("exclude", form))


@router.post("/equipment")
@once
def choose_equipment(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[EquipmentForm, Form()],
) -> Response:
    """The scan of a reference gives it the role that asks for its kind."""

    def act(job: CalibrationJob) -> None:
        _choose(session, actor, job, form.code)

    return do(request, session, actor, number, act=act, refused=("equipment", form))


@router.post("/adjustments")
@once
def adjust(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[AdjustmentForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        adjustments.record(session, actor, job, form.read(), expected_version=form.read_version())

    return do(request, session, actor, number, act=act, refused=("adjustment", form))


@router.post("/unadjusted")
@once
def say_unadjusted(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[SeenForm, Form()],
) -> Response:
    def act(job: CalibrationJob) -> None:
        adjustments.nothing_adjusted(session, actor, job, expected_version=form.read_version())

    return do(request, session, actor, number, act=act, refused=("unadjusted", form))


def _spot(job: CalibrationJob, form: SpotForm) -> Spot:
    return Spot(readings.point_called(job, form.read_seq()), form.read_phase())


def _retaken(session: Session, job: CalibrationJob, form: ReadingForm) -> Reading | None:
    if not form.retake:
        return None
    return readings.by_id(session, job, row_number(form.retake) or 0)


def _take(
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    spot: Spot,
    *,
    form: ReadingForm,
    retake: Reading | None,
) -> Took | None:
    """Take it. A code that is no reading may be a reference's; then nothing is taken."""
    seen = form.read_version()
    try:
        if retake is not None:
            return readings.retake(
                session,
                actor,
                job,
                retake,
                form.reading,
                reason=form.reason,
                expected_version=seen,
            )
        return readings.take(session, actor, job, spot, form.reading, expected_version=seen)
    except NotAReading:
        if retake is not None or not any(letter.isalpha() for letter in form.reading):
            raise
        try:
            found = equipment.by_code(session, actor, form.reading)
        except NotFound:
            found = None
        if found is None:
            raise
        _choose(session, actor, job, form.reading)
    return None


def _choose(session: Session, actor: Actor, job: CalibrationJob, code: str) -> None:
    """Give a reference the first open role of its kind, or the one that it already plays."""
    found = equipment.by_code(session, actor, code)
    needs = [need for need in chosenpoints.needs_of(job) if need.kind == found.kind]
    if not needs:
        raise Refused(
            msg(
                "{asset} is a {kind}; this procedure asks for none.",
                asset=found.asset_number,
                kind=seedwords.word(found.kind),
            ),
            field="code",
        )
    played = results.roles(session, job)
    role = next((need.role for need in needs if need.role not in played), needs[0].role)
    jobs.choose_equipment(session, actor, job, role, found)


def _last(session: Session, job: CalibrationJob, spot: Spot) -> Reading | None:
    """The reading that was taken last: of this point, or where it has none, of the job."""
    sheet = results.sheet(session, job)
    own = [one.row for one in sheet.of(spot.point, spot.phase) if not one.excluded]
    if own:
        return max(own, key=lambda row: row.id)
    return max(sheet.all_rows(), key=lambda row: row.id, default=None)


def _refused(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    form: SpotForm,
    refusal: StoreError,
) -> Response:
    session.rollback()
    job = asked_job(session, actor, number)
    wished: Spot | None = None
    retake: Reading | None = None
    if job.state is JobState.MEASURING:
        with suppress(StoreError):
            wished = _spot(job, form)
            retake = _retaken(session, job, form) if isinstance(form, ReadingForm) else None
    which = "column" if isinstance(form, ColumnForm) else "reading"
    refused = (which, form.typed(), refusal)
    return show(request, session, actor, job, wished=wished, retake=retake, refused=refused)


def _next(
    request: Request,
    session: Session,
    actor: Actor,
    job: CalibrationJob,
    *,
    spot: Spot,
    took: Took | None,
) -> Response:
    """Where a reading leads: to the next one."""
    if not is_htmx(request):
        after = jobview.after(jobview.of_job(session, job), spot)
        at = f"?point={after.point.seq}&phase={after.phase.value}" if after else ""
        return RedirectResponse(jobs.page(job) + at, 303)
    return show(request, session, actor, job, wished=spot, took=took)

"""Readings and results of a job as JSON."""

from fastapi import APIRouter, Request

from app.calibration import jobs, readings, results
from app.calibration.api.asked import asked
from app.calibration.api.jobshapes import (
    AgainIn,
    ColumnIn,
    ReadingIn,
    ReadingsOut,
    ResultsOut,
    SpotIn,
    TookOut,
    WhyIn,
    reading_out,
    result_out,
    took_out,
)
from app.calibration.job_models import CalibrationJob, CalibrationResult, ReadingSource
from app.calibration.methods import reading_units
from app.calibration.readings import Source, Spot
from app.calibration.typedreading import OtherUnit, same_unit
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.text import msg
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/api/v1/calibration/jobs", tags=["calibration"])
_BY_PROGRAM = Source(ReadingSource.PROGRAM)


@router.get("/{number}/readings", responses=refusals(404))
def list_calibration_readings(
    session: ReadSession, actor: ApiReading, number: Number
) -> ReadingsOut:
    """Those that count or were left out; what replaced ones were is in the certificate's chain."""
    job = asked(session, actor, number)
    points = jobs.points_of(job)
    return ReadingsOut(
        items=[
            reading_out(one.row, points, excluded=one.excluded)
            for one in results.sheet(session, job).every()
        ]
    )


@router.post("/{number}/readings", status_code=201, responses=refusals_of_writing(404))
@once
def take_calibration_reading(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: ReadingIn,
) -> TookOut:
    job = asked(session, actor, number)
    spot = _spot(job, body)
    if body.unit and not any(same_unit(body.unit, unit) for unit in reading_units(spot.point)):
        raise OtherUnit(
            msg(
                "This point is read in {unit}, not in “{written}”.",
                unit=spot.point.unit,
                written=body.unit,
            ),
            field="unit",
        )
    took = readings.take(
        session,
        actor,
        job,
        spot,
        body.reading,
        source=_BY_PROGRAM,
        mark=body.mark,
        expected_version=body.version,
    )
    return took_out(job, took)


@router.post("/{number}/column", status_code=201, responses=refusals_of_writing(404))
@once
def take_calibration_column(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: ColumnIn,
) -> TookOut:
    job = asked(session, actor, number)
    took = readings.paste(
        session,
        actor,
        job,
        _spot(job, body),
        body.column,
        source=_BY_PROGRAM,
        mark=body.mark,
        expected_version=body.version,
    )
    return took_out(job, took)


@router.post(
    "/{number}/readings/{reading_id}/again", status_code=201, responses=refusals_of_writing(404)
)
@once
def take_calibration_reading_again(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    reading_id: RowId,
    body: AgainIn,
) -> TookOut:
    job = asked(session, actor, number)
    took = readings.retake(
        session,
        actor,
        job,
        readings.by_id(session, job, reading_id),
        body.reading,
        reason=body.reason,
        mark=body.mark,
        expected_version=body.version,
    )
    return took_out(job, took)


@router.post("/{number}/readings/{reading_id}/exclude", responses=refusals_of_writing(404))
@once
def exclude_calibration_reading(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    reading_id: RowId,
    body: WhyIn,
) -> TookOut:
    job = asked(session, actor, number)
    reading = readings.by_id(session, job, reading_id)
    return took_out(job, readings.exclude(session, actor, job, reading, reason=body.reason))


@router.get("/{number}/results", responses=refusals(404))
def list_calibration_results(session: ReadSession, actor: ApiReading, number: Number) -> ResultsOut:
    job = asked(session, actor, number)
    points = jobs.points_of(job)
    rows = results.of_job(session, job).values()
    return ResultsOut(items=[result_out(row, points) for row in sorted(rows, key=_by_id)])


def _spot(job: CalibrationJob, body: SpotIn) -> Spot:
    return Spot(readings.point_called(job, body.point), body.phase)


def _by_id(row: CalibrationResult) -> int:
    return row.id

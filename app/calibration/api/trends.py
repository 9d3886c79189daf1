"""Calibration for programs: drift of a robot's figures, failures of the fleet, intervals."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.calibration import failures, intervallook, intervals, trends
from app.calibration.failures import MOST_MONTHS, Grouping
from app.calibration.intervals import Policy, Subject, Suggestion
from app.calibration.metrology.decision import Verdict
from app.calibration.trends import Series
from app.identity.guard import ApiReading, ApiWriting
from app.robots import registry
from app.web.i18n import Speech, speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent

router = APIRouter(prefix="/api/v1/calibration", tags=["calibration"])

_Kind = Literal["equipment", "procedure"]
_Share = Annotated[float, Field(ge=0.5, le=0.999)]


class FigureOut(BaseModel):
    """A result in the series' unit; without a verdict it is information."""

    value: float
    expanded: float | None
    verdict: Verdict | None


class CalibrationOut(BaseModel):
    """`drift` is as found now less as left before; `normalised` over the combined U."""

    job: int
    at: datetime
    as_found: FigureOut | None
    as_left: FigureOut | None
    adjusted: bool
    drift: float | None
    normalised: float | None


class ExpectedOut(BaseModel):
    """Where a further reading is expected, at 95 %."""

    day: date
    value: float
    low: float
    high: float


class OutlookOut(BaseModel):
    per_year: float
    per_year_standard: float
    calibrations: int
    crosses_on: date | None
    expected: list[ExpectedOut]


class SeriesOut(BaseModel):
    target: str
    procedure: str
    label: str
    quantity: str
    unit: str
    lower: float | None
    upper: float | None
    calibrations: list[CalibrationOut]
    outlook: OutlookOut | None


class TrendsOut(BaseModel):
    serial: str
    items: list[SeriesOut]


class FailuresOut(BaseModel):
    """`low` and `high` are exact bounds of the share at 95 %."""

    name: str
    robots: int
    calibrations: int
    failed: int
    share: float
    low: float
    high: float


class FleetOut(BaseModel):
    by: Grouping
    months: int
    items: list[FailuresOut]


class SubjectOut(BaseModel):
    kind: _Kind
    id: int
    name: str
    months: int


class SubjectsOut(BaseModel):
    items: list[SubjectOut]


class SuggestionOut(BaseModel):
    method: str
    before_days: int
    after_days: int
    months: int
    changes: bool
    why: str


class IntervalOut(SubjectOut):
    suggestions: list[SuggestionOut]


class PolicyIn(Sent):
    """What the suggestion is computed with; left out: as the house has it."""

    target: _Share = 0.95
    confidence: Annotated[float, Field(ge=0, le=0.99)] = 0.5
    lengthen: Annotated[float, Field(ge=1, le=2)] = 1.5
    shorten: Annotated[float, Field(ge=0.5, le=1)] = 0.67


class DecisionIn(Sent):
    """`days` is what was suggested; it must still be the same. Declining needs a reason."""

    method: Annotated[str, Field(max_length=32)]
    days: Annotated[int, Field(ge=1, le=100_000)]
    accepted: bool
    reason: Annotated[str, Field(max_length=1_000)] = ""
    policy: PolicyIn = PolicyIn()


class DecisionOut(BaseModel):
    method: str
    before_days: int
    after_days: int
    accepted: bool
    reason: str
    decided_at: datetime
    decided_by: str


@router.get("/trends/{serial:path}", responses=refusals(404))
def get_trends(
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    target: Annotated[str, Query(max_length=180)] = "",
) -> TrendsOut:
    """A robot's figures over its life, of one target or of all."""
    unit = registry.by_serial(session, actor, serial)
    series = trends.of_unit(session, actor, unit, target=target)
    return TrendsOut(serial=unit.serial, items=[_series(one) for one in series])


@router.get("/failures", responses=refusals())
def get_failures(
    session: ReadSession,
    actor: ApiReading,
    by: Grouping = Grouping.PROCEDURE,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS)] = 12,
) -> FleetOut:
    """Calibrations that failed as found, by procedure, model, target, or lot of a part."""
    rows = failures.by(session, actor, by, months=months)
    return FleetOut(
        by=by,
        months=months,
        items=[
            FailuresOut(
                name=row.name,
                robots=row.robots,
                calibrations=row.calibrations,
                failed=row.failed,
                share=row.share,
                low=row.bounds.lower,
                high=row.bounds.upper,
            )
            for row in rows
        ],
    )


@router.get("/intervals", responses=refusals())
def list_intervals(session: ReadSession, actor: ApiReading) -> SubjectsOut:
    """Released procedures and equipment that have an interval."""
    rows = intervallook.listed(session, actor)
    return SubjectsOut(items=[SubjectOut(**_subject(row.subject)) for row in rows])


@router.get("/intervals/{kind}/{key}", responses=refusals(404))
def get_interval(
    request: Request, session: ReadSession, actor: ApiReading, *, kind: _Kind, key: RowId
) -> IntervalOut:
    """What each method suggests, and why; `key` is the `id` of the list."""
    subject = intervallook.subject(session, actor, kind, key)
    voice = speech_of(request)
    return IntervalOut(
        **_subject(subject),
        suggestions=[
            _suggestion(each, voice) for each in intervals.suggestions(session, actor, subject)
        ],
    )


@router.post(
    "/intervals/{kind}/{key}/decisions", status_code=201, responses=refusals_of_writing(404)
)
@once
def decide_interval(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    kind: _Kind,
    key: RowId,
    body: DecisionIn,
) -> DecisionOut:
    """Take a suggestion up, or turn it down."""
    row = intervals.decide(
        session,
        actor,
        intervallook.subject(session, actor, kind, key),
        method=body.method,
        expected_days=body.days,
        policy=Policy(**body.policy.model_dump()),
        accepted=body.accepted,
        reason=body.reason,
    )
    return DecisionOut(
        method=row.method,
        before_days=row.before_days,
        after_days=row.after_days,
        accepted=row.accepted,
        reason=row.reason,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )


def _subject(subject: Subject) -> dict[str, object]:
    return {
        "kind": subject.kind,
        "id": subject.version.id if subject.version is not None else subject.key,
        "name": subject.name,
        "months": subject.months,
    }


def _suggestion(each: Suggestion, voice: Speech) -> SuggestionOut:
    return SuggestionOut(
        method=each.method,
        before_days=each.before_days,
        after_days=each.after_days,
        months=intervals.months_of(each.after_days),
        changes=each.changes,
        why=voice.say(each.why),
    )


def _figure(figure: trends.Figure | None) -> FigureOut | None:
    if figure is None:
        return None
    return FigureOut(value=figure.value, expanded=figure.expanded, verdict=figure.verdict)


def _series(series: Series) -> SeriesOut:
    key, outlook = series.key, trends.outlook(series)
    return SeriesOut(
        target=key.target,
        procedure=key.code,
        label=key.label,
        quantity=key.quantity,
        unit=key.unit,
        lower=series.newest.lower,
        upper=series.newest.upper,
        calibrations=[
            CalibrationOut(
                job=one.number,
                at=one.at,
                as_found=_figure(one.found),
                as_left=_figure(one.left),
                adjusted=not one.unadjusted,
                drift=one.drift,
                normalised=one.normalised,
            )
            for one in series.calibrations
        ],
        outlook=OutlookOut(
            per_year=outlook.per_year,
            per_year_standard=outlook.per_year_standard,
            calibrations=outlook.points,
            crosses_on=outlook.crosses_on,
            expected=[
                ExpectedOut(day=each.day, value=each.value, low=each.low, high=each.high)
                for each in outlook.expected
            ],
        )
        if outlook
        else None,
    )

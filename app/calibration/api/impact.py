"""Calibration for programs: cases of what was found wrong, and what is done about each result."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from app.calibration import impact, impactlists, jobbook
from app.calibration.impact import Counts, Finding
from app.calibration.impact_models import Disposition, ImpactCase, ImpactState, ImpactSubject
from app.calibration.impactlists import ItemRow
from app.calibration.metrology.decision import Verdict
from app.calibration.metrology.impact import Effect
from app.identity.guard import ApiReading, ApiWriting
from app.web import paging
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, Number, PageOut, Sent, Words

router = APIRouter(prefix="/api/v1/calibration/impact", tags=["calibration"])

_Figure = Annotated[str, Field(max_length=40)]
_Long = Annotated[str, Field(max_length=2_000)]
_When = Annotated[AwareDatetime, Field(strict=False)]


class ImpactIn(Sent):
    """`key` is the id of the equipment, procedure version or person, or the engine's edition;
    the window is (since, until]; `bias` empty: nobody knows it.
    """

    subject: Annotated[ImpactSubject, Field(strict=False)]
    key: Annotated[str, Field(max_length=40)]
    since: _When
    until: _When
    reason: _Long
    bias: _Figure = ""
    bias_standard: _Figure = "0"
    unit: Annotated[str, Field(max_length=32)] = ""


class DispositionIn(Sent):
    items: Annotated[list[int], Field(min_length=1, max_length=10_000)]
    disposition: Annotated[Disposition, Field(strict=False)]
    reason: _Long


class ImpactOut(BaseModel):
    number: str
    subject: ImpactSubject
    key: str
    about: str
    since: datetime
    until: datetime
    bias: str
    bias_standard: str
    unit: str
    reason: str
    state: ImpactState
    robots: int
    results: dict[Effect, int]
    waiting: int


class ImpactItemOut(BaseModel):
    id: int
    robot: str
    job: str
    procedure: str
    point: str
    target: str
    unit: str
    verdict: Verdict | None
    shift: float
    value: float | None
    conformance: float | None
    effect: Effect
    disposition: Disposition | None
    reason: str
    disposed_by: str


@router.get("", responses=refusals())
def list_impact_cases(
    session: ReadSession, actor: ApiReading, state: Words = "", cursor: Cursor = ""
) -> PageOut[ImpactOut]:
    """The newest first; `state` open or closed."""
    before = int(paging.decode(cursor, int)[0]) if cursor else 0
    rows = impactlists.cases(session, actor, state=state, before=before)
    following = None
    if len(rows) > impactlists.PAGE:
        rows = rows[: impactlists.PAGE]
        following = paging.encode(rows[-1].case.id)
    return PageOut(items=[_said(row.case, row.about, row.counts) for row in rows], next=following)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def open_impact_case(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: ImpactIn,
) -> ImpactOut:
    """Find and judge again everything that rests on it."""
    return _case(session, impact.open_case(session, actor, Finding(**body.model_dump())))


@router.get("/{number}", responses=refusals(404))
def get_impact_case(session: ReadSession, actor: ApiReading, number: Number) -> ImpactOut:
    return _case(session, impact.by_number(session, actor, number))


@router.get("/{number}/items", responses=refusals(404))
def list_impact_items(
    session: ReadSession,
    actor: ApiReading,
    *,
    number: Number,
    effect: Words = "",
    cursor: Cursor = "",
) -> PageOut[ImpactItemOut]:
    case = impact.by_number(session, actor, number)
    after = int(paging.decode(cursor, int)[0]) if cursor else 0
    rows = list(impactlists.items(session, case, effect=effect, after=after))
    following = None
    if len(rows) > impactlists.PAGE:
        rows = rows[: impactlists.PAGE]
        following = paging.encode(rows[-1].item.id)
    return PageOut(items=[_item(row) for row in rows], next=following)


@router.post("/{number}/dispositions", responses=refusals_of_writing(404))
@once
def dispose_of_impact_items(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: DispositionIn,
) -> ImpactOut:
    case = impact.by_number(session, actor, number)
    impact.dispose(session, actor, case, body.items, body.disposition, reason=body.reason)
    return _case(session, case)


@router.post("/{number}/close", responses=refusals_of_writing(404))
@once
def close_impact_case(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> ImpactOut:
    """Refused while a result waits for what is done about it."""
    case = impact.by_number(session, actor, number)
    impact.close(session, actor, case)
    return _case(session, case)


def _case(session: Session, case: ImpactCase) -> ImpactOut:
    counts = impact.counts(session, [case.id])[case.id]
    return _said(case, impactlists.about(session, case), counts)


def _said(case: ImpactCase, about: str, counts: Counts) -> ImpactOut:
    return ImpactOut(
        number=impact.label(case),
        subject=case.subject,
        key=case.subject_key,
        about=about,
        since=case.since,
        until=case.until,
        bias=case.bias,
        bias_standard=case.bias_standard,
        unit=case.unit,
        reason=case.reason,
        state=case.state,
        robots=counts.robots,
        results=dict(counts.effects),
        waiting=counts.left,
    )


def _item(row: ItemRow) -> ImpactItemOut:
    return ImpactItemOut(
        id=row.item.id,
        robot=row.unit.serial,
        job=jobbook.label(row.job),
        procedure=row.procedure,
        point=row.point.label,
        target=row.point.target,
        unit=row.point.unit,
        verdict=row.result.verdict,
        shift=row.item.shift,
        value=row.item.value,
        conformance=row.item.conformance,
        effect=row.item.effect,
        disposition=row.item.disposition,
        reason=row.item.reason,
        disposed_by=row.item.disposed_by,
    )

"""Questions, answers, what is done about bad ones, figures, and the maker's pack, as JSON."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.survey import asking, figures, followuplists, followups, makerpack
from app.survey.figures import Tally
from app.survey.followuplists import QuestionRow
from app.survey.followups import LONGEST_NOTE
from app.survey.makerpack import Pack
from app.survey.models import FollowUp
from app.survey.states import Occasion, Outcome, Standing
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent

router = APIRouter(prefix="/api/v1/surveys", tags=["surveys"])

_Note = Annotated[str, Field(max_length=LONGEST_NOTE)]


class AnswerOut(BaseModel):
    score: int
    comment: str
    language: str
    at: datetime


class NoteOut(BaseModel):
    at: datetime
    by: str
    text: str


class FollowUpOut(BaseModel):
    """`owner` is a person's name; empty: nobody's yet."""

    opened_at: datetime
    due_on: date
    overdue: bool
    owner: str
    done_at: datetime | None
    done_by: str
    outcome: Outcome | None


class SurveyOut(BaseModel):
    """`about` names the sale (`S-12`) or the ticket (`T-7`); `person` who handed over or worked."""

    id: int
    occasion: Occasion
    state: Standing
    about: str
    customer: int
    serial: str
    model: str
    person: str
    asked_at: datetime
    expires_at: datetime
    answer: AnswerOut | None
    follow_up: FollowUpOut | None

    @classmethod
    def of(cls, row: QuestionRow) -> Self:
        answer = row.answer
        return cls(
            id=row.survey.id,
            occasion=row.survey.occasion,
            state=row.standing,
            about=row.about,
            customer=row.customer_number,
            serial=row.serial,
            model=row.model,
            person=row.person,
            asked_at=row.survey.asked_at,
            expires_at=row.survey.expires_at,
            answer=AnswerOut.model_validate(answer, from_attributes=True) if answer else None,
            follow_up=_follow_up(row),
        )


class SurveyDetailOut(SurveyOut):
    notes: list[NoteOut]


class NoteIn(Sent):
    text: _Note


class OwnerIn(Sent):
    """Null: nobody's."""

    staff_id: int | None = Field(ge=1, le=2**63 - 1)


class DoneIn(Sent):
    outcome: Outcome = Field(strict=False)
    text: _Note = ""


class TallyOut(BaseModel):
    """`nps` in points from -100 to 100, shares in basis points; null where too few answered."""

    asked: int
    answered: int
    response_bp: int | None
    nps: int | None
    csat_bp: int | None

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls.model_validate(tally, from_attributes=True)


class NamedOut(TallyOut):
    name: str


class MonthOut(TallyOut):
    month: date


class LoopOut(BaseModel):
    """What became of bad answers; `median_hours` until they were done."""

    opened: int
    done: int
    late: int
    median_hours: int | None


class FiguresOut(BaseModel):
    """`least`: fewer answers give no figure."""

    least: int
    total: TallyOut
    by_model: list[NamedOut]
    by_person: list[NamedOut]
    by_month: list[MonthOut]
    loop: LoopOut


class FaultOut(BaseModel):
    slot: str
    symptom: str
    times: int
    robots: int


class PartOut(BaseModel):
    number: str
    name: str
    pieces: int


class VerbatimOut(BaseModel):
    """What a customer wrote, without what tells who it was."""

    score: int
    occasion: Occasion
    language: str
    text: str


class PackOut(BaseModel):
    """`failures_per_1000_h` is of the robots whose counters vouch for hours in the month: of
    `failures_of_base` in `hours` of `robots_of_base`; null where too few hours are known.
    """

    maker: str
    model: str
    month: str
    failures: int
    failures_per_1000_h: Decimal | None
    hours: int
    robots_of_base: int
    failures_of_base: int
    repairs: int
    median_repair_hours: Decimal | None
    survey: TallyOut
    faults: list[FaultOut]
    parts: list[PartOut]
    verbatims: list[VerbatimOut]

    @classmethod
    def of(cls, pack: Pack) -> Self:
        return cls(
            maker=pack.maker,
            model=pack.model.name,
            month=pack.month_text,
            failures=pack.failures,
            failures_per_1000_h=pack.rate,
            hours=pack.hours,
            robots_of_base=pack.robots_read,
            failures_of_base=pack.faults_read,
            repairs=pack.repairs,
            median_repair_hours=pack.median_repair_h,
            survey=TallyOut.of(pack.tally),
            faults=[FaultOut.model_validate(one, from_attributes=True) for one in pack.faults],
            parts=[PartOut.model_validate(one, from_attributes=True) for one in pack.parts],
            verbatims=[
                VerbatimOut.model_validate(one, from_attributes=True) for one in pack.verbatims
            ],
        )


@router.get("", responses=refusals())
def list_surveys(
    session: ReadSession,
    actor: ApiReading,
    *,
    cursor: Cursor = "",
    answered: Annotated[bool, Query(description="Only what was answered.")] = False,
) -> PageOut[SurveyOut]:
    """What customers were asked, newest first, 50 a page."""
    page = followuplists.questions(session, actor, answered_only=answered, cursor=cursor or None)
    return PageOut(items=[SurveyOut.of(row) for row in page.items], next=page.next)


@router.get("/follow-ups", responses=refusals())
def list_follow_ups(
    session: ReadSession,
    actor: ApiReading,
    *,
    cursor: Cursor = "",
    done: Annotated[bool, Query(description="Those that were seen to, newest first.")] = False,
) -> PageOut[SurveyOut]:
    """Bad answers that wait for somebody, the longest overdue first, 50 a page."""
    listed = followuplists.done_ones if done else followuplists.open_ones
    page = listed(session, actor, cursor=cursor or None)
    return PageOut(items=[SurveyOut.of(row) for row in page.items], next=page.next)


@router.get("/figures", responses=refusals())
def show_figures(
    session: ReadSession,
    actor: ApiReading,
    *,
    months: Annotated[int, Query(ge=1, le=figures.MOST_MONTHS)] = 12,
) -> FiguresOut:
    """Net promoter score and satisfaction of the last months, by model, person and month."""
    found = figures.figures(session, actor, count=months)
    return FiguresOut(
        least=found.least,
        total=TallyOut.of(found.total),
        by_model=[_named(one) for one in found.by_model],
        by_person=[_named(one) for one in found.by_person],
        by_month=[
            MonthOut(month=one.month, **TallyOut.of(one.tally).model_dump())
            for one in found.by_month
        ],
        loop=LoopOut.model_validate(found.loop, from_attributes=True),
    )


@router.get("/maker-pack", responses=refusals(404))
def show_maker_pack(
    session: ReadSession,
    actor: ApiReading,
    *,
    model: Annotated[int, Query(ge=1, le=2**63 - 1, description="The model's id.")],
    month: Annotated[str, Query(max_length=7, description="As 2026-10; empty: the last.")] = "",
) -> PackOut:
    """One model's month for its maker, without personal data."""
    return PackOut.of(makerpack.of(session, actor, model_id=model, month=month))


@router.get("/{survey_id}", responses=refusals(404))
def show_survey(session: ReadSession, actor: ApiReading, survey_id: RowId) -> SurveyDetailOut:
    """One question with its answer and what was done about it."""
    return _detail(session, actor, survey_id)


@router.post("/{survey_id}/notes", responses=refusals_of_writing(404))
@once
def write_survey_note(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    survey_id: RowId,
    body: NoteIn,
) -> SurveyDetailOut:
    """Write down what was done about a bad answer."""
    followups.note(session, actor, _row(session, actor, survey_id), body.text)
    return _detail(session, actor, survey_id)


@router.post("/{survey_id}/owner", responses=refusals_of_writing(404))
@once
def give_survey_to(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    survey_id: RowId,
    body: OwnerIn,
) -> SurveyDetailOut:
    """Say who sees to a bad answer."""
    followups.assign(session, actor, _row(session, actor, survey_id), body.staff_id)
    return _detail(session, actor, survey_id)


@router.post("/{survey_id}/done", responses=refusals_of_writing(404))
@once
def finish_survey(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    survey_id: RowId,
    body: DoneIn,
) -> SurveyDetailOut:
    """A bad answer was seen to, and how that ended."""
    row = _row(session, actor, survey_id)
    followups.finish(session, actor, row, body.outcome, text=body.text)
    return _detail(session, actor, survey_id)


@router.post("/{survey_id}/revoke", responses=refusals_of_writing(404))
@once
def revoke_survey(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    survey_id: RowId,
) -> SurveyDetailOut:
    """The customer's link opens nothing any more."""
    asking.revoke(session, actor, followuplists.question(session, actor, survey_id).survey)
    return _detail(session, actor, survey_id)


def _row(session: Session, actor: Actor, survey_id: int) -> FollowUp:
    survey = followuplists.question(session, actor, survey_id).survey
    return followups.by_survey(session, actor, survey)


def _detail(session: Session, actor: Actor, survey_id: int) -> SurveyDetailOut:
    row = followuplists.question(session, actor, survey_id)
    notes = followups.notes_of(session, row.follow_up) if row.follow_up else []
    return SurveyDetailOut(
        **SurveyOut.of(row).model_dump(),
        notes=[NoteOut.model_validate(note, from_attributes=True) for note in notes],
    )


def _named(one: figures.Named) -> NamedOut:
    return NamedOut(name=one.name, **TallyOut.of(one.tally).model_dump())


def _follow_up(row: QuestionRow) -> FollowUpOut | None:
    follow_up = row.follow_up
    if follow_up is None:
        return None
    return FollowUpOut(
        opened_at=follow_up.opened_at,
        due_on=follow_up.due_on,
        overdue=row.is_late,
        owner=row.owner,
        done_at=follow_up.done_at,
        done_by=follow_up.done_by,
        outcome=follow_up.outcome,
    )

"""The workshop itself as JSON: benches, what people can do, opening hours, free times."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity import staff
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.service import benches, duework, freetimes, hours
from app.service.hours import Span
from app.service.planforms import read_minute
from app.service.planning_models import Bench, BenchKind
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["service"])

_Tag = Annotated[str, Field(max_length=32)]
_Clock = Annotated[str, Field(max_length=8, description="`8:00`, or `24:00` at the day’s end.")]
_Day = Annotated[date, Path()]


class BenchIn(Sent):
    name: Annotated[str, Field(max_length=64)]
    kind: BenchKind = Field(default=BenchKind.BENCH, strict=False)


class BenchOut(BaseModel):
    id: int
    name: str
    kind: BenchKind
    archived: bool

    @classmethod
    def of(cls, bench: Bench) -> Self:
        return cls(id=bench.id, name=bench.name, kind=bench.kind, archived=bench.archived)


class BenchesOut(BaseModel):
    items: list[BenchOut]


class SkillsIn(Sent):
    skills: list[_Tag] = Field(max_length=100)


class SkillsOut(BaseModel):
    staff: int
    name: str
    skills: list[str]


class PeopleOut(BaseModel):
    items: list[SkillsOut]


class SpanIn(Sent):
    opens: _Clock
    closes: _Clock


class WeekIn(Sent):
    """Seven days, Monday first; null: closed."""

    week: list[SpanIn | None] = Field(min_length=7, max_length=7)

    def read(self) -> list[Span | None]:
        return [
            None if one is None else Span(_minute(one.opens, number), _minute(one.closes, number))
            for number, one in enumerate(self.week)
        ]


class SpanOut(BaseModel):
    opens: str
    closes: str


class ClosureIn(Sent):
    day: date = Field(strict=False)
    why: Words = ""


class ClosureOut(BaseModel):
    day: date
    why: str


class HoursOut(BaseModel):
    """`zone`: where these clocks stand; `closed`: days on which it is closed all the same."""

    zone: str
    week: list[SpanOut | None]
    closed: list[ClosureOut]


class FreeTimeOut(BaseModel):
    bench: int
    name: str
    starts_at: datetime
    ends_at: datetime


class FreeTimesOut(BaseModel):
    """`promises`: evenings by which a robot that comes in now may be promised."""

    items: list[FreeTimeOut]
    promises: list[datetime]


@router.get("/benches", responses=refusals())
def list_benches(session: ReadSession, actor: ApiReading) -> BenchesOut:
    """The store’s benches, those no longer used last."""
    actor.require("service.view")
    return BenchesOut(items=[BenchOut.of(one) for one in benches.listed(session, actor.store_id)])


@router.post("/benches", status_code=201, responses=refusals_of_writing())
@once
def add_bench(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: BenchIn,
) -> BenchOut:
    """A place more. 409 for a name that the store uses already."""
    return BenchOut.of(benches.add(session, actor, name=sent.name, kind=sent.kind))


@router.post("/benches/{bench_id}/archive", responses=refusals_of_writing(404))
@once
def archive_bench(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    bench_id: RowId,
) -> BenchOut:
    """Nothing new is booked on it; what is booked stands."""
    bench = benches.by_id(session, actor, bench_id)
    benches.archive(session, actor, bench)
    return BenchOut.of(bench)


@router.post("/benches/{bench_id}/restore", responses=refusals_of_writing(404))
@once
def restore_bench(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    bench_id: RowId,
) -> BenchOut:
    """It is used again."""
    bench = benches.by_id(session, actor, bench_id)
    benches.restore(session, actor, bench)
    return BenchOut.of(bench)


@router.get("/skills", responses=refusals())
def list_skills(session: ReadSession, actor: ApiReading) -> PeopleOut:
    """What those who work here can do."""
    actor.require("service.view")
    known = benches.skills(session, actor.store_id)
    people = staff.of_store(session, actor.store_id, working=True)
    return PeopleOut(
        items=[SkillsOut(staff=one.id, name=one.name, skills=known[one.id]) for one in people]
    )


@router.post("/skills/{staff_id}", responses=refusals_of_writing(404))
@once
def set_skills(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    staff_id: RowId,
    sent: SkillsIn,
) -> SkillsOut:
    """What somebody can do from now on, in place of what was written before."""
    benches.set_skills(session, actor, staff_id, sent.skills)
    person = staff.by_id(session, actor, staff_id)
    known = benches.skills(session, actor.store_id)[person.id]
    return SkillsOut(staff=person.id, name=person.name, skills=known)


@router.get("/workshop-hours", responses=refusals())
def show_hours(session: ReadSession, actor: ApiReading) -> HoursOut:
    """When the workshop is open."""
    actor.require("service.view")
    return _hours(session, actor)


@router.post("/workshop-hours", responses=refusals_of_writing())
@once
def set_hours(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: WeekIn,
) -> HoursOut:
    """The week from now on; what is booked stands."""
    hours.set_week(session, actor, sent.read())
    return _hours(session, actor)


@router.post("/workshop-hours/closures", status_code=201, responses=refusals_of_writing())
@once
def close_on(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: ClosureIn,
) -> HoursOut:
    """The workshop is closed on a day. 409 where it is already."""
    hours.close(session, actor, sent.day, why=sent.why)
    return _hours(session, actor)


@router.post("/workshop-hours/closures/{day}/reopen", responses=refusals_of_writing(404))
@once
def reopen_on(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    day: _Day,
) -> HoursOut:
    """It is open on that day after all."""
    hours.reopen(session, actor, day)
    return _hours(session, actor)


@router.get("/free-times", responses=refusals())
def list_free_times(
    session: ReadSession,
    actor: ApiReading,
    *,
    minutes: Annotated[int, Query(ge=5, le=2_880)] = 60,
    day: date | None = None,
    kind: BenchKind | None = None,
    technician: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> FreeTimesOut:
    """The next times that a bench is free while the workshop is open, from today or a day on."""
    today = duework.today_of(session, actor.store_id)
    first = min(max(day or today, today), today.replace(year=today.year + 5, day=1))
    found = freetimes.proposed(
        session, actor, kind=kind, minutes=minutes, day=first, staff_id=technician
    )
    return FreeTimesOut(
        items=[
            FreeTimeOut(
                bench=one.bench.id,
                name=one.bench.name,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
            for one in found
        ],
        promises=freetimes.promises(session, actor),
    )


def _hours(session: Session, actor: Actor) -> HoursOut:
    now = hours.of(session, actor.store_id)
    return HoursOut(
        zone=now.zone.key,
        week=[
            one and SpanOut(opens=hours.shown(one.opens), closes=hours.shown(one.closes))
            for one in now.week
        ],
        closed=[ClosureOut(day=day, why=why) for day, why in now.closed.items()],
    )


def _minute(text: str, weekday: int) -> int:
    minute = read_minute(text, field=f"week.{weekday}")
    if minute is None:
        raise Refused(msg("From and to, or neither where it is closed."), field=f"week.{weekday}")
    return minute

"""When the workshop is open: by weekday, as the store sets it, and the days it is closed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, literal, null, select, union_all
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import Text, msg
from app.service.planning_models import WorkshopClosure, WorkshopDay
from app.stores import desk
from app.web.forms import Reading

WEEKDAYS: tuple[Text, ...] = (
    msg("Monday"),
    msg("Tuesday"),
    msg("Wednesday"),
    msg("Thursday"),
    msg("Friday"),
    msg("Saturday"),
    msg("Sunday"),
)
MIDNIGHT = 24 * 60
# Further ahead nobody plans, and the calendar ends.
_AHEAD = timedelta(days=5 * 366)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Span:
    """From one minute of the day to another; `closes` may be the midnight that ends it."""

    opens: int
    closes: int

    @property
    def minutes(self) -> int:
        return self.closes - self.opens


# A workshop that has said nothing else.
_WORKDAY = Span(8 * 60, 18 * 60)
_USUAL: tuple[Span | None, ...] = (*[_WORKDAY] * 5, None, None)


@dataclass(frozen=True, slots=True)
class Hours:
    """`week`: Monday to Sunday, None where it is closed; `closed`: days with their reasons."""

    week: Sequence[Span | None]
    closed: Mapping[date, str]
    zone: ZoneInfo

    def on(self, day: date) -> Span | None:
        return None if day in self.closed else self.week[day.weekday()]

    def opening(self, day: date) -> tuple[datetime, datetime] | None:
        """The moments between which it is open on a day."""
        span = self.on(day)
        if span is None:
            return None
        start = datetime.combine(day, time(0), self.zone)
        return start + timedelta(minutes=span.opens), start + timedelta(minutes=span.closes)

    def open_days(self, day: date, *, within: int) -> Iterator[tuple[date, datetime, datetime]]:
        """The open ones of so many days, from a day on."""
        for offset in range(within):
            one = day + timedelta(days=offset)
            if (opening := self.opening(one)) is not None:
                yield one, *opening

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether something begins and ends while it is open."""
        first = self.opening(start.astimezone(self.zone).date())
        last_moment = end - timedelta(microseconds=1)
        last = self.opening(last_moment.astimezone(self.zone).date())
        return (first is not None and last is not None and first[0] <= start < first[1]) and last[
            0
        ] < end <= last[1]


def of(session: Session, store_id: int) -> Hours:
    """A store's hours: one statement."""
    weekdays = select(
        WorkshopDay.weekday, WorkshopDay.opens, WorkshopDay.closes, null().cast(Date), literal("")
    ).where(WorkshopDay.store_id == store_id)
    closures = select(null(), null(), null(), WorkshopClosure.day, WorkshopClosure.why).where(
        WorkshopClosure.store_id == store_id
    )
    week = list(_USUAL)
    closed: dict[date, str] = {}
    rows: Iterable[tuple[Any, ...]] = session.execute(union_all(weekdays, closures))
    for weekday, opens, closes, day, why in rows:
        if day is not None:
            closed[day] = why
        else:
            week[weekday] = Span(opens, closes) if opens is not None else None
    zone = ZoneInfo(desk.store_of(session, store_id).zone)
    return Hours(week, dict(sorted(closed.items())), zone)


def set_week(session: Session, actor: Actor, week: Sequence[Span | None]) -> None:
    """Monday to Sunday from now on; what is booked stands. Raises Invalid by weekday."""
    actor.require("settings.edit")
    seen = Reading()
    if len(week) != len(WEEKDAYS):
        raise Refused(msg("A week has seven days, from Monday to Sunday."), field="week")
    for weekday, span in enumerate(week):
        if span is not None and not 0 <= span.opens < span.closes <= MIDNIGHT:
            seen.refuse(f"closes-{weekday}", msg("It closes later than it opens."))
    seen.done()
    before = of(session, actor.store_id).week
    rows = {
        row.weekday: row
        for row in session.scalars(
            select(WorkshopDay).where(WorkshopDay.store_id == actor.store_id)
        )
    }
    for weekday, span in enumerate(week):
        row = rows.get(weekday)
        if row is None:
            row = WorkshopDay(store_id=actor.store_id, weekday=weekday)
            session.add(row)
        row.opens, row.closes = (span.opens, span.closes) if span else (None, None)
    session.flush()
    if list(before) != list(week):
        audit.record(
            session,
            actor,
            "workshop.hours_set",
            subject="workshop:hours",
            before={"week": [_told(one) for one in before]},
            after={"week": [_told(one) for one in week]},
        )


def close(session: Session, actor: Actor, day: date, *, why: str = "") -> None:
    """The workshop is closed on a day. What is booked then stands, until somebody moves it."""
    actor.require("settings.edit")
    seen = Reading()
    said = seen.text("why", why, most=_LONGEST)
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    if not today <= day <= today + _AHEAD:
        seen.refuse("day", msg("A day from today on, within five years."))
    seen.done()
    if _closure(session, actor, day) is not None:
        raise Conflict(msg("The workshop is closed on that day already."), field="day")
    session.add(WorkshopClosure(store_id=actor.store_id, day=day, why=said))
    session.flush()
    audit.record(
        session,
        actor,
        "workshop.closed_on",
        subject=f"workshop:{day}",
        after={"day": day, "why": said},
    )


def reopen(session: Session, actor: Actor, day: date) -> None:
    """A day is open again as its weekday is. Raises NotFound for one that is not closed."""
    actor.require("settings.edit")
    row = _closure(session, actor, day)
    if row is None:
        raise NotFound(msg("The workshop is not closed on that day."), field="day")
    session.delete(row)
    session.flush()
    audit.record(
        session,
        actor,
        "workshop.open_on",
        subject=f"workshop:{day}",
        before={"day": day, "why": row.why},
    )


def shown(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _closure(session: Session, actor: Actor, day: date) -> WorkshopClosure | None:
    return session.scalar(
        select(WorkshopClosure).where(
            WorkshopClosure.store_id == actor.store_id, WorkshopClosure.day == day
        )
    )


def _told(span: Span | None) -> str:
    return f"{shown(span.opens)}-{shown(span.closes)}" if span else "closed"

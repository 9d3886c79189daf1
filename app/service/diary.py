"""What is planned: a week by its days, a day by its benches; and how much fits there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.service import appointments, benches, hours
from app.service.hours import Hours, Span
from app.service.planning_models import Appointment, Bench
from app.stores import desk

_WEEK = 7
# Years that a calendar can show without running out of dates.
_FIRST, _LAST = 2000, 2200


@dataclass(frozen=True, slots=True)
class Load:
    """How many minutes benches are open, and how many of these are taken."""

    open_min: int
    taken_min: int

    @property
    def share_percent(self) -> int:
        return round(100 * self.taken_min / self.open_min) if self.open_min else 0


@dataclass(frozen=True, slots=True)
class Day:
    """`span`: when the workshop is open, None: closed, with `why` where it was said."""

    day: date
    rows: Sequence[Appointment]
    span: Span | None
    why: str
    load: Load


@dataclass(frozen=True, slots=True)
class OnBench:
    """A bench’s day."""

    bench: Bench
    rows: Sequence[Appointment]
    load: Load


def asked_day(text: str, today: date) -> date:
    """The day that an address names; today for none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if _FIRST <= day.year <= _LAST else today


def week(session: Session, actor: Actor, day: date) -> list[Day]:
    """Monday to Sunday around a day: three statements."""
    actor.require("service.view")
    monday = day - timedelta(days=day.weekday())
    open_then = hours.of(session, actor.store_id)
    rows = _rows(session, actor, monday, open_then, days=_WEEK)
    usable = [one for one in benches.listed(session, actor.store_id) if not one.archived]
    return [
        _day(monday + timedelta(days=offset), rows, open_then, usable) for offset in range(_WEEK)
    ]


def by_bench(session: Session, actor: Actor, day: date) -> tuple[Day, list[OnBench]]:
    """One day, and every bench that is used then: three statements."""
    actor.require("service.view")
    open_then = hours.of(session, actor.store_id)
    rows = _rows(session, actor, day, open_then, days=1)
    busy = {row.bench_id for row in rows}
    there = benches.listed(session, actor.store_id)
    usable = [one for one in there if not one.archived]
    columns = [
        OnBench(
            bench,
            [row for row in rows if row.bench_id == bench.id],
            _load([row for row in rows if row.bench_id == bench.id], day, open_then, 1),
        )
        for bench in there
        if not bench.archived or bench.id in busy
    ]
    return _day(day, rows, open_then, usable), columns


def booked_on(session: Session, actor: Actor, days: Sequence[date]) -> dict[date, int]:
    """How many appointments stand on each of some days: one statement."""
    actor.require("service.view")
    if not days:
        return {}
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    start = datetime.combine(min(days), time(0), zone)
    end = datetime.combine(max(days) + timedelta(days=1), time(0), zone)
    rows = session.execute(
        select(Appointment.starts_at, Appointment.ends_at).where(
            Appointment.store_id == actor.store_id,
            Appointment.ended_at.is_(None),
            Appointment.starts_at > start - appointments.LONGEST,
            Appointment.starts_at < end,
        )
    ).all()
    return {day: sum(_covers(row[0], row[1], day, zone) for row in rows) for day in days}


def _day(day: date, rows: Sequence[Appointment], open_then: Hours, usable: Sequence[Bench]) -> Day:
    there = [row for row in rows if _touches(row, day, open_then)]
    return Day(
        day=day,
        rows=there,
        span=open_then.on(day),
        why=open_then.closed.get(day, ""),
        load=_load(there, day, open_then, len(usable)),
    )


def _load(rows: Iterable[Appointment], day: date, open_then: Hours, count: int) -> Load:
    """Of what is booked, the part within the opening hours counts."""
    opening = open_then.opening(day)
    if opening is None:
        return Load(0, 0)
    start, end = opening
    taken = sum(
        (max(min(row.ends_at, end) - max(row.starts_at, start), timedelta()) for row in rows),
        timedelta(),
    )
    return Load(int((end - start).total_seconds()) // 60 * count, int(taken.total_seconds()) // 60)


def _rows(
    session: Session, actor: Actor, day: date, open_then: Hours, *, days: int
) -> list[Appointment]:
    start = datetime.combine(day, time(0), open_then.zone)
    end = datetime.combine(day + timedelta(days=days), time(0), open_then.zone)
    return appointments.between(session, actor.store_id, start, end)


def _touches(row: Appointment, day: date, open_then: Hours) -> bool:
    return _covers(row.starts_at, row.ends_at, day, open_then.zone)


def _covers(starts_at: datetime, ends_at: datetime, day: date, zone: ZoneInfo) -> bool:
    last = (ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return starts_at.astimezone(zone).date() <= day <= last

"""What is planned: a week by its days, a day by its benches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.service import appointments, benches
from app.service.planning_models import Appointment, Bench
from app.stores import desk

_WEEK = 7
# Years that a calendar can show without running out of dates.
_FIRST, _LAST = 2000, 2200


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    rows: Sequence[Appointment]


@dataclass(frozen=True, slots=True)
class OnBench:
    """A bench’s day."""

    bench: Bench
    rows: Sequence[Appointment]


def asked_day(text: str, today: date) -> date:
    """The day that an address names; today for none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if _FIRST <= day.year <= _LAST else today


def week(session: Session, actor: Actor, day: date) -> list[Day]:
    """Monday to Sunday around a day: two statements."""
    actor.require("service.view")
    monday = day - timedelta(days=day.weekday())
    rows, zone = _rows(session, actor, monday, days=_WEEK)
    days = [monday + timedelta(days=offset) for offset in range(_WEEK)]
    return [Day(one, [row for row in rows if _touches(row, one, zone)]) for one in days]


def by_bench(session: Session, actor: Actor, day: date) -> list[OnBench]:
    """One day, every bench that is used then: three statements."""
    actor.require("service.view")
    rows, _ = _rows(session, actor, day, days=1)
    busy = {row.bench_id for row in rows}
    return [
        OnBench(bench, [row for row in rows if row.bench_id == bench.id])
        for bench in benches.listed(session, actor.store_id)
        if not bench.archived or bench.id in busy
    ]


def _rows(
    session: Session, actor: Actor, day: date, *, days: int
) -> tuple[list[Appointment], ZoneInfo]:
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    start = datetime.combine(day, time(0), zone)
    end = datetime.combine(day + timedelta(days=days), time(0), zone)
    return appointments.between(session, actor.store_id, start, end), zone


def _touches(row: Appointment, day: date, zone: ZoneInfo) -> bool:
    last = (row.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return row.starts_at.astimezone(zone).date() <= day <= last

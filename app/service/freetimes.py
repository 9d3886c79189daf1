"""When a bench is free: times proposed by how long it takes, on what kind, and by whom."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.service import appointments, benches
from app.service.planning_models import Appointment, Bench, BenchKind
from app.stores import desk

# When times are proposed: the workshop's day, Monday to Friday. Any other may be typed.
OPENS, CLOSES = time(8), time(18)
_WORKDAYS = 5
_STEP = timedelta(minutes=30)
_DAYS = 21
_MOST = 8


@dataclass(frozen=True, slots=True)
class FreeTime:
    bench: Bench
    starts_at: datetime
    ends_at: datetime


def proposed(
    session: Session,
    actor: Actor,
    *,
    kind: BenchKind | None,
    minutes: int,
    day: date,
    staff_id: int | None = None,
) -> list[FreeTime]:
    """The first free times from a day on, one for each half hour; three statements."""
    actor.require("service.view")
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    usable = [
        one
        for one in benches.listed(session, actor.store_id)
        if not one.archived and (kind is None or one.kind is kind)
    ]
    begin = datetime.combine(day, time(0), zone)
    taken = appointments.between(session, actor.store_id, begin, begin + timedelta(days=_DAYS))
    length = timedelta(minutes=minutes)
    found: list[FreeTime] = []
    for offset in range(_DAYS):
        start, end = _open(day + timedelta(days=offset), zone)
        if start.weekday() >= _WORKDAYS:
            continue
        while start + length <= end and len(found) < _MOST:
            bench = _free_bench(usable, taken, start, start + length, staff_id)
            if bench is not None and start >= clock.now():
                found.append(FreeTime(bench, start, start + length))
            start += _STEP
    return found


def _open(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return datetime.combine(day, OPENS, zone), datetime.combine(day, CLOSES, zone)


def _free_bench(
    usable: list[Bench],
    taken: list[Appointment],
    start: datetime,
    end: datetime,
    staff_id: int | None,
) -> Bench | None:
    there = [one for one in taken if one.starts_at < end and start < one.ends_at]
    if staff_id is not None and any(one.staff_id == staff_id for one in there):
        return None
    busy = {one.bench_id for one in there}
    return next((bench for bench in usable if bench.id not in busy), None)

"""When a bench is free: times proposed by how long it takes, on what kind, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.service import appointments, hours
from app.service.hours import Hours
from app.service.planning_models import Appointment, Bench, BenchKind
from app.stores import desk

_STEP = timedelta(minutes=30)
_DAYS = 21
_MOST = 8
# What is promised without more knowledge: an hour on a bench, told by the evening of its day;
# the first such day, one with some air, and one for parts that have to come.
_AN_HOUR = timedelta(hours=1)
_PROMISES = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class _Busy:
    bench_id: int
    staff_id: int | None
    starts_at: datetime
    ends_at: datetime


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
    most: int = _MOST,
    besides: int | None = None,
) -> list[FreeTime]:
    """The first free times while the workshop is open, one for each half hour: two statements.

    `besides`: the appointment that would move, so that its own time counts as free.
    """
    actor.require("service.view")
    open_then, usable, taken = _known(session, actor, day, kind=kind, besides=besides)
    length = timedelta(minutes=minutes)
    found: list[FreeTime] = []
    for _, start, end in open_then.open_days(day, within=_DAYS):
        found += _free_within(usable, taken, start, end, length=length, staff_id=staff_id)
        if len(found) >= most:
            break
    return found[:most]


def promises(session: Session, actor: Actor) -> list[datetime]:
    """Evenings by which a robot that comes in now may be promised: days that are open, and on which
    a bench has an hour left; any open day where the store keeps no benches. Two statements.
    """
    actor.require("service.view")
    zone = ZoneInfo(desk.store_of(session, actor.store_id).zone)
    tomorrow = clock.now().astimezone(zone).date() + timedelta(days=1)
    open_then, usable, taken = _known(session, actor, tomorrow, kind=None)
    evenings: list[datetime] = []
    for _, start, end in open_then.open_days(tomorrow, within=_DAYS):
        if not usable or _free_within(usable, taken, start, end, length=_AN_HOUR, staff_id=None):
            evenings.append(end)
        if len(evenings) == max(_PROMISES):
            break
    return [evenings[number - 1] for number in _PROMISES if number <= len(evenings)]


def _known(
    session: Session,
    actor: Actor,
    day: date,
    *,
    kind: BenchKind | None,
    besides: int | None = None,
) -> tuple[Hours, list[Bench], list[_Busy]]:
    """Hours, benches that can be booked, and what is taken on any of the store's."""
    open_then = hours.of(session, actor.store_id)
    begin = datetime.combine(day, time(0), open_then.zone)
    found = session.execute(
        select(Bench, Appointment.staff_id, Appointment.starts_at, Appointment.ends_at)
        .outerjoin(
            Appointment,
            (Appointment.bench_id == Bench.id)
            & Appointment.ended_at.is_(None)
            & (Appointment.id != (besides or 0))
            & (Appointment.starts_at > begin - appointments.LONGEST)
            & (Appointment.starts_at < begin + timedelta(days=_DAYS)),
        )
        .where(Bench.store_id == actor.store_id)
        .order_by(Bench.name_key, Bench.id)
    )
    rows: list[tuple[Any, ...]] = [tuple(row) for row in found]
    usable = {
        bench.id: bench
        for bench, _, _, _ in rows
        if not bench.archived and (kind is None or bench.kind is kind)
    }
    taken = [
        _Busy(bench.id, staff_id, starts_at, ends_at)
        for bench, staff_id, starts_at, ends_at in rows
        if starts_at is not None
    ]
    return open_then, list(usable.values()), taken


def _free_within(
    usable: Sequence[Bench],
    taken: Sequence[_Busy],
    start: datetime,
    end: datetime,
    *,
    length: timedelta,
    staff_id: int | None,
) -> list[FreeTime]:
    """What is free between two moments of one day, on a bench for each half hour."""
    found: list[FreeTime] = []
    today = [one for one in taken if one.starts_at < end and start < one.ends_at]
    while start + length <= end:
        bench = _free_bench(usable, today, start, start + length, staff_id)
        if bench is not None and start >= clock.now():
            found.append(FreeTime(bench, start, start + length))
        start += _STEP
    return found


def _free_bench(
    usable: Sequence[Bench],
    taken: Sequence[_Busy],
    start: datetime,
    end: datetime,
    staff_id: int | None,
) -> Bench | None:
    there = [one for one in taken if one.starts_at < end and start < one.ends_at]
    if staff_id is not None and any(one.staff_id == staff_id for one in there):
        return None
    busy = {one.bench_id for one in there}
    return next((bench for bench in usable if bench.id not in busy), None)

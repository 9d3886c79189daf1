"""An owner books a time of the workshop: what is to be done says how long, and on what bench."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots.models import Ownership, Unit
from app.service import appointments, freetimes, intake, tickets
from app.service.appointments import Wish
from app.service.freetimes import FreeTime
from app.service.models import Ticket
from app.service.planning_models import BenchKind
from app.stores import desk
from app.web.forms import Reading
from app.web.i18n import speech

MOST_TIMES = 24
_LONGEST = 2_000
# Somebody at the store has to read it before the robot stands there, or does not.
NOTICE = timedelta(hours=2)
OWNER = "owner"
_AHEAD = timedelta(days=90)
# What the owner's word does: it books a ticket, and a bench for it; and takes both back.
_MAY = frozenset({"service.plan", "service.view", "service.intake"})


class Work(StrEnum):
    """What an appointment is for."""

    FAULT = "fault"
    SERVICE = "service"
    CALIBRATION = "calibration"
    BULLETIN = "bulletin"


WORK_LABELS: dict[Work, Text] = {
    Work.FAULT: msg("Something is wrong with it"),
    Work.SERVICE: msg("Regular service"),
    Work.CALIBRATION: msg("Calibration"),
    Work.BULLETIN: msg("Recall or bulletin"),
}
_MINUTES: Mapping[Work, int] = {
    Work.FAULT: 60,
    Work.SERVICE: 120,
    Work.CALIBRATION: 120,
    Work.BULLETIN: 60,
}
# Where it is done, the best place first.
_PLACES: Mapping[Work, tuple[BenchKind, ...]] = {
    Work.FAULT: (BenchKind.BENCH, BenchKind.HOIST),
    Work.SERVICE: (BenchKind.BENCH, BenchKind.HOIST),
    Work.CALIBRATION: (BenchKind.CELL, BenchKind.BENCH),
    Work.BULLETIN: (BenchKind.BENCH, BenchKind.HOIST),
}


@dataclass(frozen=True, slots=True)
class Booking:
    """What the owner chose; `day` is the one from which times were shown."""

    work: Work
    day: date
    starts_at: str
    words: str = ""


def actor_of(unit: Unit) -> Actor:
    """Who acts when an owner does: nobody of the store."""
    return Actor(
        store_id=unit.store_id,
        name=OWNER,
        role="customer",
        permissions=_MAY,
        role_label=msg("Customer"),
    )


def first_day(session: Session, store_id: int, wished: str) -> date:
    """The day from which times are shown: never before today, never far ahead."""
    today = desk.business_day_of(desk.store_of(session, store_id))
    try:
        day = date.fromisoformat(wished)
    except ValueError:
        return today
    return min(max(day, today), today + _AHEAD)


def free_times(session: Session, unit: Unit, work: Work, day: date) -> list[FreeTime]:
    """The next free times from a day on."""
    soonest = clock.now() + NOTICE
    for kind in _PLACES[work]:
        found = freetimes.proposed(
            session,
            actor_of(unit),
            kind=kind,
            minutes=_MINUTES[work],
            day=day,
            most=MOST_TIMES,
        )
        free = [one for one in found if one.starts_at >= soonest]
        if free:
            return free
    return []


def book(session: Session, unit: Unit, owned: Ownership, wished: Booking) -> Ticket:
    """A ticket with its appointment. Raises Conflict where the robot has a ticket already, Refused
    for a time that is not free any more.
    """
    seen = Reading()
    words = seen.text("words", wished.words, most=_LONGEST)
    seen.done()
    actor = actor_of(unit)
    there = tickets.open_of(session, unit.id)
    if there is not None and _is_sent_twice(session, there, wished):
        return there
    if there is not None:
        raise Conflict(msg("The robot has an open repair already: {number}.",
                           number=tickets.label(there)), field="form")  # fmt: skip
    chosen = chosen_of(free_times(session, unit, wished.work, wished.day), wished.starts_at)
    store = desk.store_of(session, unit.store_id)
    about = speech(store.language, zone=store.zone).say(WORK_LABELS[wished.work])
    ticket = intake.book_in(
        session,
        actor,
        unit,
        complaint=clean(f"{about}\n{words}"),
        customer_id=owned.customer_id,
    )
    appointments.make(
        session, actor, ticket, Wish(chosen.bench.id, chosen.starts_at, chosen.ends_at)
    )
    return ticket


def _is_sent_twice(session: Session, ticket: Ticket, wished: Booking) -> bool:
    row = appointments.of_ticket(session, ticket)
    if row is None or row.made_by != OWNER:
        return False
    return row.starts_at == moment_of(wished.starts_at)


def moment_of(starts_at: str) -> datetime:
    """The moment that a form names; raises Refused for none."""
    try:
        return datetime.fromisoformat(starts_at)
    except ValueError:
        raise Refused(msg("Please choose a time."), field="starts_at") from None


def chosen_of(free: list[FreeTime], starts_at: str) -> FreeTime:
    """The free time that a form names; raises Refused for any other."""
    wanted = moment_of(starts_at)
    for one in free:
        if one.starts_at == wanted:
            return one
    raise Refused(msg("Somebody has just booked this time. Look again."), field="starts_at")

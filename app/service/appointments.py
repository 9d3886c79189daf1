"""Appointments: a bench, and mostly a person, kept for a ticket; never two at once on either."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.identity import staff
from app.kernel import audit, clock, events, queueing, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, folded
from app.kernel.text import Text, msg
from app.robots.models import Unit
from app.service import benches, tickets
from app.service.events import AppointmentChanged, Planned, TicketMoved
from app.service.models import Ticket
from app.service.planning_models import Appointment
from app.service.states import TicketState

LONGEST = timedelta(days=14)
_AHEAD = timedelta(days=2 * 366)
_LONGEST_LINE = 200
# The robot waits to be fetched: nothing is done to it any more.
_TOO_LATE = frozenset({TicketState.READY, TicketState.RETURNED})
_WITH = (
    joinedload(Appointment.bench),
    joinedload(Appointment.person),
    joinedload(Appointment.ticket).joinedload(Ticket.unit).joinedload(Unit.model),
    joinedload(Appointment.ticket).joinedload(Ticket.customer),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Where, when and by whom. `skill`: what that person has to be able to do."""

    bench_id: int
    starts_at: datetime
    ends_at: datetime
    staff_id: int | None = None
    skill: str = ""


class Taken(Conflict):
    """Bench or person has something else to do then; the link leads there."""

    code = "taken"


def make(session: Session, actor: Actor, ticket: Ticket, wish: Wish) -> Appointment:
    """Keep bench and person for a ticket. Raises Taken where either has something else to do.

    A ticket has one appointment: a second one is refused, `move` changes it.
    """
    actor.require("service.plan")
    _require_plannable(ticket)
    queueing.enter(session, actor.store_id)
    there = of_ticket(session, ticket)
    if there is not None:
        raise Taken(
            msg(
                "{number} has an appointment already: {when}.",
                number=tickets.label(ticket),
                when=there.starts_at,
            ),
            link=page(there),
        )
    _check(session, actor, wish, besides=None)
    row = Appointment(
        store_id=actor.store_id,
        ticket_id=ticket.id,
        bench_id=wish.bench_id,
        staff_id=wish.staff_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        skill=clean(wish.skill),
        made_at=clock.now(),
        made_by=actor.name,
    )
    _keep(session, row)
    _record(session, actor, ticket, "appointment.made", before=None, after=_facts(row))
    _announce(session, actor, row, Planned.MADE)
    return row


def move(
    session: Session, actor: Actor, row: Appointment, wish: Wish, *, seen: int | None = None
) -> None:
    """Another time, bench or person. Raises Taken, and Conflict when it was changed meanwhile."""
    actor.require("service.plan")
    queueing.enter(session, actor.store_id)
    session.refresh(row, ["version", "ended_at", "ended_by"])
    _require_standing(row)
    if seen is not None and seen != row.version:
        raise Conflict(msg("Somebody has changed this appointment meanwhile. Look again."))
    _require_plannable(row.ticket)
    _check(session, actor, wish, besides=row)
    before = _facts(row)
    row.bench_id, row.staff_id = wish.bench_id, wish.staff_id
    row.starts_at, row.ends_at = wish.starts_at, wish.ends_at
    row.skill = clean(wish.skill)
    row.version += 1
    _keep(session, row)
    _record(session, actor, row.ticket, "appointment.moved", before=before, after=_facts(row))
    if (row.starts_at, row.ends_at) != (before["starts_at"], before["ends_at"]):
        _announce(session, actor, row, Planned.MOVED)


def call_off(session: Session, actor: Actor, row: Appointment, *, why: str) -> None:
    """It does not take place; bench and person are free again, the ticket stands."""
    actor.require("service.plan")
    _require_standing(row)
    said = words.why(why, most=_LONGEST_LINE, field="why")
    _end(session, actor, row, why=said)


def on_moved(session: Session, event: TicketMoved) -> None:
    """A ticket that is called off needs no bench; nor does one that is over before its time."""
    if event.after not in {TicketState.CANCELLED, TicketState.RETURNED}:
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    row = of_ticket(session, ticket)
    if row is not None and row.ends_at > clock.now():
        _end(session, event.actor, row, why="")


def of_ticket(session: Session, ticket: Ticket) -> Appointment | None:
    """The appointment of a ticket that stands."""
    return session.scalar(
        select(Appointment)
        .where(Appointment.ticket_id == ticket.id, Appointment.ended_at.is_(None))
        .options(*_WITH)
    )


def by_id(session: Session, actor: Actor, appointment_id: int) -> Appointment:
    found = session.scalar(
        select(Appointment)
        .where(Appointment.id == appointment_id, Appointment.store_id == actor.store_id)
        .options(*_WITH)
    )
    if found is None:
        raise NotFound(msg("There is no such appointment in this store."))
    return found


def between(
    session: Session,
    store_id: int,
    start: datetime,
    end: datetime,
    *conditions: ColumnElement[bool],
) -> list[Appointment]:
    """What stands between two moments, by its beginning."""
    return list(
        session.scalars(
            select(Appointment)
            .where(
                Appointment.store_id == store_id,
                Appointment.ended_at.is_(None),
                # none is longer, so an index range says it all
                Appointment.starts_at > start - LONGEST,
                Appointment.starts_at < end,
                Appointment.ends_at > start,
                *conditions,
            )
            .order_by(Appointment.starts_at, Appointment.id)
            .options(*_WITH)
        )
    )


def page(row: Appointment) -> str:
    return f"/service/calendar/{row.id}"


def _require_plannable(ticket: Ticket) -> None:
    tickets.require_open(ticket)
    if ticket.state in _TOO_LATE:
        raise Conflict(
            msg("{number} is ready: it needs no bench any more.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )


def _require_standing(row: Appointment) -> None:
    if row.ended_at is not None:
        raise Conflict(msg("This appointment was called off by {who}.", who=row.ended_by))


def _check(session: Session, actor: Actor, wish: Wish, *, besides: Appointment | None) -> None:
    """Raises Refused for what cannot be, Taken for what is not free."""
    if wish.ends_at <= wish.starts_at:
        raise Refused(msg("It ends after it begins."), field="minutes")
    if wish.ends_at - wish.starts_at > LONGEST:
        raise Refused(msg("An appointment lasts at most 14 days."), field="minutes")
    if wish.starts_at > clock.now() + _AHEAD:
        raise Refused(msg("This is more than two years ahead."), field="starts_at")
    if wish.ends_at <= clock.now():
        raise Refused(msg("This time is over already."), field="starts_at")
    bench = benches.by_id(session, actor, wish.bench_id)
    if bench.archived and (besides is None or besides.bench_id != bench.id):
        raise Refused(msg("{name} is not used any more.", name=bench.name), field="bench")
    if wish.staff_id is not None:
        tickets.check_technician(session, actor, wish.staff_id)
        if clean(wish.skill):
            person = staff.by_id(session, actor, wish.staff_id)
            benches.require_skill(session, person, wish.skill)
    _require_free(session, actor, wish, besides=besides)
    if clean(wish.skill):
        _require_hands(session, actor, wish, besides=besides)


def _require_hands(
    session: Session, actor: Actor, wish: Wish, *, besides: Appointment | None
) -> None:
    """Somebody who can do it is left then, also for what is booked with nobody's name yet."""
    people = benches.who_can(session, actor.store_id, wish.skill)
    if not people:
        raise Refused(msg("Nobody here has the skill “{skill}”.", skill=wish.skill), field="skill")
    nobodys = Appointment.staff_id.is_(None) & (Appointment.skill != "")
    there = [
        one
        for one in between(
            session,
            actor.store_id,
            wish.starts_at,
            wish.ends_at,
            Appointment.staff_id.in_(people) | nobodys,
        )
        if besides is None or one.id != besides.id
    ]
    busy = {one.staff_id for one in there if one.staff_id is not None}
    same = [
        one for one in there if one.staff_id is None and folded(one.skill) == folded(wish.skill)
    ]
    if _at_once(same, wish.starts_at) + 1 > len(people - busy):
        other = next(one for one in there if one.staff_id is not None or one in same)
        raise Taken(
            msg(
                "Nobody who can do “{skill}” is free then: {number} takes the last one.",
                skill=wish.skill,
                number=tickets.label(other.ticket),
            ),
            field="skill",
            link=page(other),
        )


def _at_once(rows: list[Appointment], start: datetime) -> int:
    """How many of them go on at one moment, at the most, from a moment on."""
    moments = [max(one.starts_at, start) for one in rows]
    return max(
        (sum(one.starts_at <= at < one.ends_at for one in rows) for at in moments), default=0
    )


def _require_free(
    session: Session, actor: Actor, wish: Wish, *, besides: Appointment | None
) -> None:
    same = Appointment.bench_id == wish.bench_id
    if wish.staff_id is not None:
        same |= Appointment.staff_id == wish.staff_id
    for other in between(session, actor.store_id, wish.starts_at, wish.ends_at, same):
        if besides is not None and other.id == besides.id:
            continue
        bench = other.bench_id == wish.bench_id
        raise Taken(
            _taken(other, other.bench.name if bench else other.person.name if other.person else ""),
            field="bench" if bench else "technician",
            link=page(other),
        )


def _taken(other: Appointment, who: str) -> Text:
    return msg(
        "{who} is taken from {start} to {end}, by {number}.",
        who=who,
        start=other.starts_at,
        end=other.ends_at,
        number=tickets.label(other.ticket),
    )


def _keep(session: Session, row: Appointment) -> None:
    """The database has the last word, should two bookings have passed each other."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Taken(msg("Somebody has just booked this time. Look again."), field="bench") from None


def _end(session: Session, actor: Actor, row: Appointment, *, why: str) -> None:
    row.ended_at, row.ended_by, row.why = clock.now(), actor.name, why
    row.version += 1
    session.flush()
    _record(
        session, actor, row.ticket, "appointment.called_off", before=_facts(row), after=None,
        reason=why,
    )  # fmt: skip
    _announce(session, actor, row, Planned.CALLED_OFF)


def _announce(session: Session, actor: Actor, row: Appointment, change: Planned) -> None:
    events.announce(
        session,
        AppointmentChanged(actor, row.store_id, row.ticket_id, row.id, row.version, change),
    )


def _facts(row: Appointment) -> dict[str, object]:
    return {
        "bench_id": row.bench_id,
        "staff_id": row.staff_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }


def _record(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    action: str,
    *,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
    reason: str = "",
) -> None:
    audit.record(
        session,
        actor,
        action,
        subject=tickets.reference(ticket),
        before=before,
        after=after,
        reason=reason or None,
    )

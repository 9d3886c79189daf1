"""An owner moves or gives back an appointment that they booked themselves.

Until the store's notice runs out; after that they call. What the page showed goes along: an
appointment that was changed meanwhile is looked at again, and what is done already is done once.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import clock
from app.kernel.errors import Conflict
from app.kernel.text import msg
from app.portal import ownerbooking, ownerview
from app.portal.ownerbooking import MOST_TIMES, NOTICE, OWNER
from app.robots.models import Ownership, Unit
from app.service import appointments, freetimes, tickets
from app.service.appointments import Wish
from app.service.freetimes import FreeTime
from app.service.models import Ticket
from app.service.planning_models import Appointment
from app.service.states import TicketState
from app.stores import desk
from app.web.i18n import speech


def of_owner(session: Session, owned: Ownership) -> Appointment | None:
    """The appointment that this owner booked and the robot has not come to yet."""
    return session.scalar(
        select(Appointment)
        .join(Ticket, Ticket.id == Appointment.ticket_id)
        .where(
            *ownerview.theirs(owned),
            Ticket.state == TicketState.BOOKED,
            Appointment.ended_at.is_(None),
            Appointment.made_by == OWNER,
        )
        .options(
            joinedload(Appointment.bench), joinedload(Appointment.ticket).joinedload(Ticket.unit)
        )
    )


def in_time(row: Appointment) -> bool:
    """Whether the store still reads it before the robot is waited for."""
    return clock.now() + NOTICE < row.starts_at


def mark(row: Appointment) -> str:
    """What a page saw: it goes along with what is asked of it."""
    return f"{row.id}-{row.version}"


def free_times(session: Session, unit: Unit, row: Appointment, day: date) -> list[FreeTime]:
    """Other times for the same work, at a place of the same kind and by the same person."""
    minutes = int((row.ends_at - row.starts_at).total_seconds()) // 60
    found = freetimes.proposed(
        session,
        ownerbooking.actor_of(unit),
        kind=row.bench.kind,
        minutes=minutes,
        day=day,
        staff_id=row.staff_id,
        most=MOST_TIMES,
        besides=row.id,
    )
    soonest = clock.now() + NOTICE
    return [one for one in found if one.starts_at >= soonest and one.starts_at != row.starts_at]


def move(
    session: Session, unit: Unit, owned: Ownership, *, seen: str, day: date, starts_at: str
) -> None:
    """To another free time. Raises Conflict for one that does not stand as it was seen, or is too
    near; Refused for a time that is not free any more.
    """
    row = of_owner(session, owned)
    if row is None:
        raise Conflict(msg("This appointment does not stand any more. Book another one."))
    if row.starts_at == ownerbooking.moment_of(starts_at):
        return  # sent twice
    _require_changeable(row, seen)
    chosen = ownerbooking.chosen_of(free_times(session, unit, row, day), starts_at)
    wish = Wish(chosen.bench.id, chosen.starts_at, chosen.ends_at, row.staff_id, row.skill)
    appointments.move(session, ownerbooking.actor_of(unit), row, wish)


def cancel(session: Session, unit: Unit, owned: Ownership, *, seen: str) -> None:
    """Bench and person are free again, and the ticket is cancelled. What stands no more is left.

    Raises Conflict for an appointment that is not as it was seen, or is too near.
    """
    row = of_owner(session, owned)
    if row is None:
        return
    _require_changeable(row, seen)
    store = desk.store_of(session, unit.store_id)
    why = speech(store.language, zone=store.zone).say(msg("The owner does not come."))
    actor = ownerbooking.actor_of(unit)
    appointments.call_off(session, actor, row, why=why)
    tickets.cancel(session, actor, row.ticket, why=why)


def _require_changeable(row: Appointment, seen: str) -> None:
    if seen != mark(row):
        raise Conflict(msg("This appointment was changed meanwhile. Look again."), field="form")
    if not in_time(row):
        raise Conflict(
            msg("It is too late to change it here. Please call the store."), field="form"
        )

"""The promise clock: until when a ticket was promised, and whether that is kept.

It stands still while it is up to somebody outside of the house (customer, part, maker); the time
that it stood is added to what was promised. From `ready` on the promise is kept or void.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.service.models import Ticket
from app.service.states import PROMISE_MET, STOPS_THE_CLOCK

_SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Promise:
    """`due`: what was promised, later by the time that the clock stood; None: nothing was."""

    due: datetime | None
    stands: bool
    overdue: bool
    soon: bool


def of(ticket: Ticket, now: datetime) -> Promise:
    """The promise of a ticket as it is at a moment."""
    due = due_at(ticket, now)
    stands = clock_stands(ticket)
    runs = due is not None and ticket.state not in PROMISE_MET and not stands
    left = due - now if due is not None else timedelta()
    return Promise(
        due=due,
        stands=stands,
        overdue=runs and left < timedelta(),
        soon=runs and timedelta() <= left <= _SOON,
    )


def clock_stands(ticket: Ticket) -> bool:
    return ticket.waiting in STOPS_THE_CLOCK


def paused_s(ticket: Ticket, now: datetime) -> int:
    """How long the clock has stood, up to this moment."""
    return ticket.paused_s + waited_s(ticket, now)


def waited_s(ticket: Ticket, now: datetime) -> int:
    """Whole seconds that the clock has stood in the wait that goes on."""
    if ticket.waiting_since is None or not clock_stands(ticket):
        return 0
    return max(int((now - ticket.waiting_since).total_seconds()), 0)


def due_at(ticket: Ticket, now: datetime) -> datetime | None:
    if ticket.promised_at is None:
        return None
    return ticket.promised_at + timedelta(seconds=paused_s(ticket, now) - ticket.paused_before_s)

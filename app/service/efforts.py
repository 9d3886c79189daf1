"""How long the work on many tickets has taken beside what it takes by the book, for the board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.service.estimate_models import Decision, Estimate, EstimateLine
from app.service.labour import minutes_of
from app.service.models import Ticket
from app.service.states import TicketState
from app.service.work_models import Labour

# From the approval to the check: while the work by the estimate goes on.
_WORKED_ON = (
    TicketState.APPROVED,
    TicketState.WAITING_PARTS,
    TicketState.IN_WORK,
    TicketState.CHECKING,
)
_TENTH_MIN = 6


@dataclass(frozen=True, slots=True)
class Effort:
    """Minutes that clocks ran, and minutes by the book of what was approved."""

    actual_min: int
    standard_min: int

    @property
    def is_over(self) -> bool:
        return self.actual_min > self.standard_min

    @property
    def actual_hours(self) -> float:
        return round(self.actual_min / _TENTH_MIN) / 10

    @property
    def standard_hours(self) -> float:
        return round(self.standard_min / _TENTH_MIN) / 10


def of_store(session: Session, store_id: int, now: datetime) -> dict[int, Effort]:
    """By ticket, for those that are worked on by standard times: two statements."""
    standard = _standard(session, store_id)
    if not standard:
        return {}
    actual = dict.fromkeys(standard, 0)
    for row in _clocks(session, store_id):
        if row.ticket_id in actual:
            people = 1 if row.second_id is None else 2
            actual[row.ticket_id] += minutes_of(row, now) * people
    return {ticket: Effort(actual[ticket], minutes) for ticket, minutes in standard.items()}


def _standard(session: Session, store_id: int) -> dict[int, int]:
    """What was approved of the newest version that was decided."""
    newest = (
        select(func.max(Estimate.version))
        .where(Estimate.ticket_id == Ticket.id, Estimate.decided_at.is_not(None))
        .correlate(Ticket)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Ticket.id, func.sum(EstimateLine.minutes * EstimateLine.quantity))
        .join(Estimate, (Estimate.ticket_id == Ticket.id) & (Estimate.version == newest))
        .join(EstimateLine, EstimateLine.estimate_id == Estimate.id)
        .join(Decision, (Decision.line_id == EstimateLine.id) & Decision.approved)
        .where(Ticket.store_id == store_id, Ticket.state.in_(_WORKED_ON), EstimateLine.minutes > 0)
        .group_by(Ticket.id)
    )
    return {ticket_id: int(minutes) for ticket_id, minutes in rows}


def _clocks(session: Session, store_id: int) -> Sequence[Labour]:
    return session.scalars(
        select(Labour)
        .join(Ticket, Ticket.id == Labour.ticket_id)
        .where(Ticket.store_id == store_id, Ticket.state.in_(_WORKED_ON))
    ).all()

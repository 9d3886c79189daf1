"""What must always hold of the work on tickets; `quatrefoil check` prints what does not."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.parts.following import owner_of
from app.robots.slot_models import Occupant
from app.service import tickets
from app.service.models import Ticket, TicketChange
from app.service.states import PROMISE_MET, TicketState
from app.service.work_models import Labour, PartUse, QualityCheck, Release

_OUT = (TicketState.READY, TicketState.RETURNED, TicketState.CLOSED)


def breaches(session: Session) -> Iterator[str]:
    """One line per breach, each naming service first."""
    yield from _released(session)
    yield from _checked(session)
    yield from _uses_are_stays(session)
    yield from _clocks_apart(session)


def _released(session: Session) -> Iterator[str]:
    """Nothing is ready without a release, given since it was last checked or declined."""
    asked = (
        select(TicketChange.ticket_id, func.max(TicketChange.at).label("at"))
        .where(TicketChange.to_state.in_((TicketState.CHECKING, TicketState.DECLINED)))
        .group_by(TicketChange.ticket_id)
        .subquery()
    )
    given = (
        select(Release.ticket_id, func.max(Release.at).label("at"))
        .group_by(Release.ticket_id)
        .subquery()
    )
    for number in session.scalars(
        select(Ticket.number)
        .outerjoin(asked, asked.c.ticket_id == Ticket.id)
        .outerjoin(given, given.c.ticket_id == Ticket.id)
        .where(
            Ticket.state.in_(_OUT),
            given.c.at.is_(None) | (given.c.at < asked.c.at),
        )
        .order_by(Ticket.number)
    ):
        yield f"service: T-{number} left the workshop without a release"


def _checked(session: Session) -> Iterator[str]:
    """What was released after the check had been passed; only declined work needs none."""
    checked = (
        select(QualityCheck.id)
        .where(
            QualityCheck.ticket_id == Release.ticket_id,
            QualityCheck.passed.is_(True),
            QualityCheck.at <= Release.at,
        )
        .exists()
    )
    declined = (
        select(TicketChange.id)
        .where(
            TicketChange.ticket_id == Release.ticket_id,
            TicketChange.to_state == TicketState.DECLINED,
        )
        .exists()
    )
    for number in session.scalars(
        select(Ticket.number)
        .join(Release, Release.ticket_id == Ticket.id)
        .where(~checked, ~declined)
        .order_by(Ticket.number)
    ):
        yield f"service: T-{number} was released without a passed check"


def _uses_are_stays(session: Session) -> Iterator[str]:
    """A part that a job put into a slot is a stay in that robot, for that job or for none, and
    counts for it as long as it stays there.
    """
    rows = session.execute(
        select(PartUse, Occupant, Ticket)
        .join(Ticket, Ticket.id == PartUse.ticket_id)
        .join(Occupant, Occupant.id == PartUse.occupant_id)
        .order_by(PartUse.id)
    )
    for use, stay, ticket in rows:
        owner = tickets.reference(ticket)
        is_out = stay.until is not None
        # of a job that is over it was work that held, unless it came out for just that job
        must = is_out and (
            owner_of(stay.removal_reference) == owner or ticket.state not in PROMISE_MET
        )
        undone = use.undone_at is not None
        if stay.unit_id != ticket.unit_id or owner_of(stay.reference) not in {owner, ""}:
            yield f"service: {tickets.label(ticket)}: part use {use.id} is no stay of this job"
        elif (must and not undone) or (undone and not is_out):
            yield f"service: {tickets.label(ticket)}: part use {use.id} and the robot disagree"


def _clocks_apart(session: Session) -> Iterator[str]:
    """Nobody's clock ran in two places at once: each begins after the one before has stopped."""
    person, start = Labour.staff_id, (Labour.started_at, Labour.id)
    follows = select(
        Labour.id.label("id"),
        Labour.started_at.label("started_at"),
        func.lag(Labour.id).over(partition_by=person, order_by=start).label("before_id"),
        func.lag(Labour.stopped_at)
        .over(partition_by=person, order_by=start)
        .label("before_stopped"),
    ).subquery()
    rows = session.execute(
        select(follows.c.before_id, follows.c.id)
        .where(
            follows.c.before_id.is_not(None),
            follows.c.before_stopped.is_(None) | (follows.c.started_at < follows.c.before_stopped),
        )
        .order_by(follows.c.before_id)
    )
    for first, second in rows:
        yield f"service: clocks {first} and {second} of one person ran at the same time"

"""Labour clocks: started and stopped by scan, one for a person at a time, standard beside actual.

A clock that ran past the business day was forgotten: it is not stopped now, but at the moment that
somebody says, with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Staff
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.service import authorisations, estimates, operations, safety, tickets
from app.service.estimate_models import EstimateLine, LineKind
from app.service.guards import NotYet
from app.service.models import Ticket
from app.service.operation_models import Operation
from app.service.states import TicketState
from app.service.work_models import Labour
from app.stores import desk

_LONGEST_REASON = 200
# Somebody may look for the fault, repair, and check by the clock.
_CLOCKED = frozenset(
    {
        TicketState.RECEIVED,
        TicketState.DIAGNOSING,
        TicketState.APPROVED,
        TicketState.WAITING_PARTS,
        TicketState.IN_WORK,
        TicketState.CHECKING,
    }
)


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes that work took beside what it takes by the book, by line key ("" is the rest)."""

    actual: dict[str, int]
    standard: dict[str, int]


def start(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    line_key: str = "",
    second_id: int | None = None,
) -> Labour:
    """The actor's clock runs on this ticket from now on; one that ran elsewhere stops.

    Raises NotYet without what makes the work safe, Refused where a second person is needed,
    Conflict when the clock runs here already or was forgotten elsewhere.
    """
    actor.require("service.work")
    staff_id = _person(actor)
    if ticket.state not in _CLOCKED:
        raise Conflict(
            msg("Nobody works on {number} just now.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    operation = _operation_of(session, ticket, line_key)
    if operation is not None:
        authorisations.require(session, ticket.store_id, operation, ticket.unit)
        safety.require(session, ticket, operation.safety)
    second_id = _second(session, actor, operation, second_id)
    before = running(session, staff_id)
    if before is not None:
        if (before.ticket_id, before.line_key) == (ticket.id, line_key):
            raise Conflict(msg("Your clock runs here already."))
        _stop_before_another(session, actor, before)
    row = Labour(
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        line_key=line_key,
        staff_id=staff_id,
        second_id=second_id,
        started_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _record(session, actor, ticket, row, "labour.started")
    return row


def stop(
    session: Session,
    actor: Actor,
    *,
    labour_id: int | None = None,
    at: datetime | None = None,
    reason: str = "",
) -> Labour:
    """Stop one's own clock, or (who leads the workshop) somebody's.

    `at`: when the work ended, where that was before now; then `reason` says why it is said late.
    Raises Refused for a forgotten clock without both.
    """
    actor.require("service.work")
    row = _meant(session, actor, labour_id)
    now, why = clock.now(), clean(reason)[:_LONGEST_REASON]
    ended = now if at is None else at
    if not row.started_at <= ended <= now:
        raise Refused(
            msg(
                "The work ended after it began ({began}), and not later than now.",
                began=row.started_at,
            ),
            field="at",
        )
    if at is None and forgotten(session, row):
        raise Refused(
            msg("This clock has run since {began}. When did the work end?", began=row.started_at),
            field="at",
        )
    if ended < now and not why:
        raise Refused(msg("Please say why."), field="reason")
    row.stopped_at, row.stopped_by = ended, actor.name
    row.correction = why if ended < now else ""
    session.flush()
    ticket = tickets.by_id(session, actor, row.ticket_id)
    _record(session, actor, ticket, row, "labour.stopped", reason=row.correction)
    return row


def record(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    staff_id: int,
    started_at: datetime,
    stopped_at: datetime,
    line_key: str = "",
    reason: str = "",
) -> Labour:
    """Time that somebody worked without a clock, as another program or a manager knows it."""
    actor.require("service.work")
    if staff_id != actor.staff_id:
        actor.require("service.override")
        tickets.check_technician(session, actor, staff_id)
    tickets.require_open(ticket)
    _operation_of(session, ticket, line_key)
    if not started_at <= stopped_at <= clock.now():
        raise Refused(msg("The work ends after it begins, and not in the future."), field="at")
    overlapping = session.scalar(
        select(Labour.id).where(
            Labour.staff_id == staff_id,
            Labour.started_at < stopped_at,
            func.coalesce(Labour.stopped_at, clock.now()) > started_at,
        )
    )
    if overlapping is not None:
        raise Conflict(msg("This person’s clock ran elsewhere at that time."), field="at")
    row = Labour(
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        line_key=line_key,
        staff_id=staff_id,
        started_at=started_at,
        stopped_at=stopped_at,
        stopped_by=actor.name,
        correction=clean(reason)[:_LONGEST_REASON],
    )
    session.add(row)
    session.flush()
    _record(session, actor, ticket, row, "labour.recorded", reason=row.correction)
    return row


def running(session: Session, staff_id: int | None) -> Labour | None:
    """A person's clock that runs."""
    if staff_id is None:
        return None
    return session.scalar(
        select(Labour).where(Labour.staff_id == staff_id, Labour.stopped_at.is_(None))
    )


def forgotten(session: Session, row: Labour) -> bool:
    """Whether a running clock has passed the end of the business day that it was started on."""
    if row.stopped_at is not None:
        return False
    store = desk.store_of(session, row.store_id)
    return desk.business_day_of(store, row.started_at) != desk.business_day_of(store)


def minutes_of(row: Labour, now: datetime) -> int:
    """How long it ran, in whole minutes; while it runs, until now."""
    return round(((row.stopped_at or now) - row.started_at).total_seconds() / 60)


def times(
    rows: Sequence[tuple[Labour, str]], lines: Sequence[EstimateLine], now: datetime
) -> Times:
    """What each approved line has taken, two people's time counted twice, beside its standard."""
    actual: dict[str, int] = {}
    for row, _ in rows:
        people = 1 if row.second_id is None else 2
        actual[row.line_key] = actual.get(row.line_key, 0) + minutes_of(row, now) * people
    standard = {line.key: line.minutes * line.quantity for line in lines if line.minutes}
    return Times(actual, standard)


def still_running(session: Session, ticket: Ticket) -> Text | None:
    """Whose clock keeps a ticket in the work."""
    name = session.scalar(
        select(Staff.name)
        .join(Labour, Labour.staff_id == Staff.id)
        .where(Labour.ticket_id == ticket.id, Labour.stopped_at.is_(None))
        .limit(1)
    )
    return told_running(name) if name else None


def told_running(name: str) -> Text:
    """What keeps a ticket in the work while somebody's clock runs."""
    return msg("The clock of {name} still runs.", name=name)


def _person(actor: Actor) -> int:
    if actor.staff_id is None:
        raise Refused(msg("A clock runs for a person, not for a program."))
    return actor.staff_id


def _operation_of(session: Session, ticket: Ticket, line_key: str) -> Operation | None:
    """The operation of an approved line; raises NotFound for a line that is none."""
    if not line_key:
        return None
    line = next(
        (one for one in estimates.approved_lines(session, ticket) if one.key == line_key), None
    )
    if line is None or line.kind not in {LineKind.LABOUR, LineKind.CALIBRATION, LineKind.PART}:
        raise NotFound(msg("This line is not approved work of this ticket."), field="line")
    # one archived since counts as well
    found = operations.by_codes(session, ticket.store_id, [line.operation_code])
    return next(iter(found.values()), None)


def _second(
    session: Session, actor: Actor, operation: Operation | None, second_id: int | None
) -> int | None:
    if second_id is None:
        if operation is not None and operation.needs_two:
            raise Refused(
                msg("{operation} takes two people: who holds on?", operation=operation.name),
                field="second",
            )
        return None
    if second_id == actor.staff_id:
        raise Refused(msg("The second person is somebody else."), field="second")
    tickets.check_technician(session, actor, second_id)
    return second_id


def _stop_before_another(session: Session, actor: Actor, row: Labour) -> None:
    if forgotten(session, row):
        ticket = tickets.by_id(session, actor, row.ticket_id)
        raise NotYet(
            msg(
                "Your clock on {number} has run since {began}. Say first when that work ended.",
                number=tickets.label(ticket),
                began=row.started_at,
            ),
            link=f"{tickets.page(ticket)}/work",
        )
    stop(session, actor, labour_id=row.id)


def _meant(session: Session, actor: Actor, labour_id: int | None) -> Labour:
    if labour_id is None:
        own = running(session, actor.staff_id)
        if own is None:
            raise Conflict(msg("Your clock does not run."))
        return own
    row = session.get(Labour, labour_id)
    if row is None or row.store_id != actor.store_id:
        raise NotFound(msg("There is no such clock."))
    if row.staff_id != actor.staff_id:
        actor.require("service.override")
    if row.stopped_at is not None:
        raise Conflict(msg("This clock has stopped already."))
    return row


def _record(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    row: Labour,
    action: str,
    *,
    reason: str = "",
) -> None:
    audit.record(
        session,
        actor,
        action,
        subject=tickets.reference(ticket),
        after={
            "staff": row.staff_id,
            "second": row.second_id,
            "line": row.line_key,
            "started_at": row.started_at,
            "stopped_at": row.stopped_at,
        },
        reason=reason or None,
    )

"""What must always hold of tickets; `quatrefoil check` prints what does not."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.audit import AuditEntry
from app.robots.models import Unit
from app.robots.states import Custody
from app.service.models import Diagnosis, Ticket, TicketChange, TicketWait
from app.service.planning_models import TicketVisit
from app.service.states import ON_THE_BENCH, TICKET_MOVES, TicketState

_IN_HAND = frozenset({Custody.BENCH, Custody.MAKER, Custody.CARRIER})
_FIRST = frozenset({TicketState.BOOKED, TicketState.RECEIVED})


def breaches(session: Session) -> Iterator[str]:
    """One line per breach, each naming service first."""
    yield from _moves(session)
    yield from _audited(session)
    yield from _one_open_ticket_each(session)
    yield from _pauses(session)
    yield from _hands(session)
    yield from _closed_with_a_finding(session)


def _moves(session: Session) -> Iterator[str]:
    """Every move is in the table, begins where the last one ended, and the last one holds."""
    last: dict[int, TicketState] = {}
    versions: dict[int, int] = defaultdict(int)
    lines = session.execute(
        select(
            TicketChange.ticket_id,
            TicketChange.version,
            TicketChange.from_state,
            TicketChange.to_state,
        )
        .order_by(TicketChange.ticket_id, TicketChange.version)
        .execution_options(yield_per=1000)
    )
    for ticket_id, version, start, end in lines:
        if version != versions[ticket_id] + 1:
            yield f"service: ticket {ticket_id}: change {version} follows {versions[ticket_id]}"
        versions[ticket_id] = version
        if end is None:
            continue
        before = last.get(ticket_id)
        begins = before is None and start is None and end in _FIRST
        goes_on = start is not None and start == before and end in TICKET_MOVES.allowed(start)
        if not begins and not goes_on:
            yield f"service: ticket {ticket_id}: moved from {start or 'nothing'} to {end}"
        last[ticket_id] = end
    for ticket_id, number, state, version in session.execute(
        select(Ticket.id, Ticket.number, Ticket.state, Ticket.version).order_by(Ticket.id)
    ):
        if last.get(ticket_id) != state:
            moved = last.get(ticket_id, "nothing")
            yield f"service: T-{number} is {state}, but its last move led to {moved}"
        if versions[ticket_id] != version:
            yield f"service: T-{number} is at version {version}, its changes at another"


def _audited(session: Session) -> Iterator[str]:
    """The audit knows no move that the table has not, and each of those that were made."""
    audit.write(session)
    audited: Counter[str] = Counter()
    entries = session.execute(
        select(AuditEntry.subject, AuditEntry.body)
        .where(AuditEntry.action == "ticket.moved")
        .execution_options(yield_per=1000)
    )
    for subject, body in entries:
        entry = json.loads(body)
        start, end = (TicketState(entry[side]["state"]) for side in ("before", "after"))
        if end not in TICKET_MOVES.allowed(start):
            yield f"service: {subject}: the audit says moved from {start} to {end}"
        audited[subject] += 1
    made = session.execute(
        select(Ticket.number, func.count())
        .join(TicketChange, TicketChange.ticket_id == Ticket.id)
        .where(TicketChange.from_state.is_not(None))
        .group_by(Ticket.store_id, Ticket.number)
    )
    moves: Counter[str] = Counter()
    for number, count in made:
        moves[f"ticket:T-{number}"] += count
    for subject in sorted(moves.keys() | audited.keys()):
        if moves[subject] != audited[subject]:
            yield (
                f"service: {subject} moved {moves[subject]} times, "
                f"the audit says {audited[subject]}"
            )


def _one_open_ticket_each(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Ticket.unit_id, func.count())
        .where(Ticket.ended_at.is_(None))
        .group_by(Ticket.unit_id)
        .having(func.count() > 1)
    )
    for unit_id, count in rows:
        yield f"service: unit {unit_id} has {count} open tickets at once"


def _pauses(session: Session) -> Iterator[str]:
    """How long the clock stood is the sum of the waits that stop it; who waits has one open."""
    stood: dict[int, int] = defaultdict(int)
    waiting: dict[int, object] = {}
    for wait in session.scalars(select(TicketWait).execution_options(yield_per=1000)):
        if wait.until is None:
            waiting[wait.ticket_id] = wait.reason
        elif wait.stops_clock:
            stood[wait.ticket_id] += int((wait.until - wait.since).total_seconds())
    for ticket_id, number, paused_s, before_s, reason in session.execute(
        select(Ticket.id, Ticket.number, Ticket.paused_s, Ticket.paused_before_s, Ticket.waiting)
    ):
        if paused_s != stood[ticket_id]:
            yield f"service: T-{number} paused {paused_s} s, its waits say {stood[ticket_id]} s"
        if reason != waiting.get(ticket_id):
            yield f"service: T-{number} waits for {reason}, its waits say otherwise"
        if reason is None and before_s > paused_s:
            yield f"service: T-{number} was promised after more pause than there was"


def _hands(session: Session) -> Iterator[str]:
    """A robot that is worked on is in the workshop's hands, or on site still in its owner's."""
    on_site = select(TicketVisit.id).where(TicketVisit.ticket_id == Ticket.id).exists()
    rows = session.execute(
        select(Ticket.number, Ticket.state, Unit.serial, Unit.custody)
        .join(Unit, Unit.id == Ticket.unit_id)
        .where(
            Ticket.state.in_(ON_THE_BENCH - {TicketState.READY}),
            Unit.custody.not_in(_IN_HAND),
            ~(on_site & (Unit.custody == Custody.CUSTOMER)),
        )
    )
    for number, state, serial, custody in rows:
        yield f"service: T-{number} is {state}, but {serial} is with {custody}"


def _closed_with_a_finding(session: Session) -> Iterator[str]:
    found = (
        select(Diagnosis.id)
        .where(Diagnosis.ticket_id == Ticket.id, Diagnosis.withdrawn_at.is_(None))
        .exists()
    )
    for number in session.scalars(
        select(Ticket.number).where(
            Ticket.state == TicketState.CLOSED, (Ticket.outcome == "") | ~found
        )
    ):
        yield f"service: T-{number} is closed without finding or outcome"

"""The approved lines of a ticket, ticked off one by one; a failed check opens them again."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots.gate import Reason
from app.service import estimates, labour, operations, safety, tickets
from app.service.estimate_models import Estimate, EstimateLine, LineKind
from app.service.guards import NotYet
from app.service.models import Ticket
from app.service.states import TicketState
from app.service.work_models import LineDone, PartUse

# Freight and fees are money alone: nobody does them at the bench.
WORK = frozenset({LineKind.LABOUR, LineKind.PART, LineKind.CALIBRATION})
_LONGEST = 200


def of_ticket(session: Session, ticket: Ticket) -> list[EstimateLine]:
    """The approved lines that are work, in their order."""
    return work_of(estimates.in_force(session, ticket))


def work_of(estimate: Estimate | None) -> list[EstimateLine]:
    """The same of the decided version; without one nothing is approved."""
    approved = estimates.approved_of(estimate) if estimate is not None else []
    return [line for line in approved if line.kind in WORK]


def done(session: Session, ticket: Ticket) -> dict[str, LineDone]:
    """The lines that are done now, by key."""
    rows = session.scalars(
        select(LineDone).where(LineDone.ticket_id == ticket.id, LineDone.reopened_at.is_(None))
    )
    return {row.line_key: row for row in rows}


def finish(
    session: Session, actor: Actor, ticket: Ticket, line_key: str, *, note: str = ""
) -> None:
    """This line is done. Saying it twice is the same as once.

    Raises NotYet for a part that has not gone in, and for work that nobody has made safe.
    """
    actor.require("service.work")
    require_in_work(ticket)
    line = by_key(session, ticket, line_key)
    note = words.fitting(note, most=_LONGEST, field="note")
    _require_parts_in(session, ticket, line)
    if line.operation_code:
        found = operations.by_codes(session, ticket.store_id, [line.operation_code])
        safety.require(session, ticket, safety.needed(found.values()))
    row = {
        "ticket_id": ticket.id,
        "line_key": line.key,
        "staff_id": actor.staff_id,
        "at": clock.now(),
        "by": actor.name,
        "note": note,
        "reopened_by": "",
        "reopened_why": "",
    }
    key = ("ticket_id", "line_key")
    if add_if_new(session, LineDone, row, key=key, where="reopened_at IS NULL") is None:
        return
    audit.record(
        session,
        actor,
        "ticket.line_done",
        subject=tickets.reference(ticket),
        after={"line": line.key, "what": line.description},
    )


def take_back(
    session: Session, actor: Actor, ticket: Ticket, line_key: str, *, why: str = ""
) -> None:
    """This line is not done after all, as who works on it says."""
    require_in_work(ticket)
    by_key(session, ticket, line_key)
    reopen(session, actor, ticket, [line_key], why=why)


def reopen(
    session: Session, actor: Actor, ticket: Ticket, keys: Collection[str], *, why: str
) -> None:
    """These lines are to be done once more."""
    actor.require("service.work")
    rows = done(session, ticket)
    for key in keys:
        row = rows.get(key)
        if row is None:
            continue
        row.reopened_at, row.reopened_by = clock.now(), actor.name
        row.reopened_why = clean(why)[:_LONGEST]
        audit.record(
            session,
            actor,
            "ticket.line_reopened",
            subject=tickets.reference(ticket),
            after={"line": key},
            reason=row.reopened_why or None,
        )
    session.flush()


def by_key(session: Session, ticket: Ticket, line_key: str) -> EstimateLine:
    """An approved line that is work; raises NotFound."""
    for line in of_ticket(session, ticket):
        if line.key == line_key:
            return line
    raise NotFound(msg("This line is not approved work of this ticket."), field="line")


def require_in_work(ticket: Ticket) -> None:
    if ticket.state is not TicketState.IN_WORK:
        raise Conflict(
            msg("{number} is not in repair.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )


def used(session: Session, ticket: Ticket) -> dict[str, int]:
    """Pieces that have gone in for each line."""
    rows = session.execute(
        select(PartUse.line_key, func.sum(PartUse.quantity))
        .where(PartUse.ticket_id == ticket.id, PartUse.undone_at.is_(None))
        .group_by(PartUse.line_key)
    )
    return {key: int(quantity) for key, quantity in rows}


def open_lines(session: Session, ticket: Ticket) -> Sequence[EstimateLine]:
    """Approved work that is not done yet."""
    finished = done(session, ticket)
    return [line for line in of_ticket(session, ticket) if line.key not in finished]


def reasons(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `checking`: everything is done and no clock runs."""
    return against(ticket, open_lines(session, ticket), labour.still_running(session, ticket))


def against(
    ticket: Ticket, undone: Iterable[EstimateLine], running: Text | None
) -> Iterator[Reason]:
    """The same of who knows what is not done, and whose clock runs."""
    here = f"{tickets.page(ticket)}/work"
    for line in undone:
        yield Reason(msg("Not done yet: {what}.", what=line.description), here)
    if running is not None:
        yield Reason(running, here)


def _require_parts_in(session: Session, ticket: Ticket, line: EstimateLine) -> None:
    if line.kind is not LineKind.PART:
        return
    missing = line.quantity - used(session, ticket).get(line.key, 0)
    if missing > 0:
        raise NotYet(
            msg(
                "{part}: {missing} of {quantity} have not gone in yet. Scan them first.",
                part=line.part_number,
                missing=missing,
                quantity=line.quantity,
            ),
            link=f"{tickets.page(ticket)}/work",
        )

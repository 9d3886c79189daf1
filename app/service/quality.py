"""The second look: somebody else checks the work before the robot may leave."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, false, or_, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.text import msg
from app.robots.gate import Reason
from app.service import linesdone, tickets
from app.service.models import Ticket, TicketChange
from app.service.states import STATE_LABELS, TicketState
from app.service.work_models import Labour, LineDone, QualityCheck, WorkshopRules

_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: without failed lines it is passed."""

    failed: Collection[str] = ()
    note: str = ""


def check(session: Session, actor: Actor, ticket: Ticket, verdict: Verdict) -> QualityCheck:
    """Pass the work, or send it back with the lines that are to be done again.

    Raises Refused for one's own work, unless the store has nobody else, and for a failure without
    a line and a word.
    """
    actor.require("service.check")
    _require_checking(ticket)
    own = worked_on(session, ticket, actor.staff_id)
    if own and not rules_of(session, ticket.store_id).may_check_own:
        raise Refused(
            msg(
                "You have worked on {number}: somebody else checks it.",
                number=tickets.label(ticket),
            ),
            field="form",
        )
    note = words.fitting(verdict.note, most=_LONGEST_NOTE, field="note")
    failed = _failed(session, ticket, verdict.failed)
    if failed and not note:
        raise Refused(msg("Please say what is to be done again."), field="note")
    row = QualityCheck(
        ticket_id=ticket.id,
        staff_id=actor.staff_id,
        passed=not failed,
        failed_lines=",".join(failed),
        note=note,
        own_work=own,
        at=clock.now(),
        by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.checked",
        subject=tickets.reference(ticket),
        after={"passed": row.passed, "failed": failed, "own_work": own},
        reason=note or None,
    )
    if failed:
        linesdone.reopen(session, actor, ticket, failed, why=note)
        tickets.move(session, actor, ticket, TicketState.IN_WORK, why=note[:200])
    return row


def _require_checking(ticket: Ticket) -> None:
    if ticket.state is not TicketState.CHECKING:
        raise Conflict(
            msg(
                "{number} is {state}. It is checked when the work is done.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )


@dataclass(frozen=True, slots=True)
class Checks:
    """Every check of a ticket, the newest first; `handed_over`: when it last came to be checked."""

    rows: Sequence[QualityCheck]
    handed_over: datetime | None

    @property
    def passed(self) -> QualityCheck | None:
        """The passed check of the work as it stands: since it was last handed to the check."""
        last = next(iter(self.rows), None)
        if last is None or self.handed_over is None:
            return None
        return last if last.passed and last.at >= self.handed_over else None


def of_ticket(session: Session, ticket: Ticket) -> Checks:
    """One statement."""
    rows = session.execute(
        select(QualityCheck, handed_over(ticket))
        .where(QualityCheck.ticket_id == ticket.id)
        .order_by(QualityCheck.id.desc())
    ).all()
    return Checks([row[0] for row in rows], rows[0][1] if rows else None)


def handed_over(ticket: Ticket) -> ScalarSelect[datetime]:
    """SQL: when a ticket last came to be checked."""
    return (
        select(TicketChange.at)
        .where(TicketChange.ticket_id == ticket.id, TicketChange.to_state == TicketState.CHECKING)
        .order_by(TicketChange.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def passed(session: Session, ticket: Ticket) -> QualityCheck | None:
    """The passed check of the work as it stands."""
    return of_ticket(session, ticket).passed


def worked_on(session: Session, ticket: Ticket, staff_id: int | None) -> bool:
    """Whether somebody's clock ran on a ticket, they held on, or they ticked a line off."""
    return bool(session.scalar(select(has_worked(ticket, staff_id))))


def has_worked(ticket: Ticket, staff_id: int | None) -> ColumnElement[bool]:
    """SQL: the same."""
    if staff_id is None:
        return false()
    clocked = select(Labour.id).where(
        Labour.ticket_id == ticket.id,
        (Labour.staff_id == staff_id) | (Labour.second_id == staff_id),
    )
    ticked = select(LineDone.id).where(
        LineDone.ticket_id == ticket.id, LineDone.staff_id == staff_id
    )
    return or_(clocked.exists(), ticked.exists())


def rules_of(session: Session, store_id: int) -> WorkshopRules:
    """How this store's workshop works; a row that is not kept where nothing was set."""
    found = session.scalar(select(WorkshopRules).where(WorkshopRules.store_id == store_id))
    return found or WorkshopRules(store_id=store_id, changed_at=clock.now(), changed_by="")


def let_check_own(session: Session, actor: Actor, *, may: bool) -> None:
    """Whether who did the work may check it: for a store where nobody else is."""
    actor.require("settings.edit")
    rules = rules_of(session, actor.store_id)
    before = rules.may_check_own
    if before is may:
        return
    rules.may_check_own, rules.changed_at, rules.changed_by = may, clock.now(), actor.name
    session.add(rules)
    session.flush()
    audit.record(
        session,
        actor,
        "workshop.own_checks",
        subject=f"store:{actor.store_id}",
        before={"may_check_own": before},
        after={"may_check_own": may},
    )


def against(ticket: Ticket, passed: QualityCheck | None) -> Iterator[Reason]:
    """What the release asks: a check that was passed. A robot that was not worked on needs none."""
    if ticket.state is not TicketState.DECLINED and passed is None:
        yield Reason(
            msg("{number} has not been checked yet.", number=tickets.label(ticket)),
            f"{tickets.page(ticket)}/work#check",
        )


def _failed(session: Session, ticket: Ticket, keys: Collection[str]) -> list[str]:
    known = {line.key for line in linesdone.of_ticket(session, ticket)}
    if unknown := set(keys) - known:
        raise Refused(msg("This line is not approved work of this ticket."), field=min(unknown))
    return sorted(set(keys))

"""The board: open tickets by state, with why each waits and how its promise stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.db import Base
from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.service import queries
from app.service.models import ColumnLimit, Diagnosis, Ticket, TicketNote, TicketPhoto
from app.service.queries import TicketRow
from app.service.states import OPEN, STATE_LABELS, TicketState, WaitingReason

# Columns that are only there when somebody stands in them.
_ONLY_IF_ANY = frozenset({TicketState.BOOKED, TicketState.DECLINED, TicketState.RETURNED})
_IN_ORDER = (*(state for state in OPEN if state is not TicketState.DECLINED), TicketState.DECLINED)
_MOST = 1_000
_HIGHEST_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What the board is narrowed to: one's own tickets, those that wait, or for one reason."""

    mine: bool = False
    waiting: bool = False
    reason: WaitingReason | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """`total` counts all that stand there, `cards` are those that are shown; `most`: the limit."""

    state: TicketState
    cards: Sequence[TicketRow]
    total: int
    most: int | None

    @property
    def label(self) -> Text:
        return STATE_LABELS[self.state]

    @property
    def over(self) -> bool:
        return self.most is not None and self.total > self.most


def board(session: Session, actor: Actor, shown: Shown) -> list[Column]:
    """Every column with its cards, the most urgent first: two statements, however many tickets."""
    actor.require("service.view")
    now = clock.now()
    query = queries.rows_query(actor.store_id).where(Ticket.state.in_(OPEN)).limit(_MOST)
    everything = [queries.row_of(row, now) for row in session.execute(query)]
    most = limits(session, actor.store_id)
    by_state: dict[TicketState, list[TicketRow]] = {state: [] for state in _IN_ORDER}
    for row in everything:
        by_state[row.ticket.state].append(row)
    return [
        Column(
            state=state,
            cards=sorted((row for row in rows if _is_shown(row, shown, actor)), key=_urgency),
            total=len(rows),
            most=most.get(state),
        )
        for state, rows in by_state.items()
        if rows or state not in _ONLY_IF_ANY
    ]


def limits(session: Session, store_id: int) -> Mapping[TicketState, int]:
    rows = session.execute(
        select(ColumnLimit.state, ColumnLimit.most).where(ColumnLimit.store_id == store_id)
    )
    return {state: most for state, most in rows}  # noqa: C416 - a row is no pair to the type checker


def limit(session: Session, actor: Actor, state: TicketState, most: int | None) -> None:
    """How many tickets are wanted in a column at most; None: any number. It warns, nothing more."""
    actor.require("settings.edit")
    if most is not None and not 1 <= most <= _HIGHEST_LIMIT:
        raise Refused(
            msg("A limit is between 1 and {most}.", most=_HIGHEST_LIMIT), field=f"most-{state}"
        )
    row = session.scalar(
        select(ColumnLimit).where(
            ColumnLimit.store_id == actor.store_id, ColumnLimit.state == state
        )
    )
    before = row.most if row else None
    if before == most:
        return
    if row is None and most is not None:
        session.add(ColumnLimit(store_id=actor.store_id, state=state, most=most))
    elif row is not None and most is None:
        session.delete(row)
    elif row is not None and most is not None:
        row.most = most
    session.flush()
    audit.record(
        session,
        actor,
        "board.limited",
        subject=f"board:{state}",
        before={"most": before},
        after={"most": most},
    )


def mark(session: Session, actor: Actor, key: str) -> str:  # noqa: ARG001 - one board per store
    """What moves when anything on the board does, for pages that follow it."""
    actor.require("service.view")
    count, versions, newest = session.execute(
        select(func.count(), func.sum(Ticket.version), func.max(Ticket.id)).where(
            Ticket.store_id == actor.store_id, Ticket.state.in_(OPEN)
        )
    ).one()
    return f"{count}.{versions or 0}.{newest or 0}"


def ticket_mark(session: Session, actor: Actor, key: str) -> str:
    """The same for one ticket; `key` is its number."""
    actor.require("service.view")
    number = int(key) if key.isascii() and key.isdigit() and len(key) <= 9 else 0  # noqa: PLR2004
    found = session.execute(
        select(Ticket.version, *(_newest(table) for table in _marking)).where(
            Ticket.store_id == actor.store_id, Ticket.number == number
        )
    ).one_or_none()
    return ".".join(str(one or 0) for one in found or ())


def also_marked_by(table: type[Base]) -> None:
    """What is new in `table`, by its `ticket_id`, moves a ticket's mark as well."""
    if table not in _marking:
        _marking.append(table)


_marking: list[type[Any]] = [TicketNote, Diagnosis, TicketPhoto]


def _newest(table: type[Any]) -> ScalarSelect[int]:
    return (
        select(func.max(table.id))
        .where(table.ticket_id == Ticket.id)
        .correlate(Ticket)
        .scalar_subquery()
    )


def _is_shown(row: TicketRow, shown: Shown, actor: Actor) -> bool:
    ticket = row.ticket
    if shown.mine and (actor.staff_id is None or ticket.technician_id != actor.staff_id):
        return False
    if shown.reason is not None:
        return ticket.waiting is shown.reason
    return ticket.waiting is not None or not shown.waiting


def _urgency(row: TicketRow) -> tuple[bool, bool, float, int]:
    """Overdue first, then what is promised, by its day; then the oldest."""
    due = row.promise.due
    return (
        not row.promise.overdue,
        due is None,
        due.timestamp() if due else 0.0,
        row.ticket.id,
    )

"""What the till's pages and lists show, each in a fixed number of statements."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text
from app.payments import failures
from app.payments.booking import amount_of
from app.payments.models import (
    LIVE_SQL,
    UNBOOKED_SQL,
    Bill,
    CashMovement,
    PaymentAttempt,
    TillSession,
)
from app.payments.states import ATTEMPT_LABELS, AttemptState
from app.payments.till_models import SafeDrop
from app.stores.models import Till
from app.web import paging
from app.web.paging import Page

_MOST_UNDECIDED = 50
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A payment that a person should look at: its outcome is open, or its money not booked."""

    id: int
    reference: str
    amount: Money
    state: AttemptState
    label: Text
    failure: Text | None
    till: str
    started_at: datetime
    started_by: str

    @property
    def is_unbooked(self) -> bool:
        return self.state is AttemptState.CAPTURED


@dataclass(frozen=True, slots=True)
class Movement:
    """Cash put in (positive) or taken out (negative) besides sales; `bag` is where it went."""

    at: datetime
    reason: str
    by: str
    amount: Money
    bag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One line of the list of till sessions."""

    number: int
    till: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    counted: Money | None
    difference: Money | None


def undecided(session: Session, store_id: int) -> list[Undecided]:
    """The store's payments that are under way, unknown or not booked, oldest first."""
    rows = [
        row
        for condition in (LIVE_SQL, UNBOOKED_SQL)
        for row in session.execute(
            select(PaymentAttempt, Bill.reference, Till.name)
            .join(Bill, Bill.id == PaymentAttempt.bill_id)
            .outerjoin(TillSession, TillSession.id == PaymentAttempt.till_session_id)
            .outerjoin(Till, Till.id == TillSession.till_id)
            .where(PaymentAttempt.store_id == store_id, text(condition))
            .order_by(PaymentAttempt.id)
            .limit(_MOST_UNDECIDED)
        )
    ]
    return [
        Undecided(
            id=attempt.id,
            reference=reference,
            amount=amount_of(attempt),
            state=attempt.state,
            label=ATTEMPT_LABELS[attempt.state],
            failure=failures.told(attempt.failure),
            till=till or "",
            started_at=attempt.started_at,
            started_by=attempt.started_by,
        )
        for attempt, reference, till in sorted(rows, key=lambda row: row[0].id)
    ]


def movements_of(session: Session, till_session: TillSession) -> list[Movement]:
    """Cash put in and taken out during a session, oldest first."""
    rows = session.execute(
        select(CashMovement, SafeDrop.bag)
        .outerjoin(SafeDrop, SafeDrop.movement_id == CashMovement.id)
        .where(CashMovement.till_session_id == till_session.id)
        .order_by(CashMovement.id)
    )
    return [
        Movement(
            row.at,
            row.reason,
            row.by,
            Money(row.amount_minor, till_session.currency),
            bag or "",
        )
        for row, bag in rows
    ]


def sessions(session: Session, actor: Actor, *, cursor: str = "") -> Page[SessionRow]:
    """The store's till sessions, the newest first."""
    actor.require("till.view")
    wanted = (
        select(TillSession, Till.name)
        .join(Till, Till.id == TillSession.till_id)
        .where(TillSession.store_id == actor.store_id)
        .order_by(TillSession.number.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last,) = paging.decode(cursor, int)
        wanted = wanted.where(TillSession.number < min(int(last), _LARGEST_NUMBER))
    rows = [_row(found, till) for found, till in session.execute(wanted)]
    shown = rows[: paging.PAGE]
    more = len(rows) > paging.PAGE
    return Page(shown, paging.encode(shown[-1].number) if more else None)


def _row(found: TillSession, till: str) -> SessionRow:
    return SessionRow(
        number=found.number,
        till=till,
        opened_at=found.opened_at,
        opened_by=found.opened_by,
        closed_at=found.closed_at,
        closed_by=found.closed_by,
        counted=_money(found.counted_minor, found.currency),
        difference=_money(found.difference_minor, found.currency),
    )


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

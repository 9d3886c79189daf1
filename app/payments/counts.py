"""Counting a drawer by its notes and coins; what is expected is told to nobody before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.coins import pieces_of
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.text import msg
from app.payments.models import TillSession
from app.payments.till_models import CountedPiece, CountPurpose, TillCount
from app.stores import desk

# more of one kind than a drawer holds is a slip of the finger
_MOST_PIECES = 100_000


@dataclass(frozen=True, slots=True)
class Counted:
    """What lay in a drawer. `pieces` is how many of each value; empty where only a sum was told."""

    total: Money
    pieces: Mapping[int, int]

    @property
    def largest_first(self) -> tuple[tuple[Money, int], ...]:
        """Each value with its pieces, as a report lists them."""
        return tuple(
            (Money(value, self.total.currency), self.pieces[value])
            for value in sorted(self.pieces, reverse=True)
        )


@dataclass(frozen=True, slots=True)
class CountRow:
    """A count as pages show it: `taken` unless it was refused for its difference."""

    at: datetime
    by: str
    purpose: CountPurpose
    total: Money
    taken: bool
    pieces: tuple[tuple[Money, int], ...]


def kinds_at(session: Session, store_id: int) -> tuple[Money, ...]:
    """The notes and coins of a store's currency, the largest first; none: only sums are counted."""
    store = desk.store_of(session, store_id)
    return tuple(Money(value, store.currency) for value in pieces_of(store.currency, store.country))


def by_pieces(
    session: Session, store_id: int, pieces: Mapping[int, int], *, field: str = "counted"
) -> Counted:
    """A count by notes and coins; raises Refused for a value that there is not."""
    kinds = {kind.minor for kind in kinds_at(session, store_id)}
    currency = desk.store_of(session, store_id).currency
    for value, number in pieces.items():
        if value not in kinds:
            raise Refused(
                msg("There is no note or coin of {value}.", value=Money(value, currency)),
                field=field,
            )
        if not 0 <= number <= _MOST_PIECES:
            raise Refused(
                msg("{number} of one kind do not fit into a drawer.", number=number),
                field=f"piece_{value}",
            )
    counted = {value: number for value, number in pieces.items() if number}
    total = sum(value * number for value, number in counted.items())
    if total > MOST_MINOR:
        raise Refused(msg("That is too large an amount."), field=field)
    return Counted(Money(total, currency), counted)


def told(
    session: Session, store_id: int, *, total: Money | None, pieces: Mapping[int, int], field: str
) -> Counted:
    """A count as somebody told it; raises Refused (`field`) where sum and pieces are not the same.

    No piece at all, each told as none, is an empty drawer.
    """
    if not pieces:
        currency = desk.store_of(session, store_id).currency
        return of_sum(Money(0, currency) if total is None else total)
    counted = by_pieces(session, store_id, pieces, field=field)
    if total is not None and total != counted.total:
        raise Refused(
            msg("The notes and coins make {sum}, not {total}.", sum=counted.total, total=total),
            field=field,
        )
    return counted


def of_sum(total: Money) -> Counted:
    """A count of which only the sum is told."""
    return Counted(total, {})


def keep(
    session: Session,
    actor: Actor,
    till_session: TillSession,
    counted: Counted,
    *,
    purpose: CountPurpose,
    at: datetime,
) -> TillCount:
    """Write down the count that holds."""
    return _write(session, actor, till_session, counted, purpose=purpose, at=at, taken=True)


def keep_refused(database: Database, actor: Actor, session_id: int, counted: Counted) -> None:
    """A closing count did not fit and was taken back with its transaction: that it was made stays
    on record, in a transaction of its own.
    """
    with database.transaction() as session:
        queueing.enter(session, actor.store_id)
        till_session = session.get_one(TillSession, session_id)
        if till_session.closed_at is not None:
            return
        _write(
            session,
            actor,
            till_session,
            counted,
            purpose=CountPurpose.CLOSING,
            at=clock.now(),
            taken=False,
        )
        audit.record(
            session,
            actor,
            "till.counted",
            subject=f"till_session:{till_session.number}",
            after={"counted": counted.total, "taken": False},
        )


def refused_closings(session: Session, till_session: TillSession) -> int:
    """How many counts were made before the one that closed the till."""
    number = session.scalar(
        select(func.count(TillCount.id)).where(
            TillCount.till_session_id == till_session.id,
            TillCount.purpose == CountPurpose.CLOSING,
            TillCount.taken.is_(False),
        )
    )
    return number or 0


def rows_of(session: Session, till_session: TillSession) -> list[CountRow]:
    """Every count of a session, oldest first."""
    found = session.scalars(
        select(TillCount)
        .where(TillCount.till_session_id == till_session.id)
        .options(selectinload(TillCount.pieces))
        .order_by(TillCount.id)
    )
    return [_row(row, till_session.currency) for row in found]


def _row(row: TillCount, currency: str) -> CountRow:
    return CountRow(
        at=row.at,
        by=row.by,
        purpose=row.purpose,
        total=Money(row.total_minor, currency),
        taken=row.taken,
        pieces=tuple((Money(piece.value_minor, currency), piece.pieces) for piece in row.pieces),
    )


def _write(
    session: Session,
    actor: Actor,
    till_session: TillSession,
    counted: Counted,
    *,
    purpose: CountPurpose,
    at: datetime,
    taken: bool,
) -> TillCount:
    count = TillCount(
        till_session_id=till_session.id,
        purpose=purpose,
        total_minor=counted.total.minor,
        at=at,
        by=actor.name,
        taken=taken,
    )
    session.add(count)
    session.flush()
    for value, number in counted.pieces.items():
        session.add(CountedPiece(count_id=count.id, value_minor=value, pieces=number))
    session.flush()
    return count

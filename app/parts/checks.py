"""What must always hold of parts in stock."""

from collections.abc import Iterator

from sqlalchemy import Subquery, case, func, select, union_all
from sqlalchemy.orm import Session

from app.kernel import clock
from app.parts.models import Balance, Movement, Part, Reservation


def breaches(session: Session) -> Iterator[str]:
    yield from _balances_equal_movements(session)
    yield from _never_below_zero(session)
    yield from _promised_within_shelf(session)


def _sums() -> Subquery:
    into = select(
        Movement.part_id.label("part_id"),
        Movement.to_place_id.label("place_id"),
        Movement.quantity.label("quantity"),
    )
    out = select(Movement.part_id, Movement.from_place_id, -Movement.quantity)
    lines = union_all(into, out).subquery()
    return (
        select(lines.c.part_id, lines.c.place_id, func.sum(lines.c.quantity).label("quantity"))
        .group_by(lines.c.part_id, lines.c.place_id)
        .subquery()
    )


def _balances_equal_movements(session: Session) -> Iterator[str]:
    ledger = {
        (part_id, place_id): int(quantity)
        for part_id, place_id, quantity in session.execute(select(_sums()))
    }
    kept = {(row.part_id, row.place_id): row.quantity for row in session.scalars(select(Balance))}
    for key in sorted(ledger.keys() | kept.keys()):
        if ledger.get(key, 0) != kept.get(key, 0):
            yield (
                f"parts: part {key[0]} at place {key[1]}: balance {kept.get(key, 0)}, "
                f"movements give {ledger.get(key, 0)}"
            )


def _never_below_zero(session: Session) -> Iterator[str]:
    """Replays the ledger: at no moment was a place that can hold stock below zero."""
    bounded = {
        (row.part_id, row.place_id)
        for row in session.scalars(select(Balance).where(Balance.bounded.is_(True)))
    }
    running: dict[tuple[int, int], int] = {}
    for movement in session.scalars(select(Movement).order_by(Movement.id)):
        for place_id, change in (
            (movement.from_place_id, -movement.quantity),
            (movement.to_place_id, movement.quantity),
        ):
            key = (movement.part_id, place_id)
            running[key] = running.get(key, 0) + change
            if key in bounded and running[key] < 0:
                yield f"parts: movement {movement.id} took place {place_id} below zero"


def _promised_within_shelf(session: Session) -> Iterator[str]:
    live = (Reservation.expires_at.is_(None)) | (Reservation.expires_at > clock.now())
    promised = (
        select(
            Reservation.part_id,
            func.sum(case((live, Reservation.quantity), else_=0)).label("quantity"),
        )
        .where(Reservation.ended_at.is_(None))
        .group_by(Reservation.part_id)
        .subquery()
    )
    there = (
        select(Balance.part_id, func.sum(Balance.quantity).label("quantity"))
        .where(Balance.bounded.is_(True))
        .group_by(Balance.part_id)
        .subquery()
    )
    rows = session.execute(
        select(Part.number, promised.c.quantity, func.coalesce(there.c.quantity, 0))
        .join(promised, promised.c.part_id == Part.id)
        .outerjoin(there, there.c.part_id == Part.id)
        .where(promised.c.quantity > func.coalesce(there.c.quantity, 0))
    )
    for number, quantity, on_shelf in rows:
        yield f"parts: {number}: {quantity} promised, {on_shelf} on hand"

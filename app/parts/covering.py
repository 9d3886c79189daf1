"""Demand and the lines ordered for it: a line keeps its pieces for who lacked the part."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.parts import buying, reservations
from app.parts.buying_models import (
    Demand,
    DemandOutcome,
    IncomingReservation,
    PurchaseLine,
)


def open_demands(session: Session, store_id: int, part_ids: Iterable[int]) -> list[Demand]:
    """Who lacks these parts, the longest waiting first."""
    return list(
        session.scalars(
            select(Demand)
            .where(
                Demand.store_id == store_id,
                Demand.part_id.in_(list(part_ids)),
                Demand.ended_at.is_(None),
            )
            .order_by(Demand.id)
        )
    )


def cover(
    session: Session, actor: Actor, line: PurchaseLine, demands: Iterable[Demand], *, pieces: int
) -> None:
    """Of a line's new pieces, keep for each owner what it lacks, as far as they reach.

    The bench that took the last one lacks nothing by name: its demand just ends.
    """
    left = pieces
    for demand in demands:
        if demand.owner == buying.BENCH:
            _end(demand)
        elif left > 0:
            take = min(left, demand.quantity)
            buying.keep(
                session,
                line,
                quantity=take,
                owner=demand.owner,
                holder=actor.name,
                demand_id=demand.id,
            )
            left -= take
            if take == demand.quantity:
                _end(demand)
            else:
                demand.quantity -= take
    session.flush()


def uncover(session: Session, line: PurchaseLine, *, still: int = 0) -> None:
    """Only `still` pieces of a line can be kept: the latest promises end, and are lacking again."""
    reach = still
    for reservation in buying.kept_of(session, [line.id]):
        if reservation.quantity <= reach:
            reach -= reservation.quantity
            continue
        lost = reservation.quantity - reach
        if reach > 0:
            reservation.quantity, reach = reach, 0
        else:
            reservation.ended_at = clock.now()
        _lack_again(session, reservation, line, lost)
    session.flush()


def give_up(session: Session, line: PurchaseLine) -> None:
    """The line of a draft goes, and the promises made of it."""
    uncover(session, line)
    session.execute(delete(IncomingReservation).where(IncomingReservation.line_id == line.id))


def arrived(session: Session, actor: Actor, line: PurchaseLine, *, quantity: int) -> None:
    """Pieces of a line lie on the shelf: those that were promised are reserved there, in order."""
    left = quantity
    for reservation in buying.kept_of(session, [line.id]):
        if left <= 0:
            break
        take = min(left, reservation.quantity)
        reservations.reserve(
            session,
            actor,
            line.part_id,
            quantity=take,
            owner=reservation.owner,
            holder=reservation.holder,
            minutes=None,
        )
        left -= take
        if take == reservation.quantity:
            reservation.ended_at = clock.now()
        else:
            reservation.quantity -= take
    session.flush()


def _end(demand: Demand) -> None:
    demand.ended_at, demand.outcome = clock.now(), DemandOutcome.ORDERED


def _lack_again(
    session: Session, reservation: IncomingReservation, line: PurchaseLine, pieces: int
) -> None:
    """The owner's demand stands again; what was reserved without one just ends."""
    first = session.get(Demand, reservation.demand_id) if reservation.demand_id else None
    if first is None:
        return
    others = open_demands(session, reservation.store_id, [line.part_id])
    standing = next((each for each in others if each.owner == reservation.owner), None)
    if standing is not None:
        standing.quantity += pieces
    else:
        first.quantity, first.ended_at, first.outcome = pieces, None, None

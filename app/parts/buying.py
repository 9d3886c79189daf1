"""What others ask of buying: say that pieces are lacking, see what is on its way, have it kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.quantity import MOST
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import catalogue, stock
from app.parts.buying_models import (
    Demand,
    DemandOutcome,
    IncomingReservation,
    PurchaseLine,
    PurchaseOrder,
)
from app.parts.errors import NotEnoughStock
from app.parts.models import Part

BENCH = "bench"
_LONGEST_WHY = 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """Pieces of a part that are ordered: awaited of them `reserved`, and when the first come.

    `drafted` ones stand in orders that were not sent yet.
    """

    awaited: int = 0
    reserved: int = 0
    drafted: int = 0
    expected_on: date | None = None

    @property
    def free(self) -> int:
        return self.awaited - self.reserved


_OPEN = PurchaseLine.quantity - PurchaseLine.accepted
_IS_SENT = PurchaseOrder.sent_at.is_not(None)
_KEPT = (
    select(IncomingReservation.line_id, func.sum(IncomingReservation.quantity).label("quantity"))
    .where(IncomingReservation.ended_at.is_(None))
    .group_by(IncomingReservation.line_id)
    .subquery()
)
_INCOMING = (
    select(
        PurchaseLine.part_id,
        func.sum(case((_IS_SENT, _OPEN), else_=0)),
        func.sum(case((_IS_SENT, func.coalesce(_KEPT.c.quantity, 0)), else_=0)),
        func.sum(case((_IS_SENT, 0), else_=_OPEN)),
        func.min(PurchaseOrder.expected_on),
    )
    .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
    .outerjoin(_KEPT, _KEPT.c.line_id == PurchaseLine.id)
    .where(
        PurchaseLine.closed_at.is_(None),
        PurchaseLine.part_id.in_(bindparam("part_ids", expanding=True)),
    )
    .group_by(PurchaseLine.part_id)
)


def incoming(session: Session, part_ids: Iterable[int]) -> dict[int, Incoming]:
    """What is on its way, by part; one statement however many parts. Parts without are left out."""
    ids = list(part_ids)
    if not ids:
        return {}
    return {
        part_id: Incoming(int(awaited), int(reserved), int(drafted), expected_on)
        for part_id, awaited, reserved, drafted, expected_on in session.execute(
            _INCOMING, {"part_ids": ids}
        )
    }


def suggest(
    session: Session, actor: Actor, part_id: int, *, quantity: int, owner: str, why: str
) -> Demand:
    """Say that an owner (`ticket:T-1001`) lacks so many of a part; it comes onto the list to order.

    Part of another act, whose own permission was checked. Saying it again replaces what was said.
    """
    part = catalogue.by_id(session, actor, part_id)
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field="quantity")
    demand = _open_demand(session, actor.store_id, owner, part.id)
    if demand is None:
        demand = Demand(
            store_id=actor.store_id,
            part_id=part.id,
            quantity=quantity,
            owner=owner,
            why="",
            made_at=clock.now(),
            made_by=actor.name,
        )
        session.add(demand)
    demand.quantity = quantity
    demand.why = clean(why)[:_LONGEST_WHY]
    session.flush()
    audit.record(
        session,
        actor,
        "demand.told",
        subject=f"part:{part.number}",
        after={"quantity": quantity, "owner": owner},
        reason=demand.why,
    )
    return demand


def took_last(session: Session, actor: Actor, part: Part, *, why: str = "") -> Demand:
    """The bench took the last piece: whatever the figures say, this is on the list to order."""
    actor.require("stock.move")
    shown = stock.free(session, part.id)
    demand = suggest(
        session, actor, part.id, quantity=max(part.maximum - max(shown, 0), 1), owner=BENCH, why=why
    )
    demand.last_one = True
    session.flush()
    return demand


def withdraw(session: Session, owner: str, *, store_id: int, part_id: int | None = None) -> None:
    """An owner no longer lacks a part, or anything: its demand ends, what is kept is given back."""
    now = clock.now()
    lacking = select(Demand).where(
        Demand.store_id == store_id, Demand.owner == owner, Demand.ended_at.is_(None)
    )
    kept = (
        select(IncomingReservation)
        .join(PurchaseLine, PurchaseLine.id == IncomingReservation.line_id)
        .where(
            IncomingReservation.store_id == store_id,
            IncomingReservation.owner == owner,
            IncomingReservation.ended_at.is_(None),
        )
    )
    if part_id is not None:
        lacking = lacking.where(Demand.part_id == part_id)
        kept = kept.where(PurchaseLine.part_id == part_id)
    for demand in session.scalars(lacking):
        demand.ended_at, demand.outcome = now, DemandOutcome.WITHDRAWN
    for reservation in session.scalars(kept):
        reservation.ended_at = now
    session.flush()


def dismiss(session: Session, actor: Actor, demand_id: int) -> None:
    """Whoever orders says that this need not be ordered; gone already is as good."""
    actor.require("purchases.edit")
    demand = session.get(Demand, demand_id)
    if demand is None or demand.store_id != actor.store_id or demand.ended_at is not None:
        return
    demand.ended_at, demand.outcome = clock.now(), DemandOutcome.WITHDRAWN
    session.flush()
    audit.record(
        session,
        actor,
        "demand.dismissed",
        subject=f"demand:{demand.id}",
        before={"owner": demand.owner, "quantity": demand.quantity},
    )


def reserve_incoming(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int,
    owner: str,
    holder: str,
    line_id: int | None = None,
) -> list[IncomingReservation]:
    """Promise awaited pieces to an owner, of one line or the first to come. Raises NotEnoughStock.

    When they come they are kept for it on the shelf, in the order in which they were promised.
    """
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field="quantity")
    part = catalogue.by_id(session, actor, part_id)
    # locked in one order: of two who want the last awaited piece one gets it
    lock = select(PurchaseOrder.id).join(PurchaseLine, PurchaseLine.order_id == PurchaseOrder.id)
    session.execute(
        lock.where(PurchaseLine.part_id == part.id, PurchaseLine.closed_at.is_(None))
        .order_by(PurchaseOrder.id)
        .with_for_update(of=PurchaseOrder)
    ).all()
    rows = session.execute(_lines_of(part.id).execution_options(populate_existing=True)).all()
    takes, left = [], quantity
    for line, _, kept in rows:
        if line_id not in {None, line.id}:
            continue
        take = min(left, line.quantity - line.accepted - int(kept))
        if take > 0:
            takes.append((line, take))
            left -= take
    if left:
        raise NotEnoughStock(part.number, wanted=quantity, free=quantity - left, field="quantity")
    made = [keep(session, line, quantity=take, owner=owner, holder=holder) for line, take in takes]
    audit.record(
        session,
        actor,
        "incoming.reserved",
        subject=f"part:{part.number}",
        after={"quantity": quantity, "owner": owner},
    )
    return made


def keep(
    session: Session,
    line: PurchaseLine,
    *,
    quantity: int,
    owner: str,
    holder: str,
    demand_id: int | None = None,
) -> IncomingReservation:
    """Promise pieces of a line whose order is locked, and that has so many free."""
    reservation = IncomingReservation(
        store_id=_store_of(session, line),
        line_id=line.id,
        quantity=quantity,
        owner=owner,
        holder=holder,
        made_at=clock.now(),
        demand_id=demand_id,
    )
    session.add(reservation)
    session.flush()
    return reservation


def kept_of(session: Session, line_ids: Iterable[int]) -> list[IncomingReservation]:
    """Live promises of lines, in the order in which they were made."""
    return list(
        session.scalars(
            select(IncomingReservation)
            .where(
                IncomingReservation.line_id.in_(list(line_ids)),
                IncomingReservation.ended_at.is_(None),
            )
            .order_by(IncomingReservation.id)
            .execution_options(populate_existing=True)
        )
    )


def _lines_of(part_id: int) -> Select[PurchaseLine, PurchaseOrder, int]:
    return (
        select(PurchaseLine, PurchaseOrder, func.coalesce(_KEPT.c.quantity, 0))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .outerjoin(_KEPT, _KEPT.c.line_id == PurchaseLine.id)
        .where(PurchaseLine.part_id == part_id, PurchaseLine.closed_at.is_(None), _IS_SENT)
        .order_by(PurchaseOrder.expected_on, PurchaseOrder.number)
    )


def _open_demand(session: Session, store_id: int, owner: str, part_id: int) -> Demand | None:
    return session.scalar(
        select(Demand).where(
            Demand.store_id == store_id,
            Demand.owner == owner,
            Demand.part_id == part_id,
            Demand.ended_at.is_(None),
        )
    )


def _store_of(session: Session, line: PurchaseLine) -> int:
    return session.get_one(PurchaseOrder, line.order_id).store_id

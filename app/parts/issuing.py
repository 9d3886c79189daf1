"""Pieces for a job: from the shelf onto the bench, and from there to wherever they end up."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.parts import picking, places, reservations, shelves, stock, storage
from app.parts.models import VALUED, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.owners import owner_label
from app.parts.picking import Wish
from app.robots import components
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Component

# Where what was issued may go; into a robot it goes by being fitted.
SETTLED_AT = VALUED | {PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SCRAP}


@dataclass(frozen=True, slots=True)
class Issued:
    """What lies on a bench for an owner: neither fitted nor given back yet."""

    part: Part
    component: Component | None
    lot: str
    quantity: int
    place: Place


def issue(
    session: Session,
    actor: Actor,
    owner: str,
    part_id: int,
    *,
    quantity: int = 1,
    component_id: int | None = None,
    lot: str = "",
    place: Place | None = None,
    reason: str = "",
) -> list[Movement]:
    """From the shelf, or one bin of it, onto the bench for an owner, whose promise is used up.

    Raises NotEnoughStock, Promised when the component is kept for somebody else, BatteryBlocked
    for a battery that has to be looked at first.
    """
    actor.require("stock.move")
    if quantity < 1:
        raise Refused(msg("A movement is of at least one piece."), field="quantity")
    parts = shelves.locked(session, actor, [part_id])
    if component_id is not None:
        component = components.by_id(session, actor, component_id)
        _require_not_promised(session, owner, component)
    lot_key = search_key(lot)
    reservations.use_up(
        session,
        owner,
        store_id=actor.store_id,
        part_id=part_id,
        quantity=quantity,
        component_id=component_id,
        lot_key=lot_key,
    )
    wish = Wish(part_id, quantity, component_id, lot_key, place.id if place else None)
    bench = places.standard(session, actor.store_id, PlaceKind.BENCH)
    moves = [
        Move(one.part_id, one.quantity, one.place, bench, one.lot, one.component)
        for one in picking.pick(session, parts, [wish])
    ]
    taken = [move.component for move in moves if move.component is not None]
    batteries = [one.id for one in taken if one.slot_class is SlotClass.BATTERY]
    storage.require_usable(session, actor.store_id, batteries)
    return stock.book(
        session, actor, moves, reason=reason or "issued", reference=owner, parts=parts
    )


def issue_reserved(session: Session, actor: Actor, owner: str, *, reason: str) -> None:
    """Hand the owner's promised pieces over: off the shelf, to the customer.

    The sale that calls this has been paid; it asks for no permission of its own.
    """
    wishes = reservations.use_up_all(session, owner, store_id=actor.store_id)
    if not wishes:
        return
    parts = shelves.locked(session, actor, [wish.part_id for wish in wishes])
    customer, there = places.standard_with(session, actor.store_id, PlaceKind.CUSTOMER, parts)
    picks = picking.pick(session, parts, wishes)
    moves = [
        Move(one.part_id, one.quantity, one.place, customer, one.lot, one.component)
        for one in picks
    ]
    rows = shelves.known([*(one.balance for one in picks), *there])
    stock.book_promised(
        session, actor, moves, reason=reason, reference=owner, parts=parts, rows=rows
    )


def outstanding(session: Session, store_id: int, owner: str) -> list[Issued]:
    """What lies on benches for an owner, the oldest first."""
    start, end = aliased(Place), aliased(Place)
    rows = session.execute(
        select(Movement, Part, Component, start, end)
        .join(Part, Part.id == Movement.part_id)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .outerjoin(Component, Component.id == Movement.component_id)
        .where(Movement.store_id == store_id, Movement.reference == owner)
        .order_by(Movement.id)
    )
    lying: dict[tuple[int, int | None, str, int], Issued] = {}
    for movement, part, component, left, came in rows:
        for place, change in ((left, -movement.quantity), (came, movement.quantity)):
            if place.kind is not PlaceKind.BENCH:
                continue
            key = (part.id, movement.component_id, movement.lot_key, place.id)
            before = lying[key].quantity if key in lying else 0
            lying[key] = Issued(part, component, movement.lot, before + change, place)
    return [issued for issued in lying.values() if issued.quantity > 0]


def bench_of(session: Session, part_id: int, owner: str, lot_key: str) -> Place | None:
    """A bench on which pieces of a part without serial lie for an owner; "" is for nobody."""
    lying = on_benches(session, part_id, owner=owner, lot_key=lot_key)
    return next((place for (_, place), count in lying.items() if count > 0), None)


def on_benches(
    session: Session, part_id: int, *, owner: str | None = None, lot_key: str | None = None
) -> dict[tuple[str, Place], int]:
    """How many pieces of a part without serial lie on which bench for whom."""
    found: dict[tuple[str, Place], int] = {}
    for way, column in ((1, Movement.to_place_id), (-1, Movement.from_place_id)):
        counted = (
            select(Place, Movement.reference, func.sum(Movement.quantity))
            .join(Movement, column == Place.id)
            .where(
                Movement.part_id == part_id,
                Movement.component_id.is_(None),
                Place.kind == PlaceKind.BENCH,
            )
            .group_by(Place.id, Movement.reference)
        )
        if owner is not None:
            counted = counted.where(Movement.reference == owner)
        if lot_key is not None:
            counted = counted.where(Movement.lot_key == lot_key)
        for place, reference, count in session.execute(counted):
            found[reference, place] = found.get((reference, place), 0) + way * int(count)
    return found


def settle(
    session: Session,
    actor: Actor,
    owner: str,
    part_id: int,
    *,
    quantity: int = 1,
    component_id: int | None = None,
    lot: str = "",
    to: Place,
    reason: str = "",
) -> list[Movement]:
    """From the bench to where it ends up: back to a bin, to scrap, to the supplier, …

    Raises Conflict when so much does not lie there for this owner.
    """
    actor.require("stock.move")
    if to.kind not in SETTLED_AT or to.kind is PlaceKind.BENCH:
        raise Refused(
            msg("Pieces do not go to {place} by hand.", place=places.label_of(to)), field="place"
        )
    parts = shelves.locked(session, actor, [part_id])
    lying = [
        issued
        for issued in outstanding(session, actor.store_id, owner)
        if issued.part.id == part_id
        and component_id in {None, issued.component.id if issued.component else None}
        and search_key(lot) in {"", search_key(issued.lot)}
    ]
    there = sum(issued.quantity for issued in lying)
    if quantity < 1 or quantity > there:
        raise Conflict(
            msg(
                "{number}: {there} on the bench for {owner}.",
                number=parts[part_id].number,
                there=there,
                owner=owner_label(owner),
            ),
            field="quantity",
        )
    moves = _moves(lying, quantity, to)
    return stock.book(
        session, actor, moves, reason=clean(reason) or "settled", reference=owner, parts=parts
    )


def _moves(lying: Sequence[Issued], quantity: int, to: Place) -> list[Move]:
    moves, left = [], quantity
    for issued in lying:
        count = min(left, issued.quantity)
        if count:
            moves.append(
                Move(issued.part.id, count, issued.place, to, issued.lot, issued.component)
            )
        left -= count
    return moves


def _require_not_promised(session: Session, owner: str, component: Component) -> None:
    """Raises Promised when somebody else waits for just this piece."""
    promise = reservations.holder_of(session, component.id)
    if promise is not None and promise.owner != owner:
        raise reservations.promised(promise, component)

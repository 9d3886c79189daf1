"""The ledger of pieces: received, moved, undone; a balance is the sum of its movements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.db import number
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.parts import costing, places, shelves
from app.parts.errors import Elsewhere, NotEnoughStock, Promised
from app.parts.events import MovementReversed
from app.parts.models import (
    BOUNDED,
    PICKABLE,
    Balance,
    Movement,
    Part,
    Place,
    PlaceKind,
    Reservation,
)
from app.parts.moves import Move, require_possible
from app.parts.owners import owner_label
from app.robots.components import label_of as component_label
from app.robots.slot_models import Component, Control
from app.stores.models import Store

__all__ = [
    "Move",
    "book",
    "book_promised",
    "by_id",
    "enter_opening",
    "free",
    "frees",
    "on_shelf",
    "receive",
    "reverse",
]

_LONGEST_REFERENCE = 64
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class _Line:
    """What a line of the ledger says of when, who, why and for how much."""

    at: datetime
    actor: str
    reason: str
    reference: str
    said: int | None


def frees(session: Session, part_ids: Iterable[int]) -> dict[int, int]:
    """On the shelf less what is promised, by part; one statement however many parts."""
    ids = list(part_ids)
    if not ids:
        return {}
    rows = session.execute(shelves.STANDING, {"part_ids": ids, "now": clock.now()})
    return dict.fromkeys(ids, 0) | {part_id: int(have) - int(owe) for part_id, have, owe in rows}


def free(session: Session, part_id: int) -> int:
    return frees(session, [part_id])[part_id]


def receive(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int,
    reason: str,
    reference: str = "",
    place: Place | None = None,
    lot: str = "",
    component: Component | None = None,
    cost: Money | None = None,
) -> Movement:
    """From a supplier onto the shelf; `cost` is of one piece."""
    actor.require("stock.move")
    found = places.standards(session, actor.store_id, (PlaceKind.SUPPLIER, PlaceKind.BIN))
    end = place or found[PlaceKind.BIN]
    move = Move(part_id, quantity, found[PlaceKind.SUPPLIER], end, lot, component, cost)
    (movement,) = book(session, actor, [move], reason=reason, reference=reference)
    return movement


def enter_opening(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int,
    reason: str,
    reference: str = "",
    place: Place | None = None,
    lot: str = "",
    component: Component | None = None,
    cost: Money | None = None,
) -> Movement:
    """What was on the shelf before the ledger began."""
    actor.require("stock.count")
    found = places.standards(session, actor.store_id, (PlaceKind.OPENING, PlaceKind.BIN))
    end = place or found[PlaceKind.BIN]
    move = Move(part_id, quantity, found[PlaceKind.OPENING], end, lot, component, cost)
    (movement,) = book(session, actor, [move], reason=reason, reference=reference)
    return movement


def reverse(session: Session, actor: Actor, movement_id: int, *, reason: str) -> Movement:
    """Undo a movement by its opposite, at the same value; each can be reversed once."""
    actor.require("stock.move")
    first = by_id(session, actor, movement_id)
    if session.scalar(select(Movement.id).where(Movement.reverses_id == movement_id)):
        raise Conflict(msg("This movement was already reversed."))
    if not clean(reason):
        raise Refused(msg("Say why it is reversed."), field="reason")
    start, end = (
        session.get_one(Place, place_id) for place_id in (first.to_place_id, first.from_place_id)
    )
    if PlaceKind.ROBOT in {start.kind, end.kind}:
        raise Refused(msg("This was fitted or taken out at a robot. Undo it there."))
    opposite = Move(
        first.part_id,
        first.quantity,
        start,
        end,
        lot=first.lot,
        component=session.get(Component, first.component_id) if first.component_id else None,
        value=Money(first.value_minor, _currency(session, actor)),
        reverses_id=first.id,
    )
    (movement,) = book(session, actor, [opposite], reason=reason, reference=first.reference)
    events.announce(session, MovementReversed(actor, actor.store_id, first.id))
    return movement


def by_id(session: Session, actor: Actor, movement_id: int) -> Movement:
    found = session.get(Movement, movement_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such movement."))
    return found


def book(
    session: Session,
    actor: Actor,
    moves: Sequence[Move],
    *,
    reason: str,
    reference: str = "",
    parts: Mapping[int, Part] | None = None,
) -> list[Movement]:
    """A line of the ledger for each move, and both balances; all of them or none.

    The verb that calls this has asked whether the actor may. `parts` are those that it has locked
    already. Raises NotEnoughStock, Elsewhere or Promised for what is not there to be taken. The
    statements do not grow with the moves.
    """
    if parts is None:
        parts = shelves.locked(session, actor, [move.part_id for move in moves])
    _require_unpromised(session, parts, moves)
    return book_promised(session, actor, moves, reason=reason, reference=reference, parts=parts)


def book_promised(
    session: Session,
    actor: Actor,
    moves: Sequence[Move],
    *,
    reason: str,
    reference: str,
    parts: Mapping[int, Part],
    rows: shelves.Shelves | None = None,
) -> list[Movement]:
    """The same for pieces that were promised to whom they go, until just now: nobody else waits
    for them. `rows` is what stands at both ends of each move, where that was asked for already.
    """
    reason, reference = clean(reason), clean(reference)
    for name, text, most in (
        ("reason", reason, _LONGEST_REASON),
        ("reference", reference, _LONGEST_REFERENCE),
    ):
        if len(text) > most:
            raise Refused(msg("At most {most} characters fit here.", most=most), field=name)
    for move in moves:
        require_possible(actor, parts[move.part_id], move)
    rows = rows or shelves.opened(
        session,
        parts,
        [place for move in moves for place in (move.start, move.end)],
        lot_keys=[move.lot_key for move in moves],
        component_ids=[move.component.id for move in moves if move.component],
    )
    now, costs = clock.now(), _said_costs(session, actor, moves)
    movements = [
        _booked(rows, parts[move.part_id], move, _Line(now, actor.name, reason, reference, said))
        for move, said in zip(moves, costs, strict=True)
    ]
    for made in (rows.fresh, movements):
        number(session, made)
        session.add_all(made)
    session.flush()
    for movement, move in zip(movements, moves, strict=True):
        _record(session, actor, movement, move, parts[move.part_id])
    return movements


def _require_unpromised(session: Session, parts: Mapping[int, Part], moves: Sequence[Move]) -> None:
    """Raises NotEnoughStock or Promised when pieces leave the shelf that others wait for."""
    lost: dict[int, int] = {}
    for move in moves:
        lost[move.part_id] = lost.get(move.part_id, 0) + move.leaves_shelf * move.quantity
    lost = {part_id: quantity for part_id, quantity in lost.items() if quantity > 0}
    if not lost:
        return
    free_now = frees(session, lost)
    for part_id, quantity in lost.items():
        if quantity > free_now[part_id]:
            raise NotEnoughStock(
                parts[part_id].number,
                wanted=quantity,
                free=max(free_now[part_id], 0),
                field="quantity",
            )
    leaving = [move for move in moves if move.leaves_shelf > 0]
    if any(parts[move.part_id].control is not Control.NONE for move in leaving):
        _require_unnamed(session, parts, leaving)


def _require_unnamed(session: Session, parts: Mapping[int, Part], moves: Sequence[Move]) -> None:
    """The same for components and lots that are promised by name."""
    named = session.scalars(
        select(Reservation).where(
            Reservation.part_id.in_({move.part_id for move in moves}),
            (Reservation.component_id.is_not(None)) | (Reservation.lot_key != ""),
            shelves.IS_LIVE,
        ),
        {"now": clock.now()},
    ).all()
    for move in moves:
        for promise in named:
            if move.component is not None and promise.component_id == move.component.id:
                raise Promised(
                    msg(
                        "{what} is kept for {owner} ({holder}).",
                        what=component_label(move.component),
                        owner=owner_label(promise.owner),
                        holder=promise.holder,
                    ),
                    field="serial",
                )
    for part_id, lot_key in {(m.part_id, m.lot_key) for m in moves if m.lot_key}:
        kept = sum(p.quantity for p in named if (p.part_id, p.lot_key) == (part_id, lot_key))
        if not kept:
            continue
        wanted = sum(m.quantity for m in moves if (m.part_id, m.lot_key) == (part_id, lot_key))
        there = on_shelf(session, part_id, lot_key)
        if wanted > there - kept:
            number = parts[part_id].number
            raise NotEnoughStock(number, wanted=wanted, free=max(there - kept, 0), field="lot")


def on_shelf(session: Session, part_id: int, lot_key: str = "") -> int:
    """How many pieces of a part, or of a lot of it, can be handed out, promised or not."""
    summed = select(func.coalesce(func.sum(Balance.quantity), 0)).where(
        Balance.part_id == part_id, Balance.pickable.is_(True)
    )
    if lot_key:
        summed = summed.where(Balance.lot_key == lot_key)
    return int(session.scalar(summed) or 0)


def _said_costs(session: Session, actor: Actor, moves: Sequence[Move]) -> Sequence[int | None]:
    """What each move costs in all, in minor units, where somebody said it."""
    if not any(move.cost is not None or move.value is not None for move in moves):
        return [None] * len(moves)
    currency = _currency(session, actor)
    return [costing.total_of(m.quantity, m.cost, m.value, currency) for m in moves]


def _booked(rows: shelves.Shelves, part: Part, move: Move, line: _Line) -> Movement:
    """Both balances changed, and the line of the ledger that says so."""
    way = costing.change(move.start, move.end)
    lot = clean(move.lot) if part.control is Control.LOT else ""
    row = _carried(rows, part, move, move.component) if move.component is not None else None
    _counted(rows, part, move, lot)
    if row is not None:
        value = costing.book_component(row, way=way, said=line.said)
    else:
        value = costing.book_pieces(part, move.quantity, way=way, said=line.said)
    return Movement(
        store_id=part.store_id,
        part_id=part.id,
        from_place_id=move.start.id,
        to_place_id=move.end.id,
        quantity=move.quantity,
        lot=clean(move.lot),
        lot_key=search_key(lot),
        component_id=move.component.id if move.component else None,
        value_minor=value,
        stock_change=way * move.quantity,
        value_change=way * value,
        at=line.at,
        actor=line.actor,
        reason=line.reason,
        reference=line.reference,
        reverses_id=move.reverses_id,
    )


def _counted(rows: shelves.Shelves, part: Part, move: Move, lot: str) -> None:
    """Pieces without serial leave one row and come into another; outside also those with one."""
    if move.component is None or move.start.kind not in BOUNDED:
        source = rows.at(part.id, move.start, lot)
        if source.bounded and source.quantity < move.quantity:
            raise NotEnoughStock(
                part.number, wanted=move.quantity, free=source.quantity, field="quantity"
            )
        source.quantity -= move.quantity
    if move.component is None or move.end.kind not in BOUNDED:
        rows.at(part.id, move.end, lot).quantity += move.quantity


def _carried(rows: shelves.Shelves, part: Part, move: Move, component: Component) -> Balance:
    """The component's row goes with it; raises Elsewhere when it is not where it is taken from."""
    row = rows.of(part.id, component.id, move.end)
    was_in = row.place_id if row.quantity else None
    if was_in != (move.start.id if move.start.kind in BOUNDED else None):
        raise Elsewhere(
            msg(
                "{what} is not at {place}. Look where it is.",
                what=component_label(component),
                place=places.label_of(move.start),
            ),
            field="serial",
            link=f"/robots/components/{component.id}",
        )
    row.quantity = 1 if move.end.kind in BOUNDED else 0
    if row.quantity:
        row.place_id = move.end.id
        row.pickable = move.end.kind in PICKABLE
    return row


def _record(session: Session, actor: Actor, movement: Movement, move: Move, part: Part) -> None:
    named = {"lot": movement.lot} if movement.lot else {}
    serial = {"serial": move.component.serial} if move.component else {}
    audit.record(
        session,
        actor,
        "stock.moved",
        subject=f"part:{part.number}",
        after={
            "from": move.start.name,
            "to": move.end.name,
            "quantity": movement.quantity,
            "movement": movement.id,
            **named,
            **serial,
        },
        reason=movement.reason,
    )


def _currency(session: Session, actor: Actor) -> str:
    return session.get_one(Store, actor.store_id).currency

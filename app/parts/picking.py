"""Where pieces are taken: what came first goes first, and nothing that others wait for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.parts import shelves
from app.parts.errors import NotEnoughStock
from app.parts.models import Balance, Part, Place, Reservation
from app.robots.slot_models import Component, Control


@dataclass(frozen=True, slots=True)
class Wish:
    """So many pieces of a part: of any kind, of one lot, or one component; at one place or any."""

    part_id: int
    quantity: int = 1
    component_id: int | None = None
    lot_key: str = ""
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """Pieces to be taken from one place."""

    part_id: int
    quantity: int
    place: Place
    lot: str
    component: Component | None
    balance: Balance


@dataclass(slots=True)
class _Pile:
    balance: Balance
    place: Place
    component: Component | None
    left: int


def pick(session: Session, parts: Mapping[int, Part], wishes: Sequence[Wish]) -> list[Pick]:
    """Where to take each wish from; the parts must be locked. Raises NotEnoughStock.

    Two statements, however many wishes. What the taker's own promises kept must be used up.
    """
    part_ids = {wish.part_id for wish in wishes}
    piles = _piles(session, part_ids)
    named = {part_id for part_id in part_ids if parts[part_id].control is not Control.NONE}
    kept = _kept(session, named) if named else []
    picks: list[Pick] = []
    # what is wished by name first, so that a wish for any piece does not take it away
    for wish in sorted(wishes, key=lambda one: (one.component_id is None, one.lot_key == "")):
        picks += _taken(parts[wish.part_id], wish, piles, kept)
    return picks


def _piles(session: Session, part_ids: Iterable[int]) -> list[_Pile]:
    rows = session.execute(
        select(Balance, Place, Component)
        .join(Place, Place.id == Balance.place_id)
        .outerjoin(Component, Component.id == Balance.component_id)
        .where(Balance.part_id.in_(part_ids), Balance.pickable.is_(True), Balance.quantity > 0)
        .order_by(Balance.id)
        .execution_options(populate_existing=True)
    )
    return [_Pile(row, place, component, row.quantity) for row, place, component in rows]


def _kept(session: Session, part_ids: Iterable[int]) -> list[Reservation]:
    """Promises of one component or one lot."""
    named = (Reservation.component_id.is_not(None)) | (Reservation.lot_key != "")
    rows = session.scalars(
        select(Reservation).where(Reservation.part_id.in_(part_ids), named, shelves.IS_LIVE),
        {"now": clock.now()},
    )
    return list(rows)


def _taken(
    part: Part, wish: Wish, piles: Sequence[_Pile], kept: Sequence[Reservation]
) -> list[Pick]:
    fitting = [pile for pile in piles if _fits(pile, wish)]
    lots = {promise.lot_key: 0 for promise in kept if promise.part_id == part.id}
    for promise in kept:
        if promise.part_id == part.id and promise.lot_key:
            lots[promise.lot_key] += promise.quantity
    promised = {promise.component_id for promise in kept if promise.component_id is not None}
    picks: list[Pick] = []
    left = wish.quantity
    for pile in fitting:
        most = pile.left
        if wish.component_id is None and pile.component and pile.component.id in promised:
            most = 0
        if not wish.lot_key and lots.get(pile.balance.lot_key):
            spared = min(most, lots[pile.balance.lot_key])
            lots[pile.balance.lot_key] -= spared
            most -= spared
        quantity = min(left, most)
        if quantity:
            row = pile.balance
            picks.append(Pick(part.id, quantity, pile.place, row.lot, pile.component, row))
            pile.left -= quantity
            left -= quantity
    if left:
        raise NotEnoughStock(
            part.number, wanted=wish.quantity, free=wish.quantity - left, field="quantity"
        )
    return picks


def _fits(pile: _Pile, wish: Wish) -> bool:
    return (
        pile.balance.part_id == wish.part_id
        and pile.left > 0
        and wish.component_id in {None, pile.balance.component_id}
        and wish.lot_key in {"", pile.balance.lot_key}
        and wish.place_id in {None, pile.balance.place_id}
    )

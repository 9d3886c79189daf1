"""Many lines of opening stock at once, as the ledger would book them one after the other.

`stock.book` keeps each line in hand, which for fifty thousand of them holds the writers' queue for
half a minute and more. Here they are counted together and go in by a few statements; what must
hold of the ledger is proven of them as of all others (`app.parts.checks`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import half_up
from app.kernel.searchkeys import search_key
from app.parts.importplan import in_pieces
from app.parts.models import BOUNDED, PICKABLE, Balance, Movement, Part, Place
from app.robots.slot_models import Component

_AT_ONCE = 2_000
Slot = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Opening:
    """Pieces that lay in a bin before the ledger began; `cost_minor` is of one, where it is known.

    `place` is one of the store's own, `component` one that the ledger does not know yet.
    """

    part_id: int
    place: Place
    quantity: int
    lot: str = ""
    component: Component | None = None
    cost_minor: int | None = None

    @property
    def slot(self) -> Slot:
        return self.part_id, self.place.id, search_key(self.lot)


@dataclass(slots=True)
class _Average:
    quantity: int
    minor: int

    def take_in(self, quantity: int, said: int | None) -> int:
        """The worth of pieces that come in: as it was said, else as all others on average."""
        value = said
        if value is None:
            value = half_up(self.minor * quantity, self.quantity) if self.quantity else 0
        self.quantity += quantity
        self.minor += value
        return value


@dataclass(slots=True)
class _Book:
    """What is to be written."""

    movements: list[dict[str, Any]] = field(default_factory=list)
    carried: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[Slot, int] = field(default_factory=dict)
    lots: dict[Slot, str] = field(default_factory=dict)

    def add(self, slot: Slot, change: int, *, lot: str = "") -> None:
        self.changes[slot] = self.changes.get(slot, 0) + change
        self.lots.setdefault(slot, lot)


def enter_all(
    session: Session, actor: Actor, openings: Sequence[Opening], *, start: Place, reference: str
) -> None:
    """Write all of it; the caller has the store's queue, and knows that the bins take it."""
    averages = _averages(session, actor, {one.part_id for one in openings})
    book = _Book()
    line = {
        "store_id": actor.store_id,
        "from_place_id": start.id,
        "at": clock.now(),
        "actor": actor.name,
        "reason": "Opening stock",
        "reference": reference,
        "reverses_id": None,
    }
    for one in openings:
        said = None if one.cost_minor is None else one.cost_minor * one.quantity
        if one.component is None:
            value = averages[one.part_id].take_in(one.quantity, said)
            book.add(one.slot, one.quantity, lot=one.lot)
        else:
            value = said or 0
            book.carried.append(
                _balance(one.slot, one.place, 1, component=one.component, cost=value)
            )
        book.add((one.part_id, start.id, ""), -one.quantity)
        book.movements.append({**line, **_moved(one, value)})
    _write(session, book, {place.id: place for place in (start, *(one.place for one in openings))})
    _write_averages(session, averages)


def _moved(one: Opening, value: int) -> dict[str, Any]:
    return {
        "part_id": one.part_id,
        "to_place_id": one.place.id,
        "quantity": one.quantity,
        "lot": one.lot,
        "lot_key": search_key(one.lot),
        "component_id": one.component.id if one.component is not None else None,
        "value_minor": value,
        "stock_change": one.quantity,
        "value_change": value,
    }


def _balance(
    slot: Slot,
    place: Place,
    quantity: int,
    *,
    lot: str = "",
    component: Component | None = None,
    cost: int = 0,
) -> dict[str, Any]:
    part_id, place_id, lot_key = slot
    return {
        "part_id": part_id,
        "place_id": place_id,
        "lot": lot,
        "lot_key": lot_key,
        "component_id": component.id if component is not None else None,
        "bounded": place.kind in BOUNDED,
        "pickable": place.kind in PICKABLE,
        "quantity": quantity,
        "cost_minor": cost,
    }


def _averages(session: Session, actor: Actor, part_ids: Iterable[int]) -> dict[int, _Average]:
    found: dict[int, _Average] = {}
    for piece in in_pieces(sorted(part_ids), most=_AT_ONCE):
        rows = session.execute(
            select(Part.id, Part.valued_quantity, Part.valued_minor)
            .where(Part.store_id == actor.store_id, Part.id.in_(piece))
            .order_by(Part.id)
            .with_for_update()
        )
        found |= {part_id: _Average(quantity, minor) for part_id, quantity, minor in rows}
    return found


def _write(session: Session, book: _Book, places: dict[int, Place]) -> None:
    for lines in in_pieces(book.movements, most=_AT_ONCE):
        session.execute(insert(Movement), list(lines))
    here: dict[Slot, tuple[int, int]] = {}
    for piece in in_pieces(sorted({slot[0] for slot in book.changes}), most=_AT_ONCE):
        rows = session.execute(
            select(
                Balance.id, Balance.part_id, Balance.place_id, Balance.lot_key, Balance.quantity
            ).where(Balance.part_id.in_(piece), Balance.component_id.is_(None))
        )
        here |= {(row[1], row[2], row[3]): (row[0], row[4]) for row in rows}
    changed = [
        {"id": here[slot][0], "quantity": here[slot][1] + change}
        for slot, change in book.changes.items()
        if slot in here
    ]
    fresh = [
        _balance(slot, places[slot[1]], change, lot=book.lots[slot])
        for slot, change in book.changes.items()
        if slot not in here
    ]
    if changed:
        session.execute(update(Balance), changed)
    for rows_ in (fresh, book.carried):
        for some in in_pieces(rows_, most=_AT_ONCE):
            session.execute(insert(Balance), list(some))


def _write_averages(session: Session, averages: dict[int, _Average]) -> None:
    rows = [
        {"id": part_id, "valued_quantity": one.quantity, "valued_minor": one.minor}
        for part_id, one in averages.items()
    ]
    for piece in in_pieces(rows, most=_AT_ONCE):
        session.execute(update(Part), list(piece))
    session.expire_all()

"""Put away and move by two scans: the piece or the bin, then the bin where it goes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.quantity import MOST, parse_quantity
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.parts import addresses, catalogue, places, scanned, stock
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.scanned import Code
from app.robots import components
from app.robots.slot_models import Component, Control

# Between these pieces are moved by hand. What lies on a bench belongs to its job.
BY_HAND = frozenset({PlaceKind.BIN, PlaceKind.VAN, PlaceKind.QUARANTINE, PlaceKind.TRANSIT})
MOST_PICKS = 100
MOST_SHOWN = 200
_LONGEST_STATE = 20_000


@dataclass(frozen=True, slots=True)
class Held:
    """Pieces in hand: so many of what lies in one row of the shelf."""

    balance_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Hands:
    """What somebody who moves things has scanned so far.

    `collects`: several things are taken before the target is scanned.
    """

    source_id: int | None = None
    held: tuple[Held, ...] = ()
    collects: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """After a scan: what is in hand now, what was moved, and what to say."""

    hands: Hands
    movements: tuple[Movement, ...] = ()
    said: Text | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Something that lies at a place."""

    balance: Balance
    part: Part
    place: Place
    component: Component | None

    @property
    def named(self) -> Text:
        """`KNEE-L`, `KNEE-L AK80-1`, `CABLE-1, lot 25A`."""
        if self.component is not None:
            return msg("{part} {serial}", part=self.part.number, serial=self.component.serial)
        if self.balance.lot:
            return msg("{part}, lot {lot}", part=self.part.number, lot=self.balance.lot)
        return msg("{part}", part=self.part.number)


def scan(session: Session, actor: Actor, hands: Hands, raw: str) -> Done:
    """One scan: a place, a serial, a part, a lot, or `*3` for the quantity of what was last taken.

    A place is where things go if something is in hand, or if another place was scanned before it:
    then all that lies there goes. Else it is where they come from.
    """
    actor.require("stock.move")
    code = scanned.read(raw)
    if code.quantity:
        return Done(_recounted(session, actor, hands, parse_quantity(code.quantity)))
    if not code.text:
        raise Refused(msg("Nothing was scanned."), field="code")
    place = place_called(session, actor, code.text)
    if place is not None:
        return _at_place(session, actor, hands, place)
    row = _found(session, actor, hands, code)
    return Done(_taken(hands, row))


def contents(session: Session, actor: Actor, place: Place) -> list[Row]:
    """What lies at a place, by part; the first 200 things."""
    return _rows(session, actor, Balance.place_id == place.id)


def rows_of(session: Session, actor: Actor, hands: Hands) -> list[tuple[Row, int]]:
    """What is in hand, as it lies now; what is gone meanwhile is left out."""
    found = {
        row.balance.id: row
        for row in _rows(session, actor, Balance.id.in_([held.balance_id for held in hands.held]))
    }
    return [
        (found[held.balance_id], held.quantity) for held in hands.held if held.balance_id in found
    ]


def undo(session: Session, actor: Actor, movement_ids: Sequence[int]) -> None:
    """Back to where it was."""
    for movement_id in movement_ids:
        stock.reverse(session, actor, movement_id, reason="undone")


def write(hands: Hands) -> str:
    """What is in hand, for a form to carry."""
    return json.dumps([[held.balance_id, held.quantity] for held in hands.held])


def read(text: str, *, source: int | None, collects: bool) -> Hands:
    """Raises Refused for what our form never wrote."""
    try:
        pairs = json.loads(text[:_LONGEST_STATE] or "[]")
        held = tuple(Held(*map(_counted, pair)) for pair in pairs)
    except (ValueError, TypeError, RecursionError):
        raise Refused(msg("This form is not one of ours; load the page again.")) from None
    if len(held) > MOST_PICKS:
        raise Refused(msg("At most {most} things are moved at once.", most=MOST_PICKS))
    return Hands(source, held, collects)


def _counted(value: object) -> int:
    if type(value) is not int or not 0 < value < 2**63:
        raise ValueError(value)
    return value


def _at_place(session: Session, actor: Actor, hands: Hands, place: Place) -> Done:
    if place.kind not in BY_HAND:
        raise Refused(
            msg("Pieces do not go to {place} by hand.", place=places.label_of(place)), field="code"
        )
    if hands.held:
        return _moved(session, actor, hands, rows_of(session, actor, hands), place)
    if hands.source_id is not None and hands.source_id != place.id:
        source = places.by_id(session, actor, hands.source_id)
        everything = contents(session, actor, source)
        if not everything:
            raise Conflict(msg("{place} is empty.", place=places.label_of(source)), field="code")
        return _moved(
            session, actor, hands, [(row, row.balance.quantity) for row in everything], place
        )
    said = None if contents(session, actor, place) else msg("Nothing lies here.")
    return Done(replace(hands, source_id=place.id), said=said)


def _moved(
    session: Session,
    actor: Actor,
    hands: Hands,
    rows: Sequence[tuple[Row, int]],
    target: Place,
) -> Done:
    """All of it goes to `target`; out of quarantine only by who keeps the store's parts."""
    if len(rows) < len(hands.held):
        raise Conflict(msg("Some of it has been moved by somebody else. Scan again."), field="code")
    if any(row.place.kind is PlaceKind.QUARANTINE for row, _ in rows):
        actor.require("parts.edit")
    moves = [
        Move(row.part.id, quantity, row.place, target, lot=row.balance.lot, component=row.component)
        for row, quantity in rows
    ]
    movements = stock.book(session, actor, moves, reason="moved")
    said = msg(
        "{what}: {pieces} to {place}.",
        what=rows[0][0].named if len(rows) == 1 else msg("{count} things", count=len(rows)),
        pieces=sum(quantity for _, quantity in rows),
        place=places.label_of(target),
    )
    return Done(Hands(collects=hands.collects), tuple(movements), said)


def _taken(hands: Hands, row: Row) -> Hands:
    """One more in hand; without collecting, another thing takes the place of the one before."""
    before = next((held for held in hands.held if held.balance_id == row.balance.id), None)
    others = tuple(held for held in hands.held if held.balance_id != row.balance.id)
    if not hands.collects:
        others = ()
    if len(others) >= MOST_PICKS:
        raise Refused(msg("At most {most} things are moved at once.", most=MOST_PICKS))
    if before is not None and row.component is not None:
        raise Conflict(msg("{what} is in your hand already.", what=row.named), field="code")
    quantity = (before.quantity if before else 0) + 1
    _require_there(row, quantity)
    return replace(hands, held=(*others, Held(row.balance.id, quantity)))


def _recounted(session: Session, actor: Actor, hands: Hands, quantity: int) -> Hands:
    if not hands.held:
        raise Refused(msg("Scan the part first, then its quantity."), field="code")
    last = hands.held[-1]
    rows = _rows(session, actor, Balance.id == last.balance_id)
    if not rows:
        raise Conflict(msg("Some of it has been moved by somebody else. Scan again."), field="code")
    _require_there(rows[0], quantity)
    return replace(hands, held=(*hands.held[:-1], Held(last.balance_id, quantity)))


def _require_there(row: Row, quantity: int) -> None:
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field="code")
    if quantity > row.balance.quantity:
        raise Conflict(
            msg(
                "{place}: {there} of {what} lie there.",
                place=places.label_of(row.place),
                there=row.balance.quantity,
                what=row.named,
            ),
            field="code",
        )


def _found(session: Session, actor: Actor, hands: Hands, code: Code) -> Row:
    """The one row that is meant: a component by its serial, else pieces of a part, else a lot."""
    things = components.find(session, actor, code.serial or code.text)
    if things:
        rows = _rows(session, actor, Balance.component_id.in_([thing.id for thing in things]))
        return _only(session, actor, hands, rows, things[0].serial)
    parts = catalogue.by_code(session, actor, code.text)
    if not parts:
        key = search_key(code.text)
        rows = _rows(session, actor, Balance.lot_key == key, Balance.lot_key != "")
        if not rows:
            raise NotFound(msg("“{code}” is not known here.", code=code.text[:60]), field="code")
        return _only(session, actor, hands, rows, code.text)
    rows = _rows(session, actor, Balance.part_id.in_([part.id for part in parts]))
    if code.lot:
        rows = [row for row in rows if row.balance.lot_key == search_key(code.lot)]
    return _only(session, actor, hands, rows, parts[0].number)


def _only(session: Session, actor: Actor, hands: Hands, rows: Sequence[Row], named: str) -> Row:
    """The row in the bin that was scanned; else a refusal says where it lies, or what does."""
    here = [row for row in rows if hands.source_id in {None, row.place.id}]
    if len(here) == 1:
        return here[0]
    if here and here[0].part.control is Control.SERIAL:
        raise Refused(
            msg("{part}: scan the serial number.", part=here[0].part.number), field="code"
        )
    if len(here) > 1 and len({row.place.id for row in here}) == 1:
        raise Refused(
            msg("{part}: scan the lot. Here: {what}.", part=named, what=_lots(here)), field="code"
        )
    if here:
        raise Refused(
            msg("{part} lies in {places}. Scan the bin first.", part=named, places=_places(here)),
            field="code",
        )
    if rows:
        raise Conflict(
            msg("{part} is not here. It lies in {places}.", part=named, places=_places(rows)),
            field="code",
        )
    raise Conflict(_nothing(session, actor, hands, named), field="code")


def _nothing(session: Session, actor: Actor, hands: Hands, named: str) -> Text:
    if hands.source_id is None:
        return msg("{part} lies in no bin.", part=named)
    source = places.by_id(session, actor, hands.source_id)
    there = contents(session, actor, source)
    if not there:
        return msg("{place} is empty.", place=places.label_of(source))
    return msg(
        "{place} has no {part}. There: {what}.",
        place=places.label_of(source),
        part=named,
        what=", ".join(f"{row.named} ({row.balance.quantity})" for row in there[:5]),
    )


def _lots(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.balance.lot} ({row.balance.quantity})" for row in rows[:5])


def _places(rows: Sequence[Row]) -> str:
    return ", ".join(f"{places.label_of(row.place)} ({row.balance.quantity})" for row in rows[:5])


def place_called(session: Session, actor: Actor, text: str) -> Place | None:
    """The place whose code this is, or whose page a label's code leads to."""
    labelled = addresses.place_at(text)
    try:
        if labelled is not None:
            return places.by_id(session, actor, labelled)
        return places.by_code(session, actor, text, field="code")
    except NotFound:
        return None


def _rows(session: Session, actor: Actor, *conditions: ColumnElement[bool]) -> list[Row]:
    rows = session.execute(
        select(Balance, Part, Place, Component)
        .join(Part, Part.id == Balance.part_id)
        .join(Place, Place.id == Balance.place_id)
        .outerjoin(Component, Component.id == Balance.component_id)
        .where(
            Place.store_id == actor.store_id,
            Place.kind.in_(BY_HAND),
            Balance.quantity > 0,
            *conditions,
        )
        .order_by(Part.name_key, Part.id, Balance.id)
        .limit(MOST_SHOWN)
        .execution_options(populate_existing=True)
    )
    return [Row(*row) for row in rows]

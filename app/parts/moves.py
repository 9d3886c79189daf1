"""One move of pieces, as a verb wants it, and whether there can be such a move."""

from dataclasses import dataclass, field

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import bare_key, search_key
from app.kernel.text import msg
from app.parts import places
from app.parts.models import PICKABLE, Part, Place, PlaceKind
from app.robots.components import label_of, read_lot
from app.robots.slot_models import Component, Control


@dataclass(frozen=True, slots=True)
class Move:
    """Pieces of one part from place to place: of one lot, or one component, where it has them.

    `cost` is of one piece, `value` of all of them together, for what comes into valued places.
    Left out, pieces cost the moving average, and a component what it has cost before.
    """

    part_id: int
    quantity: int
    start: Place
    end: Place
    lot: str = ""
    component: Component | None = None
    cost: Money | None = None
    value: Money | None = None
    reverses_id: int | None = None
    lot_key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lot_key", search_key(self.lot))

    @property
    def leaves_shelf(self) -> int:
        """1 when pieces can no longer be handed out, -1 when they now can, else 0."""
        return (self.start.kind in PICKABLE) - (self.end.kind in PICKABLE)


def require_possible(actor: Actor, part: Part, move: Move) -> None:
    """Raises Refused for a move that no part of this kind makes."""
    if move.quantity <= 0:
        raise Refused(msg("A movement is of at least one piece."), field="quantity")
    if move.start.id == move.end.id:
        raise Refused(msg("The pieces are there already."), field="place")
    for place in (move.start, move.end):
        if place.store_id != actor.store_id:
            raise NotFound(msg("There is no such place."), field="place")
        if place.kind is PlaceKind.ROOM:
            raise Refused(
                msg("{place} is a room: choose a bin in it.", place=place.name), field="place"
            )
    if move.end.archived:
        raise Conflict(
            msg("{place} is no longer in use.", place=places.label_of(move.end)), field="place"
        )
    _require_named(part, move)


def _require_named(part: Part, move: Move) -> None:
    """Raises Refused unless serial or lot are said as the part wants it."""
    if part.control is Control.SERIAL:
        if move.component is None:
            raise Refused(
                msg("{number} is kept by serial number: scan it.", number=part.number),
                field="serial",
            )
        if move.quantity != 1:
            raise Refused(msg("A serial number is of one piece."), field="quantity")
        if move.component.store_id != part.store_id or bare_key(
            move.component.part_number
        ) != bare_key(part.number):
            raise Refused(
                msg(
                    "{what} is not {number}.",
                    what=label_of(move.component),
                    number=part.number,
                ),
                field="serial",
            )
    elif move.component is not None:
        raise Refused(
            msg("{number} is not kept by serial number.", number=part.number), field="serial"
        )
    if part.control is Control.LOT and not move.lot_key:
        raise Refused(msg("{number} needs its lot.", number=part.number), field="lot")
    read_lot(move.lot)

"""What moved pieces are worth: their own cost by serial, the moving average otherwise."""

from app.kernel.errors import Refused
from app.kernel.money import MOST_MINOR, Money, half_up
from app.kernel.text import msg
from app.parts.models import VALUED, Balance, Part, Place


def change(start: Place, end: Place) -> int:
    """1 when pieces come into valued places, -1 when they leave them, else 0."""
    return (end.kind in VALUED) - (start.kind in VALUED)


def total_of(quantity: int, cost: Money | None, value: Money | None, currency: str) -> int | None:
    """The cost of all pieces in minor units, as it was said: of one piece, or of all together.

    Raises Refused for another currency than the store's, and for less than nothing.
    """
    said = value if value is not None else cost * quantity if cost is not None else None
    if said is None:
        return None
    if said.currency != currency:
        raise Refused(msg("Costs here are in {currency}.", currency=currency), field="cost")
    if not 0 <= said.minor <= MOST_MINOR:
        raise Refused(msg("A cost is not below zero."), field="cost")
    return said.minor


def book_component(row: Balance, *, way: int, said: int | None) -> int:
    """The cost of one component that moves; what it costs from here on stands in its row."""
    if way > 0 and said is not None:
        row.cost_minor = said
    return row.cost_minor


def book_pieces(part: Part, quantity: int, *, way: int, said: int | None) -> int:
    """The cost of pieces without serial, and the part's moving average brought up to date.

    What leaves takes its share of the whole with it, so that the last piece takes the rest.
    """
    if way > 0:
        value = _share(part, quantity) if said is None else said
        part.valued_quantity += quantity
        part.valued_minor += value
        return value
    value = _share(part, quantity) if said is None or way == 0 else min(said, part.valued_minor)
    if way < 0:
        if quantity >= part.valued_quantity:
            value = part.valued_minor
        part.valued_quantity -= quantity
        part.valued_minor -= value
    return value


def _share(part: Part, quantity: int) -> int:
    if not part.valued_quantity:
        return 0
    return half_up(part.valued_minor * quantity, part.valued_quantity)

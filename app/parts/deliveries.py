"""What a delivery brings, read against its order: each piece with its line, or what is wrong."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Invalid, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.quantity import MOST
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.parts import arrivals
from app.parts.buying_models import PurchaseLine, PurchaseOrder
from app.parts.errors import MoreThanOrdered
from app.parts.models import Part
from app.robots.slot_models import Component, Control

MOST_PIECES = 2_000
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """What came of one line: pieces, or one serial, or pieces of one lot.

    `rejected_for` says why they are not taken; empty: they are. `price` of one piece is the
    delivery note's where it differs from the order's.
    """

    position: int
    quantity: int = 1
    serial: str = ""
    lot: str = ""
    rejected_for: str = ""
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`confirmed`: more than ordered is meant."""

    pieces: tuple[Piece, ...]
    note_number: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """A piece with its line, its part, and its component if it has a serial."""

    piece: Piece
    line: PurchaseLine
    part: Part
    component: Component | None

    @property
    def price_minor(self) -> int:
        return self.line.price_minor if self.piece.price is None else self.piece.price.minor


def read(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    delivery: Delivery,
    *,
    parts: Mapping[PurchaseLine, Part],
) -> list[Came]:
    """Each piece with what it is of; raises Invalid naming all pieces that cannot be."""
    if not delivery.pieces:
        raise Refused(msg("Nothing has been scanned yet."))
    if len(delivery.pieces) > MOST_PIECES:
        raise Refused(msg("At most {most} pieces are booked at once.", most=MOST_PIECES))
    by_position = {line.position: (line, part) for line, part in parts.items()}
    problems = _problems_of(delivery, parts, order.currency) | _twice(delivery)
    if problems:
        raise Invalid(next(iter(problems.values())), problems=problems)
    known = arrivals.components(
        session,
        actor,
        [
            (by_position[piece.position][1], piece.serial, piece.lot)
            for piece in delivery.pieces
            if piece.serial
        ],
    )
    found = []
    for piece in delivery.pieces:
        line, part = by_position[piece.position]
        component = known[part.id, search_key(piece.serial)] if piece.serial else None
        found.append(Came(piece, line, part, component))
    return found


def require_ordered(actor: Actor, came: Sequence[Came], *, confirmed: bool) -> None:
    """Raises MoreThanOrdered unless somebody who may order means just that."""
    accepted = accepted_by_line(came)
    over = [
        (one.part.number, one.line.quantity, one.line.accepted + accepted[one.line.id])
        for one in {one.line.id: one for one in came}.values()
        if accepted[one.line.id] and one.line.accepted + accepted[one.line.id] > one.line.quantity
    ]
    if over and not (confirmed and actor.may("purchases.edit")):
        raise MoreThanOrdered(over, may_confirm=actor.may("purchases.edit"))


def accepted_by_line(came: Sequence[Came]) -> dict[int, int]:
    """How many pieces were taken of each line, by its id."""
    accepted: dict[int, int] = defaultdict(int)
    for one in came:
        if not one.piece.rejected_for:
            accepted[one.line.id] += one.piece.quantity
    return accepted


def _problems_of(
    delivery: Delivery, parts: Mapping[PurchaseLine, Part], currency: str
) -> dict[str, Text]:
    """What is wrong of each piece by itself."""
    by_position = {line.position: part for line, part in parts.items()}
    problems: dict[str, Text] = {}
    for index, piece in enumerate(delivery.pieces):
        part = by_position.get(piece.position)
        problem = (
            _problem_of(piece, part, currency)
            if part is not None
            else msg("This order has no line {position}.", position=piece.position)
        )
        if problem is not None:
            problems[f"pieces.{index}"] = problem
    return problems


def _problem_of(piece: Piece, part: Part, currency: str) -> Text | None:
    """What is wrong of a piece by itself; None when nothing is."""
    if not 1 <= piece.quantity <= MOST:
        return msg("A quantity is between 1 and {most}.", most=MOST)
    identity = _problem_of_identity(piece, part)
    if identity is not None:
        return identity
    if len(piece.rejected_for) > _LONGEST_REASON:
        return msg("At most {most} characters fit here.", most=_LONGEST_REASON)
    if piece.price is not None and piece.price.currency != currency:
        return msg("This order is in {currency}.", currency=currency)
    if piece.price is not None and not 0 <= piece.price.minor <= MOST_MINOR:
        return msg("A price is not less than nothing.")
    return None


def _problem_of_identity(piece: Piece, part: Part) -> Text | None:
    """What a part's control wants to know and is not said, or the other way round."""
    if part.control is Control.SERIAL and not (piece.serial and piece.quantity == 1):
        return msg("{part}: each piece has its serial number.", part=part.number)
    if part.control is not Control.SERIAL and piece.serial:
        return msg("{part} has no serial numbers.", part=part.number)
    if part.control is Control.LOT and not piece.lot:
        return msg("{part}: say the lot.", part=part.number)
    return None


def _twice(delivery: Delivery) -> dict[str, Text]:
    """The same serial of one part twice in one delivery: both are named."""
    seen: dict[tuple[int, str], list[int]] = defaultdict(list)
    for index, piece in enumerate(delivery.pieces):
        if piece.serial:
            seen[piece.position, search_key(piece.serial)].append(index)
    return {
        f"pieces.{index}": msg(
            "{serial} is in this delivery twice.", serial=delivery.pieces[index].serial
        )
        for indexes in seen.values()
        if len(indexes) > 1
        for index in indexes
    }

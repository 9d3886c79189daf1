"""A delivery is booked: what is accepted, what is rejected, at which price, all in one."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.quantity import MOST
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.parts import arrivals, covering, places, purchasing, stock
from app.parts.buying_models import GoodsReceipt, PurchaseLine, PurchaseOrder, ReceiptLine
from app.parts.errors import MoreThanOrdered
from app.parts.events import MovementReversed, PartsArrived
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.purchase_states import OrderState, state_of
from app.robots.slot_models import Component, Control
from app.stores import desk

SERIES = "goods-receipt"
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
class _Came:
    """A piece with its line, its part, and its component if it has a serial."""

    piece: Piece
    line: PurchaseLine
    part: Part
    component: Component | None


def label(receipt: GoodsReceipt) -> str:
    return f"GR-{receipt.number}"


def book(session: Session, actor: Actor, order: PurchaseOrder, delivery: Delivery) -> GoodsReceipt:
    """Everything that came, or nothing of it.

    Accepted pieces go to the bin where their part lies, else to where deliveries are put down, and
    are kept for whom they were promised; rejected ones go to quarantine. Raises MoreThanOrdered
    until somebody who may order confirms it, Conflict for a serial that is here already, Invalid
    with what is wrong of each piece.
    """
    actor.require("purchases.receive")
    lines = purchasing.lock(session, order)
    _require_awaited(session, order, lines)
    parts = parts_of(session, lines)
    came = _read(
        session, actor, order, delivery, parts={line: parts[line.part_id] for line in lines}
    )
    _require_ordered(actor, came, confirmed=delivery.confirmed)
    receipt = GoodsReceipt(
        store_id=order.store_id,
        order_id=order.id,
        number=numbers.allot(session, store_id=order.store_id, series=SERIES),
        at=clock.now(),
        by=actor.name,
        note_number=clean(delivery.note_number)[:64],
    )
    session.add(receipt)
    session.flush()
    _move(session, actor, order, receipt, came)
    _count(order, lines, came)
    audit.record(
        session,
        actor,
        "purchase.received",
        subject=purchasing.reference(order),
        after={
            "receipt": label(receipt),
            "accepted": sum(one.piece.quantity for one in came if not one.piece.rejected_for),
            "rejected": sum(one.piece.quantity for one in came if one.piece.rejected_for),
        },
    )
    _tell(session, actor, order, came)
    return receipt


def parts_of(session: Session, lines: Sequence[PurchaseLine]) -> dict[int, Part]:
    rows = session.scalars(select(Part).where(Part.id.in_([line.part_id for line in lines])))
    return {part.id: part for part in rows}


def receipts_of(session: Session, order: PurchaseOrder) -> list[GoodsReceipt]:
    """What came of an order, oldest first."""
    return list(
        session.scalars(
            select(GoodsReceipt)
            .where(GoodsReceipt.order_id == order.id)
            .order_by(GoodsReceipt.number)
        )
    )


def undo(session: Session, actor: Actor, order: PurchaseOrder, row_id: int, *, reason: str) -> None:
    """Something was booked by mistake: it leaves the ledger again, and is awaited again."""
    actor.require("purchases.receive")
    purchasing.lock(session, order)
    row, _ = row_of(session, order, row_id)
    stock.reverse(session, actor, row.movement_id, reason=reason)


def row_of(session: Session, order: PurchaseOrder, row_id: int) -> tuple[ReceiptLine, Part]:
    """Something that came of an order, and the part that it is of."""
    found = session.execute(
        select(ReceiptLine, Part)
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.line_id)
        .join(Part, Part.id == PurchaseLine.part_id)
        .where(ReceiptLine.id == row_id, PurchaseLine.order_id == order.id)
    ).first()
    if found is None:
        raise NotFound(msg("This order has no such delivery."))
    return found[0], found[1]


def on_reversed(session: Session, event: MovementReversed) -> None:
    """What a delivery brought was undone in the ledger: its line awaits it again."""
    row = session.scalar(select(ReceiptLine).where(ReceiptLine.movement_id == event.movement_id))
    if row is None:
        return
    line = session.get_one(PurchaseLine, row.line_id)
    order = session.get_one(PurchaseOrder, line.order_id)
    purchasing.lock(session, order)
    if row.rejected_for:
        line.rejected -= row.quantity
    else:
        line.accepted -= row.quantity
        if line.accepted < line.quantity:
            line.closed_at = order.closed_at = None
    session.flush()
    audit.record(
        session,
        event.actor,
        "purchase.receipt_undone",
        subject=purchasing.reference(order),
        after={"line": line.position, "quantity": row.quantity, "movement": row.movement_id},
    )


def _require_awaited(session: Session, order: PurchaseOrder, lines: list[PurchaseLine]) -> None:
    state = state_of(order, lines)
    link = f"/parts/orders/{order.number}"
    if state is OrderState.RECEIVED:
        last = receipts_of(session, order)[-1:]
        if last:
            raise Conflict(
                msg(
                    "{order} has come already: {receipt}, booked by {who}.",
                    order=purchasing.label(order),
                    receipt=label(last[0]),
                    who=last[0].by,
                ),
                link=link,
            )
    if state not in {OrderState.SENT, OrderState.PARTLY}:
        raise Conflict(
            msg("Nothing of {order} is awaited.", order=purchasing.label(order)), link=link
        )


def _read(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    delivery: Delivery,
    *,
    parts: Mapping[PurchaseLine, Part],
) -> list[_Came]:
    """Each piece with what it is of; raises Invalid naming all pieces that cannot be."""
    if not delivery.pieces:
        raise Refused(msg("Nothing has been scanned yet."))
    if len(delivery.pieces) > MOST_PIECES:
        raise Refused(msg("At most {most} pieces are booked at once.", most=MOST_PIECES))
    by_position = {line.position: (line, part) for line, part in parts.items()}
    problems: dict[str, Text] = {}
    for index, piece in enumerate(delivery.pieces):
        problem = (
            _problem_of(piece, by_position[piece.position][1], order.currency)
            if piece.position in by_position
            else msg("This order has no line {position}.", position=piece.position)
        )
        if problem is not None:
            problems[f"pieces.{index}"] = problem
    problems |= _twice(delivery)
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
        found.append(_Came(piece, line, part, component))
    return found


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


def _require_ordered(actor: Actor, came: Sequence[_Came], *, confirmed: bool) -> None:
    accepted: dict[int, int] = defaultdict(int)
    for one in came:
        if not one.piece.rejected_for:
            accepted[one.line.id] += one.piece.quantity
    over = [
        (one.part.number, one.line.quantity, one.line.accepted + accepted[one.line.id])
        for one in {one.line.id: one for one in came}.values()
        if accepted[one.line.id] and one.line.accepted + accepted[one.line.id] > one.line.quantity
    ]
    if over and not (confirmed and actor.may("purchases.edit")):
        raise MoreThanOrdered(over, may_confirm=actor.may("purchases.edit"))


def _move(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    receipt: GoodsReceipt,
    came: Sequence[_Came],
) -> None:
    """The movements: all accepted pieces together, rejected ones by their reason."""
    by_reason: dict[str, list[_Came]] = defaultdict(list)
    for one in came:
        by_reason[one.piece.rejected_for].append(one)
    store = desk.store_of(session, order.store_id)
    found = places.standards(
        session, order.store_id, (PlaceKind.SUPPLIER, PlaceKind.BIN, PlaceKind.QUARANTINE)
    )
    homes = _homes(session, {one.part.id for one in came})
    for rejected_for, group in by_reason.items():
        moves = [
            Move(
                one.part.id,
                one.piece.quantity,
                found[PlaceKind.SUPPLIER],
                found[PlaceKind.QUARANTINE]
                if rejected_for
                else homes.get(one.part.id, found[PlaceKind.BIN]),
                lot=one.piece.lot if one.part.control is Control.LOT else "",
                component=one.component,
                value=purchasing.cost_of(
                    order, _price(one), one.piece.quantity, currency=store.currency
                ),
            )
            for one in group
        ]
        movements = stock.book(
            session,
            actor,
            moves,
            reason=rejected_for or label(receipt),
            reference=purchasing.reference(order),
        )
        session.add_all(
            _line(receipt, one, movement) for one, movement in zip(group, movements, strict=True)
        )
    session.flush()


def _homes(session: Session, part_ids: Collection[int]) -> dict[int, Place]:
    """The bin in which a part lies, most of it or latest: there a delivery is put as well."""
    rows = session.execute(
        select(Balance.part_id, Place)
        .join(Place, Place.id == Balance.place_id)
        .where(
            Balance.part_id.in_(part_ids),
            Place.kind == PlaceKind.BIN,
            Place.archived.is_(False),
        )
        .group_by(Balance.part_id, Place.id)
        .order_by(func.sum(Balance.quantity), func.max(Balance.id))
    )
    return dict(iter(rows))


def _line(receipt: GoodsReceipt, one: _Came, movement: Movement) -> ReceiptLine:
    return ReceiptLine(
        receipt_id=receipt.id,
        line_id=one.line.id,
        movement_id=movement.id,
        quantity=one.piece.quantity,
        price_minor=_price(one),
        rejected_for=one.piece.rejected_for,
        lot=one.piece.lot,
        component_id=one.component.id if one.component else None,
    )


def _price(one: _Came) -> int:
    return one.line.price_minor if one.piece.price is None else one.piece.price.minor


def _count(order: PurchaseOrder, lines: list[PurchaseLine], came: Sequence[_Came]) -> None:
    """What came of each line, and what is no longer awaited."""
    for one in came:
        if one.piece.rejected_for:
            one.line.rejected += one.piece.quantity
        else:
            one.line.accepted += one.piece.quantity
    for line in lines:
        if line.closed_at is None and line.accepted >= line.quantity:
            line.closed_at = clock.now()
    purchasing.close_if_done(order, lines)


def _tell(session: Session, actor: Actor, order: PurchaseOrder, came: Sequence[_Came]) -> None:
    """Keep what was promised, then let the house know of the rest."""
    accepted: dict[int, int] = defaultdict(int)
    lines = {one.line.id: one.line for one in came}
    for one in came:
        if not one.piece.rejected_for:
            accepted[one.line.id] += one.piece.quantity
    for line_id, quantity in accepted.items():
        covering.arrived(session, actor, lines[line_id], quantity=quantity)
    for line_id, quantity in accepted.items():
        events.announce(
            session,
            PartsArrived(
                actor=actor,
                store_id=order.store_id,
                part_id=lines[line_id].part_id,
                quantity=quantity,
                reference=purchasing.reference(order),
            ),
        )

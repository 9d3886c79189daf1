"""A delivery is booked: what is accepted, what is rejected, at which price, all in one."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import covering, places, purchasing, stock
from app.parts.buying_models import GoodsReceipt, PurchaseLine, PurchaseOrder, ReceiptLine
from app.parts.deliveries import Came, Delivery, accepted_by_line, read, require_ordered
from app.parts.events import MovementReversed, PartsArrived
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.purchase_states import OrderState, state_of
from app.robots.slot_models import Control
from app.stores import desk

SERIES = "goods-receipt"


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
    came = read(
        session, actor, order, delivery, parts={line: parts[line.part_id] for line in lines}
    )
    require_ordered(actor, came, confirmed=delivery.confirmed)
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


def _move(
    session: Session,
    actor: Actor,
    order: PurchaseOrder,
    receipt: GoodsReceipt,
    came: Sequence[Came],
) -> None:
    """The movements: all accepted pieces together, rejected ones by their reason."""
    by_reason: dict[str, list[Came]] = defaultdict(list)
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
                    order, one.price_minor, one.piece.quantity, currency=store.currency
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


def _line(receipt: GoodsReceipt, one: Came, movement: Movement) -> ReceiptLine:
    return ReceiptLine(
        receipt_id=receipt.id,
        line_id=one.line.id,
        movement_id=movement.id,
        quantity=one.piece.quantity,
        price_minor=one.price_minor,
        rejected_for=one.piece.rejected_for,
        lot=one.piece.lot,
        component_id=one.component.id if one.component else None,
    )


def _count(order: PurchaseOrder, lines: list[PurchaseLine], came: Sequence[Came]) -> None:
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


def _tell(session: Session, actor: Actor, order: PurchaseOrder, came: Sequence[Came]) -> None:
    """Keep what was promised, then let the house know of the rest."""
    lines = {one.line.id: one.line for one in came}
    accepted = accepted_by_line(came)
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

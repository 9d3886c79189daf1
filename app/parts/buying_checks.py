"""What must always hold of buying: what came is what the ledger says, no promise without goods."""

from collections.abc import Iterator

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.parts.buying_models import (
    GoodsReceipt,
    IncomingReservation,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    SupplierReturnLine,
)
from app.parts.models import BOUNDED, PICKABLE, Movement, Place, PlaceKind


def breaches(session: Session) -> Iterator[str]:
    yield from _lines_equal_receipts(session)
    yield from _receipts_equal_movements(session)
    yield from _promises_within_what_is_awaited(session)
    yield from _closed_when_nothing_is_awaited(session)
    yield from _returns_equal_movements(session)


def _lines_equal_receipts(session: Session) -> Iterator[str]:
    """Accepted and rejected of a line are the sums of its receipts, but for what was undone."""
    undone = select(Movement.reverses_id).where(Movement.reverses_id.is_not(None))
    accepted = func.sum(case((ReceiptLine.rejected_for == "", ReceiptLine.quantity), else_=0))
    came = (
        select(
            ReceiptLine.line_id,
            accepted.label("accepted"),
            (func.sum(ReceiptLine.quantity) - accepted).label("rejected"),
        )
        .where(ReceiptLine.movement_id.not_in(undone))
        .group_by(ReceiptLine.line_id)
        .subquery()
    )
    is_taken = func.coalesce(came.c.accepted, 0)
    is_not = func.coalesce(came.c.rejected, 0)
    rows = session.execute(
        select(PurchaseOrder.number, PurchaseLine, is_taken, is_not)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .outerjoin(came, came.c.line_id == PurchaseLine.id)
        .where(or_(PurchaseLine.accepted != is_taken, PurchaseLine.rejected != is_not))
    )
    for number, line, taken, refused in rows:
        yield (
            f"parts: PO-{number} line {line.position}: {line.accepted} accepted and "
            f"{line.rejected} rejected, receipts give {taken} and {refused}"
        )


def _receipts_equal_movements(session: Session) -> Iterator[str]:
    """Each line of a receipt has its movement, of as many of the same part, to the right place."""
    rows = session.execute(
        select(GoodsReceipt.number, ReceiptLine, PurchaseLine.part_id, Movement, Place.kind)
        .join(GoodsReceipt, GoodsReceipt.id == ReceiptLine.receipt_id)
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.line_id)
        .join(Movement, Movement.id == ReceiptLine.movement_id)
        .join(Place, Place.id == Movement.to_place_id)
        .execution_options(yield_per=1000)
    )
    for number, line, part_id, movement, kind in rows:
        is_right = kind is PlaceKind.QUARANTINE if line.rejected_for else kind in PICKABLE
        same = (part_id, line.quantity, line.component_id) == (
            movement.part_id,
            movement.quantity,
            movement.component_id,
        )
        if not (same and is_right):
            yield f"parts: GR-{number}: movement {movement.id} is not what was received"


def _promises_within_what_is_awaited(session: Session) -> Iterator[str]:
    awaited = case(
        (PurchaseLine.closed_at.is_(None), PurchaseLine.quantity - PurchaseLine.accepted), else_=0
    )
    promised = func.sum(IncomingReservation.quantity)
    rows = session.execute(
        select(PurchaseOrder.number, PurchaseLine.position, promised, awaited)
        .join(PurchaseLine, PurchaseLine.id == IncomingReservation.line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .where(IncomingReservation.ended_at.is_(None))
        .group_by(PurchaseOrder.number, PurchaseLine.id)
        .having(promised > awaited)
    )
    for number, position, pieces, there in rows:
        yield f"parts: PO-{number} line {position}: {pieces} promised, {there} awaited"


def _closed_when_nothing_is_awaited(session: Session) -> Iterator[str]:
    still = func.sum(case((PurchaseLine.closed_at.is_(None), 1), else_=0))
    rows = session.execute(
        select(PurchaseOrder.number, PurchaseOrder.closed_at, still)
        .join(PurchaseLine, PurchaseLine.order_id == PurchaseOrder.id)
        .group_by(PurchaseOrder.id, PurchaseOrder.number, PurchaseOrder.closed_at)
        .having(
            case((PurchaseOrder.closed_at.is_(None), 1), else_=0) != case((still > 0, 1), else_=0)
        )
    )
    for number, closed_at, lines in rows:
        told = "is closed" if closed_at else "is open"
        yield f"parts: PO-{number} {told} with {lines} lines awaited"


def _returns_equal_movements(session: Session) -> Iterator[str]:
    """What went back to a supplier left a place of ours for it, as often as the return says."""
    start, end = Place.__table__.alias("start"), Place.__table__.alias("target")
    rows = session.execute(
        select(SupplierReturnLine, Movement, start.c.kind, end.c.kind)
        .join(Movement, Movement.id == SupplierReturnLine.movement_id)
        .join(start, start.c.id == Movement.from_place_id)
        .join(end, end.c.id == Movement.to_place_id)
    )
    for line, movement, left, came in rows:
        same = (line.part_id, line.quantity) == (movement.part_id, movement.quantity)
        if not same or came is not PlaceKind.SUPPLIER or left not in BOUNDED:
            yield f"parts: return line {line.id}: movement {movement.id} is not what went back"

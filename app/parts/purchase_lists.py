"""Purchase orders as lists and pages show them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.parts import buying, purchasing, receipts
from app.parts.buying_models import (
    GoodsReceipt,
    IncomingReservation,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    Supplier,
)
from app.parts.models import Movement, Part, Place
from app.parts.places import label_of as place_label
from app.parts.purchase_states import ORDER_LABELS, ORDER_TONES, OrderState, state_of
from app.robots.slot_models import Component
from app.stores import desk
from app.web.paging import Page, decode, encode

PAGE = 50


class Show(StrEnum):
    """Which orders a list shows."""

    OPEN = "open"
    DRAFTS = "drafts"
    LATE = "late"
    ALL = "all"


SHOW_LABELS: dict[Show, Text] = {
    Show.OPEN: msg("Open"),
    Show.DRAFTS: msg("Drafts"),
    Show.LATE: msg("Late"),
    Show.ALL: msg("All"),
}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a list."""

    order: PurchaseOrder
    supplier: Supplier
    state: OrderState
    lines: int
    ordered: int
    accepted: int
    total: Money
    is_late: bool

    @property
    def label(self) -> str:
        return purchasing.label(self.order)

    @property
    def state_label(self) -> Text:
        return ORDER_LABELS[self.state]

    @property
    def tone(self) -> str:
        return ORDER_TONES[self.state]


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its part, and for whom awaited pieces are kept."""

    line: PurchaseLine
    part: Part
    kept: tuple[IncomingReservation, ...]
    currency: str

    @property
    def awaited(self) -> int:
        return 0 if self.line.closed_at else self.line.quantity - self.line.accepted

    @property
    def price(self) -> Money:
        return Money(self.line.price_minor, self.currency)

    @property
    def amount(self) -> Money:
        return self.price * self.line.quantity


@dataclass(frozen=True, slots=True)
class Came:
    """Part of a delivery: so many of a line, in one condition."""

    row: ReceiptLine
    line: PurchaseLine
    part: Part
    component: Component | None
    place: Text
    currency: str
    is_undone: bool = False

    @property
    def price(self) -> Money:
        return Money(self.row.price_minor, self.currency)

    @property
    def difference(self) -> Money:
        """What one piece cost more, or less, than was ordered."""
        return Money(self.row.price_minor - self.line.price_minor, self.currency)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    receipt: GoodsReceipt
    rows: tuple[Came, ...]

    @property
    def label(self) -> str:
        return receipts.label(self.receipt)


@dataclass(frozen=True, slots=True)
class OrderView:
    """All that the page of one order shows."""

    order: PurchaseOrder
    supplier: Supplier
    state: OrderState
    lines: tuple[LineView, ...]
    receipts: tuple[ReceiptView, ...]
    total: Money
    is_late: bool

    @property
    def label(self) -> str:
        return purchasing.label(self.order)

    @property
    def state_label(self) -> Text:
        return ORDER_LABELS[self.state]

    @property
    def tone(self) -> str:
        return ORDER_TONES[self.state]

    @property
    def differences(self) -> Money:
        """What all deliveries cost more than was ordered; less than nothing when they cost less."""
        minor = sum(
            came.difference.minor * came.row.quantity
            for view in self.receipts
            for came in view.rows
            if not came.row.rejected_for and not came.is_undone
        )
        return Money(minor, self.order.currency)


def orders(
    session: Session, actor: Actor, show: Show, *, cursor: str | None = None
) -> Page[OrderRow]:
    """The store's orders, the newest first; one statement for rows and sums."""
    actor.require("stock.view")
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    query = (
        select(
            PurchaseOrder,
            Supplier,
            _of_lines(func.count(PurchaseLine.id)),
            _of_lines(func.sum(PurchaseLine.quantity)),
            _of_lines(func.sum(PurchaseLine.accepted)),
            _of_lines(func.sum(PurchaseLine.quantity * PurchaseLine.price_minor)),
            _of_lines(func.sum(case((_TOUCHED, 1), else_=0))),
        )
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.store_id == actor.store_id, *_shown(show, today))
        .order_by(PurchaseOrder.number.desc())
        .limit(PAGE + 1)
    )
    if cursor:
        query = query.where(PurchaseOrder.number < decode(cursor, int)[0])
    found = [
        OrderRow(
            order=order,
            supplier=supplier,
            state=_state(order, is_touched=bool(touched)),
            lines=lines,
            ordered=ordered,
            accepted=accepted,
            total=Money(int(total), order.currency),
            is_late=_is_late(order, today),
        )
        for order, supplier, lines, ordered, accepted, total, touched in session.execute(query)
    ]
    more = len(found) > PAGE
    return Page(found[:PAGE], encode(found[PAGE - 1].order.number) if more else None)


def order_page(session: Session, order: PurchaseOrder) -> OrderView:
    """One order with its lines and deliveries; six statements, whatever its length."""
    lines = purchasing.lines_of(session, order)
    parts = receipts.parts_of(session, lines)
    kept: dict[int, list[IncomingReservation]] = defaultdict(list)
    for reservation in buying.kept_of(session, [line.id for line in lines]):
        kept[reservation.line_id].append(reservation)
    views = tuple(
        LineView(line, parts[line.part_id], tuple(kept[line.id]), order.currency) for line in lines
    )
    return OrderView(
        order=order,
        supplier=session.get_one(Supplier, order.supplier_id),
        state=state_of(order, lines),
        lines=views,
        receipts=_receipts(session, order, lines, parts),
        total=Money(sum(view.amount.minor for view in views), order.currency),
        is_late=_is_late(order, desk.business_day_of(desk.store_of(session, order.store_id))),
    )


def _receipts(
    session: Session,
    order: PurchaseOrder,
    lines: Sequence[PurchaseLine],
    parts: dict[int, Part],
) -> tuple[ReceiptView, ...]:
    by_id = {line.id: line for line in lines}
    rows: dict[int, list[Came]] = defaultdict(list)
    opposite = aliased(Movement)
    found = session.execute(
        select(ReceiptLine, Component, Place, opposite.id)
        .join(Movement, Movement.id == ReceiptLine.movement_id)
        .join(Place, Place.id == Movement.to_place_id)
        .outerjoin(opposite, opposite.reverses_id == ReceiptLine.movement_id)
        .outerjoin(Component, Component.id == ReceiptLine.component_id)
        .where(ReceiptLine.line_id.in_(list(by_id)))
        .order_by(ReceiptLine.id)
    )
    for row, component, place, undone in found:
        line = by_id[row.line_id]
        came = Came(
            row,
            line,
            parts[line.part_id],
            component,
            place_label(place),
            order.currency,
            is_undone=undone is not None,
        )
        rows[row.receipt_id].append(came)
    return tuple(
        ReceiptView(receipt, tuple(rows[receipt.id]))
        for receipt in receipts.receipts_of(session, order)
    )


_TOUCHED = (
    (PurchaseLine.accepted > 0) | (PurchaseLine.rejected > 0) | PurchaseLine.closed_at.is_not(None)
)


def _of_lines(what: Any) -> Any:
    return (
        select(func.coalesce(what, 0))
        .where(PurchaseLine.order_id == PurchaseOrder.id)
        .correlate(PurchaseOrder)
        .scalar_subquery()
    )


def _shown(show: Show, today: date) -> list[ColumnElement[bool]]:
    is_open = PurchaseOrder.closed_at.is_(None)
    match show:
        case Show.OPEN:
            return [is_open]
        case Show.DRAFTS:
            return [is_open, PurchaseOrder.sent_at.is_(None)]
        case Show.LATE:
            return [is_open, PurchaseOrder.expected_on < today]
    return []


def _state(order: PurchaseOrder, *, is_touched: bool) -> OrderState:
    """As `state_of` says, from the sums of a list."""
    state = state_of(order, ())
    return OrderState.PARTLY if state is OrderState.SENT and is_touched else state


def _is_late(order: PurchaseOrder, today: date) -> bool:
    return order.closed_at is None and order.expected_on is not None and order.expected_on < today

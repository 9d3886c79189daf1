"""Purchase orders as JSON: list, draw up, send, receive."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound, StoreError
from app.kernel.money import Money
from app.kernel.quantity import MOST
from app.parts import catalogue, purchase_lists, purchasing, receipts, suppliers
from app.parts.buying_models import PurchaseOrder, Supplier
from app.parts.deliveries import MOST_PIECES, Delivery, Piece
from app.parts.models import Part
from app.parts.purchase_lists import OrderRow, OrderView, Show
from app.parts.purchase_states import OrderState
from app.parts.purchasing import SAME
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, Number, PageOut, PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1/purchase-orders", tags=["purchase orders"])

_Pieces = Annotated[int, Field(ge=1, le=MOST)]
_Day = Annotated[date | None, Field(strict=False)]
_Text = Annotated[str, Field(max_length=500)]
_Rate = Annotated[
    Decimal | None,
    Field(
        strict=False,
        gt=0,
        max_digits=12,
        decimal_places=6,
        description="What one of the order's currency costs in the store's; needed if they differ.",
    ),
]


class LineIn(Sent):
    """A part by any of its numbers; without `price` the supplier's list says it."""

    part: Words
    quantity: _Pieces
    price: PriceIn | None = None


class OrderIn(Sent):
    """An order to a supplier, by name. It stays a draft until it is sent."""

    supplier: Words
    lines: Annotated[list[LineIn], Field(max_length=purchasing.MOST_LINES)] = []
    note: _Text = ""


class SendIn(Sent):
    """Without a day it is expected after the supplier's lead time."""

    expected_on: _Day = None
    rate: _Rate = None


class PieceIn(Sent):
    """What came of one line, named by its position: pieces, one serial, or pieces of a lot.

    `rejected_for` says why they are not taken; `price` of one piece where the delivery note's
    differs from the order's.
    """

    line: Annotated[int, Field(ge=1, le=2**31 - 1)]
    quantity: _Pieces = 1
    serial: Words = ""
    lot: Words = ""
    rejected_for: Words = ""
    price: PriceIn | None = None


class DeliveryIn(Sent):
    """A delivery, all of it or nothing. `more_than_ordered` confirms a surplus."""

    items: Annotated[list[PieceIn], Field(min_length=1, max_length=MOST_PIECES)]
    note_number: Annotated[str, Field(max_length=64)] = ""
    more_than_ordered: bool = False


class OrderLineOut(BaseModel):
    """`awaited` is what may still come."""

    line: int
    part: str
    name: str
    supplier_number: str
    quantity: int
    accepted: int
    rejected: int
    awaited: int
    price: MoneyOut
    why: str


class CameOut(BaseModel):
    line: int
    part: str
    quantity: int
    serial: str
    lot: str
    rejected_for: str
    price: MoneyOut


class ReceiptOut(BaseModel):
    number: str
    at: datetime
    by: str
    note_number: str
    items: list[CameOut]


class OrderSummaryOut(BaseModel):
    number: int
    supplier: str
    state: OrderState
    ordered: int
    accepted: int
    total: MoneyOut
    expected_on: date | None


class OrderOut(BaseModel):
    number: int
    supplier: str
    state: OrderState
    note: str
    made_at: datetime
    sent_at: datetime | None
    expected_on: date | None
    total: MoneyOut
    lines: list[OrderLineOut]
    receipts: list[ReceiptOut]


@router.get("", responses=refusals())
def list_purchase_orders(
    session: ReadSession,
    actor: ApiReading,
    show: Annotated[Show, Query(description="Which orders.")] = Show.ALL,
    cursor: Cursor = "",
) -> PageOut[OrderSummaryOut]:
    """The newest first, 50 a page."""
    page = purchase_lists.orders(session, actor, show, cursor=cursor or None)
    return PageOut(items=[_summary(row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def draft_purchase_order(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: OrderIn,
) -> OrderOut:
    """A draft with its lines, all of them or nothing."""
    supplier = _supplier(session, actor, body.supplier)
    order = purchasing.draft(session, actor, supplier, note=body.note)
    for index, line in enumerate(body.lines):
        _add_line(session, actor, order, line, index)
    return _order(session, order)


@router.get("/{number}", responses=refusals(404))
def show_purchase_order(session: ReadSession, actor: ApiReading, number: Number) -> OrderOut:
    actor.require("stock.view")
    return _order(session, purchasing.by_number(session, actor, number))


@router.post("/{number}/send", responses=refusals_of_writing(404))
@once
def send_purchase_order(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: SendIn,
) -> OrderOut:
    """It goes to the supplier as it stands, and its lines never change again."""
    order = purchasing.by_number(session, actor, number)
    purchasing.send(
        session,
        actor,
        order,
        expected_on=body.expected_on,
        rate_micro=None if body.rate is None else int(body.rate * SAME),
    )
    return _order(session, order)


@router.post("/{number}/receive", status_code=201, responses=refusals_of_writing(404))
@once
def receive_delivery(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    body: DeliveryIn,
) -> OrderOut:
    """Book a delivery; the answer is the order with all that has come of it."""
    order = purchasing.by_number(session, actor, number)
    pieces = tuple(_piece(item) for item in body.items)
    receipts.book(
        session,
        actor,
        order,
        Delivery(pieces, body.note_number, confirmed=body.more_than_ordered),
    )
    return _order(session, order)


def _add_line(
    session: Session, actor: Actor, order: PurchaseOrder, line: LineIn, index: int
) -> None:
    field = f"lines.{index}"
    part = _part(session, actor, line.part, field=f"{field}.part")
    try:
        purchasing.add_line(
            session,
            actor,
            order,
            part,
            quantity=line.quantity,
            price=line.price.money() if line.price else None,
        )
    except StoreError as refusal:
        refusal.field = f"{field}.{refusal.field}" if refusal.field else field
        raise


def _supplier(session: Session, actor: Actor, name: str) -> Supplier:
    try:
        return suppliers.by_name(session, actor, name)
    except NotFound as missing:
        raise Invalid(missing.message, problems={"supplier": missing.message}) from missing


def _part(session: Session, actor: Actor, number: str, *, field: str) -> Part:
    try:
        return catalogue.by_number(session, actor, number)
    except NotFound as missing:
        raise Invalid(missing.message, problems={field: missing.message}) from missing


def _piece(item: PieceIn) -> Piece:
    price: Money | None = item.price.money() if item.price else None
    return Piece(item.line, item.quantity, item.serial, item.lot, item.rejected_for, price)


def _summary(row: OrderRow) -> OrderSummaryOut:
    return OrderSummaryOut(
        number=row.order.number,
        supplier=row.supplier.name,
        state=row.state,
        ordered=row.ordered,
        accepted=row.accepted,
        total=MoneyOut.of(row.total),
        expected_on=row.order.expected_on,
    )


def _order(session: Session, order: PurchaseOrder) -> OrderOut:
    view = purchase_lists.order_page(session, order)
    return OrderOut(
        number=order.number,
        supplier=view.supplier.name,
        state=view.state,
        note=order.note,
        made_at=order.made_at,
        sent_at=order.sent_at,
        expected_on=order.expected_on,
        total=MoneyOut.of(view.total),
        lines=_lines(view),
        receipts=_receipts(view),
    )


def _lines(view: OrderView) -> list[OrderLineOut]:
    return [
        OrderLineOut(
            line=row.line.position,
            part=row.part.number,
            name=row.part.name,
            supplier_number=row.line.supplier_number,
            quantity=row.line.quantity,
            accepted=row.line.accepted,
            rejected=row.line.rejected,
            awaited=row.awaited,
            price=MoneyOut.of(row.price),
            why=row.line.why,
        )
        for row in view.lines
    ]


def _receipts(view: OrderView) -> list[ReceiptOut]:
    return [
        ReceiptOut(
            number=each.label,
            at=each.receipt.at,
            by=each.receipt.by,
            note_number=each.receipt.note_number,
            items=[
                CameOut(
                    line=came.line.position,
                    part=came.part.number,
                    quantity=came.row.quantity,
                    serial=came.component.serial if came.component else "",
                    lot=came.row.lot,
                    rejected_for=came.row.rejected_for,
                    price=MoneyOut.of(came.price),
                )
                for came in each.rows
            ],
        )
        for each in view.receipts
    ]

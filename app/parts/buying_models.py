"""Buying: suppliers and prices, what is wanted, ordered, came, and goes back."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText, Minor
from app.robots.models import SERIAL_KEY

_IS_OPEN = text("ended_at IS NULL")
_IS_AWAITED = text("closed_at IS NULL")
_HAS_SCAN_ID = text("scan_id <> ''")


class Supplier(Base):
    __tablename__ = "suppliers"
    __table_args__ = (
        UniqueConstraint("store_id", "name_key"),
        CheckConstraint("length(name_key) > 0", name="name_not_empty"),
        CheckConstraint("lead_days BETWEEN 0 AND 1000", name="lead_days_known"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    lead_days: Mapped[int] = mapped_column(Integer, default=0)
    # In which the orders to it are written.
    language: Mapped[str] = mapped_column(String(8), default="en")
    account: Mapped[str] = mapped_column(String(64), default="")
    contact: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address: Mapped[LongText] = mapped_column(default="")
    # Days within which it takes goods back; 0: not agreed.
    return_days: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[LongText] = mapped_column(default="")
    archived: Mapped[bool] = mapped_column(Boolean, default=False)


class SupplierPrice(Base):
    """What one piece costs at a supplier from `minimum` pieces on, as of a day."""

    __tablename__ = "supplier_prices"
    __table_args__ = (
        UniqueConstraint("supplier_id", "part_id", "minimum", "valid_from"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("minimum >= 1 AND pack >= 1", name="at_least_one"),
        Index("ix_supplier_prices_part", "part_id", "supplier_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    # As the supplier calls the part.
    number: Mapped[str] = mapped_column(String(64), default="")
    price_minor: Mapped[Minor]
    minimum: Mapped[int] = mapped_column(Integer, default=1)
    # Only whole packs of so many pieces are delivered.
    pack: Mapped[int] = mapped_column(Integer, default=1)
    valid_from: Mapped[date]


class DemandOutcome(StrEnum):
    ORDERED = "ordered"
    WITHDRAWN = "withdrawn"


class Demand(Base):
    """Pieces that somebody lacks: `ticket:T-1001`, or the bench that took the last one."""

    __tablename__ = "demands"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ends_with_outcome"),
        Index(
            "uq_demands_open",
            *("store_id", "owner", "part_id"),
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index(
            "ix_demands_part",
            *("store_id", "part_id"),
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    owner: Mapped[str] = mapped_column(String(64))
    why: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    # The shelf's figure was wrong, so what it says is no reason not to order.
    last_one: Mapped[bool] = mapped_column(Boolean, default=False)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[DemandOutcome | None] = mapped_column(default=None)


class PurchaseOrder(Base):
    """An order to a supplier; its state derives from these times and its lines."""

    __tablename__ = "purchase_orders"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        CheckConstraint("rate_micro > 0", name="rate_positive"),
        CheckConstraint(
            "cancelled_at IS NULL OR closed_at IS NOT NULL", name="cancelled_is_closed"
        ),
        Index("ix_purchase_orders_supplier", "supplier_id", "number"),
        Index("ix_purchase_orders_open", "store_id", "closed_at", "number"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    currency: Mapped[str] = mapped_column(String(3))
    # Millionths of the store's currency for one of the supplier's.
    rate_micro: Mapped[int] = mapped_column(BigInteger, default=1_000_000)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    note: Mapped[LongText] = mapped_column(default="")
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    sent_by: Mapped[str] = mapped_column(default="")
    expected_on: Mapped[date | None] = mapped_column(default=None)
    # Nothing more is awaited: all came, the rest was closed, or it was cancelled.
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_by: Mapped[str] = mapped_column(default="")
    cancel_reason: Mapped[str] = mapped_column(default="")


class PurchaseLine(Base):
    """So many of one part; `closed_at` is set when no more of it is awaited."""

    __tablename__ = "purchase_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        UniqueConstraint("order_id", "part_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("accepted >= 0 AND rejected >= 0", name="came_not_negative"),
        CheckConstraint("closed_at IS NOT NULL OR accepted < quantity", name="full_is_closed"),
        Index(
            "ix_purchase_lines_awaited",
            "part_id",
            sqlite_where=_IS_AWAITED,
            postgresql_where=_IS_AWAITED,
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase_orders.id"))
    position: Mapped[int] = mapped_column(Integer)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    price_minor: Mapped[Minor]
    supplier_number: Mapped[str] = mapped_column(String(64), default="")
    why: Mapped[LongText] = mapped_column(default="")
    accepted: Mapped[int] = mapped_column(Integer, default=0)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class IncomingReservation(Base):
    """Awaited pieces of a line, promised to an owner; becomes a reservation when they come."""

    __tablename__ = "incoming_reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(
            "ix_incoming_reservations_line",
            "line_id",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_incoming_reservations_owner", "store_id", "owner"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("purchase_lines.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    owner: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str]
    made_at: Mapped[datetime]
    # Opened again when the line is cancelled: the owner still lacks the part.
    demand_id: Mapped[int | None] = mapped_column(ForeignKey("demands.id"), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class ReceivingScan(Base):
    """One scan of a delivery that is being unpacked; gone once it is booked."""

    __tablename__ = "receiving_scans"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("serial_key = '' OR quantity = 1", name="serial_is_one_piece"),
        Index("ix_receiving_scans_order", "order_id", "id"),
        Index(
            "uq_receiving_scans_scan",
            *("order_id", "scan_id"),
            unique=True,
            sqlite_where=_HAS_SCAN_ID,
            postgresql_where=_HAS_SCAN_ID,
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase_orders.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("purchase_lines.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    serial: Mapped[str] = mapped_column(String(100), default="")
    serial_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    lot: Mapped[str] = mapped_column(String(100), default="")
    # Why it is not taken; empty: accepted.
    rejected_for: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[str]
    scan_id: Mapped[str] = mapped_column(String(128), default="")


class GoodsReceipt(Base):
    """One delivery as it was booked; never changed."""

    __tablename__ = "goods_receipts"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_goods_receipts_order", "order_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase_orders.id"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    by: Mapped[str]
    note_number: Mapped[str] = mapped_column(String(64), default="")


class ReceiptLine(Base):
    """What came of one line in one condition, and the movement that it made; never changed."""

    __tablename__ = "receipt_lines"
    __table_args__ = (
        UniqueConstraint("movement_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        Index("ix_receipt_lines_receipt", "receipt_id", "id"),
        Index("ix_receipt_lines_line", "line_id", "id"),
        Index("ix_receipt_lines_component", "component_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("goods_receipts.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("purchase_lines.id"))
    movement_id: Mapped[int] = mapped_column(ForeignKey("movements.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    # For one piece, as the delivery note says; differs from the order's where prices did.
    price_minor: Mapped[Minor]
    rejected_for: Mapped[str] = mapped_column(default="")
    lot: Mapped[str] = mapped_column(String(100), default="")
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)


class SupplierReturn(Base):
    """Goods that go back to a supplier, and the credit that is expected for them."""

    __tablename__ = "supplier_returns"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        CheckConstraint("expected_minor >= 0", name="expected_not_negative"),
        CheckConstraint(
            "credited_minor IS NULL OR credited_minor >= 0", name="credit_not_negative"
        ),
        CheckConstraint(
            "(credited_minor IS NULL) = (credited_at IS NULL)", name="credited_with_amount"
        ),
        Index("ix_supplier_returns_open", "store_id", "credited_at", "number"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("suppliers.id"))
    reason: Mapped[str]
    # The supplier's own number for the return, if it gave one.
    authorisation: Mapped[str] = mapped_column(String(64), default="")
    due_on: Mapped[date | None] = mapped_column(default=None)
    currency: Mapped[str] = mapped_column(String(3))
    expected_minor: Mapped[Minor]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    credited_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    credited_at: Mapped[datetime | None] = mapped_column(default=None)
    credited_by: Mapped[str] = mapped_column(default="")


class SupplierReturnLine(Base):
    """What went, and the movement that took it away; never changed."""

    __tablename__ = "supplier_return_lines"
    __table_args__ = (
        UniqueConstraint("movement_id"),
        UniqueConstraint("return_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    return_id: Mapped[int] = mapped_column(ForeignKey("supplier_returns.id"))
    position: Mapped[int] = mapped_column(Integer)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    movement_id: Mapped[int] = mapped_column(ForeignKey("movements.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    lot: Mapped[str] = mapped_column(String(100), default="")
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)


class CoreReturn(Base):
    """An old part out of a robot that belongs to its maker, and has to be back there by a day."""

    __tablename__ = "core_returns"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_core_returns_due", "store_id", "ended_at", "due_on", "id"),
        Index("ix_core_returns_owner", "store_id", "owner"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    lot: Mapped[str] = mapped_column(String(100), default="")
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    owner: Mapped[str] = mapped_column(String(64))
    arose_at: Mapped[datetime]
    due_on: Mapped[date]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    # Why it need not go back; empty when it went, or is still here.
    waived_for: Mapped[str] = mapped_column(default="")
    return_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_returns.id"), default=None)

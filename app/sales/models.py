"""What is sold, to whom, and how it left the house."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.customers.models import Customer
from app.kernel.db import Base, Key, LongText, Minor
from app.kernel.tax import PriceMode, TaxCategory
from app.payments.treatments import Treatment
from app.robots.models import Unit

if TYPE_CHECKING:
    from app.sales.return_models import Exchange


class ProductKind(StrEnum):
    ROBOT = "robot"
    ITEM = "item"
    PLAN = "plan"
    SERVICE = "service"
    BUNDLE = "bundle"
    # money for later: sold for an amount of the buyer's choice
    GIFT_CARD = "gift_card"


class Category(StrEnum):
    """The counter's tabs."""

    ROBOTS = "robots"
    ACCESSORIES = "accessories"
    PLANS = "plans"
    PARTS = "parts"
    SERVICES = "services"


class Product(Base):
    """Something with a price: a robot model, a counted item, a plan, a service, a bundle."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("store_id", "code_key"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("(kind = 'robot') = (model_id IS NOT NULL)", name="robot_has_model"),
        CheckConstraint("(kind = 'item') = (part_id IS NOT NULL)", name="item_has_part"),
        Index("ix_products_category", "store_id", "category", "position", "id"),
        Index("ix_products_part", "part_id"),
        Index(
            "uq_products_model",
            "store_id",
            "model_id",
            unique=True,
            sqlite_where=text("model_id IS NOT NULL AND NOT archived"),
            postgresql_where=text("model_id IS NOT NULL AND NOT archived"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    code: Mapped[str] = mapped_column(String(64))
    code_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    name_key: Mapped[str]
    kind: Mapped[ProductKind]
    category: Mapped[Category]
    price_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    tax_code: Mapped[str] = mapped_column(String(16))
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    part_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"), default=None)
    plan_months: Mapped[int | None] = mapped_column(Integer, default=None)
    # how many visits a plan pays for; None: as many as it takes
    plan_visits: Mapped[int | None] = mapped_column(Integer, default=None)
    position: Mapped[int] = mapped_column(Integer, default=100)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)


class BundleItem(Base):
    """What a bundle contains; its price is spread over these by their own prices."""

    __tablename__ = "bundle_items"
    __table_args__ = (
        UniqueConstraint("bundle_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("bundle_id <> product_id", name="not_in_itself"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    bundle_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int] = mapped_column(Integer, default=1)


class Order(Base):
    """A basket from its first line on.

    What it has become (part paid, paid, handed over, closed)
    is not stored: journal and handover say it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_orders_newest", "store_id", "id"),
        Index("ix_orders_settled", "store_id", "settled_at"),
        Index("ix_orders_customer", "customer_id", "id"),
        Index("ix_orders_till", "till_id", "settled_at", "cancelled_at", "parked_at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    # None: made through the API, at no till
    till_id: Mapped[int | None] = mapped_column(ForeignKey("tills.id"), default=None)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), default=None)
    currency: Mapped[str] = mapped_column(String(3))
    price_mode: Mapped[PriceMode]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    parked_at: Mapped[datetime | None] = mapped_column(default=None)
    park_label: Mapped[str] = mapped_column(default="")
    # the first tender; once money is taken or under way, lines and prices no longer change
    placed_at: Mapped[datetime | None] = mapped_column(default=None)
    # set with the last payment, in its transaction; `quatrefoil check` proves it by the journal
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    cancel_reason: Mapped[str] = mapped_column(default="")
    # by rule while nobody gave a reason for another one
    tax_treatment: Mapped[Treatment] = mapped_column(default=Treatment.HOME)
    tax_reason: Mapped[str] = mapped_column(default="")
    tax_by: Mapped[str] = mapped_column(default="")
    # counted changes of baskets, was never asked for, and waits for a migration to drop it
    version: Mapped[int] = mapped_column(Integer, default=1)

    lines: Mapped[list["OrderLine"]] = relationship(
        init=False, lazy="raise", order_by="OrderLine.position"
    )
    customer: Mapped[Customer | None] = relationship(init=False, lazy="raise", viewonly=True)
    # another sale whose value may pay for this one
    exchange: Mapped["Exchange | None"] = relationship(
        init=False,
        lazy="raise",
        viewonly=True,
        primaryjoin="Order.id == Exchange.to_order_id",
        foreign_keys="Exchange.to_order_id",
    )


class OrderLine(Base):
    """One thing sold. A serialised line has quantity 1 and names its unit."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_id IS NULL OR quantity = 1", name="serialised_is_one"),
        CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
        CheckConstraint(
            "discount_minor >= 0 AND discount_minor <= unit_price_minor * quantity",
            name="discount_within_price",
        ),
        CheckConstraint(
            "tax_category IN ('standard', 'margin') OR tax_rate_bp = 0",
            name="only_taxed_has_a_rate",
        ),
        CheckConstraint(
            "(tax_category = 'margin') = (margin_cost_minor IS NOT NULL)", name="margin_has_a_cost"
        ),
        Index(
            "uq_order_lines_unit_once",
            "order_id",
            "unit_id",
            unique=True,
            sqlite_where=text("unit_id IS NOT NULL"),
            postgresql_where=text("unit_id IS NOT NULL"),
        ),
        Index("ix_order_lines_unit", "unit_id"),
        Index(
            "ix_order_lines_gift_card",
            "gift_card_id",
            sqlite_where=text("gift_card_id IS NOT NULL"),
            postgresql_where=text("gift_card_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int] = mapped_column(Integer)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    # the bundle line that this one came with
    bundle_code: Mapped[str] = mapped_column(String(64), default="")
    # the robot that a plan or accessory belongs to
    for_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    description: Mapped[str]
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    unit_price_minor: Mapped[Minor]
    discount_minor: Mapped[Minor] = mapped_column(default=0)
    discount_reason: Mapped[str] = mapped_column(default="")
    discount_by: Mapped[str] = mapped_column(default="")
    tax_code: Mapped[str] = mapped_column(String(16))
    # zero where the category charges none; of a margin line the rate of the tax in the difference
    tax_rate_bp: Mapped[int] = mapped_column(Integer)
    tax_category: Mapped[TaxCategory] = mapped_column(default=TaxCategory.STANDARD)
    # what the store gave for what it sells by the margin scheme
    margin_cost_minor: Mapped[Minor | None] = mapped_column(default=None)
    # price and discount with the tax that they include, while the customer pays none
    taxed_price_minor: Mapped[Minor | None] = mapped_column(default=None)
    taxed_discount_minor: Mapped[Minor | None] = mapped_column(default=None)
    # the card that this line loads; of a new one from its payment on
    gift_card_id: Mapped[int | None] = mapped_column(ForeignKey("gift_cards.id"), default=None)

    product: Mapped[Product] = relationship(init=False, lazy="raise", viewonly=True)
    unit: Mapped[Unit | None] = relationship(
        init=False, lazy="raise", viewonly=True, foreign_keys=[unit_id]
    )

    @property
    def amount_minor(self) -> int:
        return self.unit_price_minor * self.quantity - self.discount_minor


class UnitSale(Base):
    """That a unit was sold in an order; at most one sale of a unit is active."""

    __tablename__ = "unit_sales"
    __table_args__ = (
        Index(
            "uq_unit_sales_active",
            "unit_id",
            unique=True,
            sqlite_where=text("returned_at IS NULL"),
            postgresql_where=text("returned_at IS NULL"),
        ),
        Index("ix_unit_sales_order", "order_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    sold_at: Mapped[datetime]
    returned_at: Mapped[datetime | None] = mapped_column(default=None)


class Scan(Base):
    """A scan that was answered: the same client id again changes nothing."""

    __tablename__ = "scans"
    __table_args__ = (UniqueConstraint("order_id", "scan_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    scan_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Checklist(Base):
    """What is looked at before delivery (`pdi`), at the handover or of a robot given in trade
    (`trade_in`), per model; None: all models.

    Versions are never changed: results point at the one they answered. `items` is a JSON list of
    `{"key", "text", "required"}`.
    """

    __tablename__ = "checklists"
    __table_args__ = (
        Index("ix_checklists_model", "store_id", "purpose", "model_id", "version"),
        CheckConstraint("purpose IN ('pdi', 'handover', 'trade_in')", name="purpose_known"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    version: Mapped[int] = mapped_column(Integer)
    items: Mapped[LongText]
    made_at: Mapped[datetime]


class Inspection(Base):
    """A pre-delivery inspection that was done. Append-only; the newest one counts."""

    __tablename__ = "inspections"
    __table_args__ = (Index("ix_inspections_unit", "unit_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklists.id"))
    # JSON: key -> {"result": "ok" | "fail" | "na", "note"}
    answers: Mapped[LongText]
    passed: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime]
    by: Mapped[str]


class Handover(Base):
    """The protocol by which a sold order's units went to the customer. Append-only."""

    __tablename__ = "handovers"
    __table_args__ = (UniqueConstraint("order_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklists.id"))
    answers: Mapped[LongText]
    signer: Mapped[str]
    # PNG, re-encoded; empty when the signer typed the name instead of drawing it
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    by: Mapped[str]
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))

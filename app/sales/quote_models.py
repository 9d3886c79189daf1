"""Quotes in versions, what may be chosen of a model, deposits that are asked, and who waits."""

from datetime import date, datetime

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
from app.robots.models import Unit
from app.sales.models import Product


class OptionGroup(Base):
    """What is chosen of a model at one place of its body: which hands, how many batteries."""

    __tablename__ = "option_groups"
    __table_args__ = (
        UniqueConstraint("store_id", "model_id", "name"),
        CheckConstraint("least >= 0 AND most >= 1 AND least <= most", name="least_within_most"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    name: Mapped[str] = mapped_column(String(120))
    # the slot's path in the body plan; empty: no place of the body
    slot_path: Mapped[str] = mapped_column(String(160), default="")
    # how many pieces are chosen in all
    least: Mapped[int] = mapped_column(Integer, default=0)
    most: Mapped[int] = mapped_column(Integer, default=1)

    choices: Mapped[list["OptionChoice"]] = relationship(
        init=False, lazy="raise", order_by="OptionChoice.id", viewonly=True
    )


class OptionChoice(Base):
    """One of them. Without a product it is what the robot comes with, and costs nothing."""

    __tablename__ = "option_choices"
    __table_args__ = (UniqueConstraint("group_id", "name"),)

    id: Mapped[Key] = mapped_column(init=False)
    group_id: Mapped[int] = mapped_column(ForeignKey("option_groups.id"))
    name: Mapped[str] = mapped_column(String(120))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), default=None)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)

    product: Mapped[Product | None] = relationship(init=False, lazy="raise", viewonly=True)


class OptionExclusion(Base):
    """Two choices that do not go together; the lower id stands first."""

    __tablename__ = "option_exclusions"
    __table_args__ = (
        UniqueConstraint("choice_id", "other_id"),
        CheckConstraint("choice_id < other_id", name="lower_first"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    choice_id: Mapped[int] = mapped_column(ForeignKey("option_choices.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("option_choices.id"))


class Quote(Base):
    """What a customer was offered; its versions say what exactly, its order what came of it."""

    __tablename__ = "quotes"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("order_id"),
        CheckConstraint("order_id IS NULL OR withdrawn_at IS NULL", name="accepted_or_withdrawn"),
        Index("ix_quotes_newest", "store_id", "id"),
        Index("ix_quotes_customer", "customer_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    currency: Mapped[str] = mapped_column(String(3))
    price_mode: Mapped[PriceMode]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")
    withdraw_reason: Mapped[str] = mapped_column(default="")
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), default=None)

    customer: Mapped[Customer] = relationship(init=False, lazy="raise", viewonly=True)
    versions: Mapped[list["QuoteVersion"]] = relationship(
        init=False, lazy="raise", order_by="QuoteVersion.version", viewonly=True
    )


class QuoteVersion(Base):
    """One version of a quote. Sent, it is frozen: only that it was accepted is written to it."""

    __tablename__ = "quote_versions"
    __table_args__ = (
        UniqueConstraint("quote_id", "version"),
        Index(
            "uq_quote_versions_draft",
            "quote_id",
            unique=True,
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
        Index(
            "uq_quote_versions_accepted",
            "quote_id",
            unique=True,
            sqlite_where=text("accepted_at IS NOT NULL"),
            postgresql_where=text("accepted_at IS NOT NULL"),
        ),
        CheckConstraint("deposit_minor >= 0", name="deposit_not_negative"),
        CheckConstraint("keep_bp BETWEEN 0 AND 10000", name="keep_is_a_share"),
        CheckConstraint("deposit_days BETWEEN 1 AND 365", name="deposit_days_in_a_year"),
        CheckConstraint("free_days BETWEEN 0 AND 365", name="free_days_in_a_year"),
        CheckConstraint("accepted_at IS NULL OR sent_at IS NOT NULL", name="accepted_was_sent"),
        CheckConstraint("(sent_at IS NULL) = (document_id IS NULL)", name="sent_with_its_document"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quotes.id"))
    version: Mapped[int] = mapped_column(Integer)
    # the last store day on which it can be accepted
    valid_until: Mapped[date]
    note: Mapped[LongText] = mapped_column(default="")
    # what the customer pays after accepting, within so many days; nothing: no deposit
    deposit_minor: Mapped[Minor] = mapped_column(default=0)
    deposit_days: Mapped[int] = mapped_column(Integer, default=14)
    # cancelled after so many days, the store keeps this share of the deposit
    free_days: Mapped[int] = mapped_column(Integer, default=0)
    keep_bp: Mapped[int] = mapped_column(Integer, default=0)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    sent_by: Mapped[str] = mapped_column(default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("issued_documents.id"), default=None)
    accepted_at: Mapped[datetime | None] = mapped_column(default=None)
    accepted_by: Mapped[str] = mapped_column(default="")
    # PNG, re-encoded; empty when the name was typed
    signature: Mapped[bytes] = mapped_column(LargeBinary, default=b"")

    lines: Mapped[list["QuoteLine"]] = relationship(
        init=False, lazy="raise", order_by="QuoteLine.position", cascade="all, delete-orphan"
    )


class QuoteLine(Base):
    """One thing offered, at the price of the day it was put there."""

    __tablename__ = "quote_lines"
    __table_args__ = (
        UniqueConstraint("version_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_id IS NULL OR quantity = 1", name="serialised_is_one"),
        CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
        CheckConstraint(
            "discount_minor >= 0 AND discount_minor <= unit_price_minor * quantity",
            name="discount_within_price",
        ),
        Index("ix_quote_lines_unit", "unit_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("quote_versions.id"), init=False)
    position: Mapped[int] = mapped_column(Integer)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    # the position of the robot that an option belongs to
    for_position: Mapped[int | None] = mapped_column(Integer, default=None)
    choice_id: Mapped[int | None] = mapped_column(ForeignKey("option_choices.id"), default=None)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    description: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    unit_price_minor: Mapped[Minor]
    discount_minor: Mapped[Minor] = mapped_column(default=0)
    discount_reason: Mapped[str] = mapped_column(default="")
    discount_by: Mapped[str] = mapped_column(default="")
    tax_code: Mapped[str] = mapped_column(String(16))
    tax_rate_bp: Mapped[int] = mapped_column(Integer)
    tax_category: Mapped[TaxCategory] = mapped_column(default=TaxCategory.STANDARD)

    product: Mapped[Product] = relationship(init=False, lazy="raise", viewonly=True)
    unit: Mapped[Unit | None] = relationship(init=False, lazy="raise", viewonly=True)

    @property
    def amount_minor(self) -> int:
        return self.unit_price_minor * self.quantity - self.discount_minor


class QuoteLink(Base):
    """A key that opens a quote's public page; kept hashed. At most one is in force."""

    __tablename__ = "quote_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "uq_quote_links_in_force",
            "quote_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quotes.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_by: Mapped[str] = mapped_column(default="")


class OrderDeposit(Base):
    """What a customer pays beforehand of an order, until when, and what the store keeps of it
    when the customer cancels after `free_until`.
    """

    __tablename__ = "order_deposits"
    __table_args__ = (
        UniqueConstraint("order_id"),
        CheckConstraint("asked_minor > 0", name="asked_positive"),
        CheckConstraint("keep_bp BETWEEN 0 AND 10000", name="keep_is_a_share"),
        CheckConstraint("kept_minor >= 0 AND kept_minor <= asked_minor", name="kept_within_asked"),
        CheckConstraint("ended_at IS NOT NULL OR kept_minor = 0", name="kept_at_the_end"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    asked_minor: Mapped[Minor]
    due_on: Mapped[date]
    # the last store day on which nothing is kept; None: no such day
    free_until: Mapped[date | None] = mapped_column(default=None)
    keep_bp: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    # the order is complete, or was cancelled; then what was kept
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    kept_minor: Mapped[Minor] = mapped_column(default=0)


class PreOrder(Base):
    """A robot that was ordered and is not here yet, and its place in the queue of its model.

    Its turn counts from `ready_at`: when the deposit came, or when it was ordered without one.
    """

    __tablename__ = "pre_orders"
    __table_args__ = (
        Index(
            "uq_pre_orders_line",
            "order_line_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_pre_orders_order", "order_id"),
        Index(
            "ix_pre_orders_queue",
            "store_id",
            "model_id",
            "ready_at",
            "id",
            sqlite_where=text("unit_id IS NULL AND ended_at IS NULL"),
            postgresql_where=text("unit_id IS NULL AND ended_at IS NULL"),
        ),
        Index(
            "uq_pre_orders_unit",
            "unit_id",
            unique=True,
            sqlite_where=text("unit_id IS NOT NULL AND ended_at IS NULL"),
            postgresql_where=text("unit_id IS NOT NULL AND ended_at IS NULL"),
        ),
        CheckConstraint("(unit_id IS NULL) = (allocated_at IS NULL)", name="allocated_has_a_unit"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"))
    queued_at: Mapped[datetime]
    ready_at: Mapped[datetime | None] = mapped_column(default=None)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    allocated_at: Mapped[datetime | None] = mapped_column(default=None)
    allocated_by: Mapped[str] = mapped_column(default="")
    # why somebody who was not next got it
    override_reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

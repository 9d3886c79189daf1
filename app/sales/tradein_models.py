"""Robots that customers give in trade: how they were found, what was offered, what became of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
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

# SQLite uses a partial index only for a query that says the same words, so both say these.
OPEN_SQL = "taken_at IS NULL AND ended_at IS NULL"


class Grade(StrEnum):
    """The condition of a used robot, best first."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"


class Payout(StrEnum):
    """How a customer gets what a robot is worth beyond the sale that it helps to pay."""

    TRANSFER = "transfer"
    STORE_CREDIT = "store_credit"


class TradeInRule(Base):
    """What a used robot of a grade is worth: shares of its model's price today, in basis points.

    Without a model: every model that has no rule of its own for this grade.
    """

    __tablename__ = "trade_in_rules"
    __table_args__ = (
        Index(
            "uq_trade_in_rules_model",
            "store_id",
            "model_id",
            "grade",
            unique=True,
            sqlite_where=text("model_id IS NOT NULL"),
            postgresql_where=text("model_id IS NOT NULL"),
        ),
        Index(
            "uq_trade_in_rules_every_model",
            "store_id",
            "grade",
            unique=True,
            sqlite_where=text("model_id IS NULL"),
            postgresql_where=text("model_id IS NULL"),
        ),
        CheckConstraint("start_bp BETWEEN 0 AND 10000", name="start_is_a_share"),
        CheckConstraint("month_bp BETWEEN 0 AND 10000", name="month_is_a_share"),
        CheckConstraint("hours_bp BETWEEN 0 AND 10000", name="hours_is_a_share"),
        CheckConstraint("least_bp BETWEEN 0 AND start_bp", name="least_below_start"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    grade: Mapped[Grade]
    # of a robot without age and hours
    start_bp: Mapped[int] = mapped_column(Integer)
    # what each month since it was first handed over takes off, and each thousand hours
    month_bp: Mapped[int] = mapped_column(Integer, default=0)
    hours_bp: Mapped[int] = mapped_column(Integer, default=0)
    least_bp: Mapped[int] = mapped_column(Integer, default=0)


class TradeIn(Base):
    """A customer's robot, looked over and offered a price for; what became of it. Once the robot
    was taken over it never changes: a trigger refuses it.

    `answers` as an inspection's, `marks` a JSON list of `{"slot", "kind", "note"}`. Of the offer
    `settled_minor` paid for the sale, `payout_minor` went to the customer.
    """

    __tablename__ = "trade_ins"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index(
            "uq_trade_ins_open",
            "unit_id",
            unique=True,
            sqlite_where=text(OPEN_SQL),
            postgresql_where=text(OPEN_SQL),
        ),
        Index("ix_trade_ins_newest", "store_id", "id"),
        Index("ix_trade_ins_customer", "customer_id", "id"),
        Index("ix_trade_ins_unit", "unit_id", "id"),
        Index("ix_trade_ins_order", "order_id"),
        CheckConstraint("offer_minor > 0", name="offer_positive"),
        CheckConstraint("suggested_minor >= 0", name="suggested_not_negative"),
        CheckConstraint("settled_minor >= 0 AND payout_minor >= 0", name="parts_not_negative"),
        CheckConstraint(
            "(taken_at IS NULL) = (transfer_id IS NULL) "
            "AND (taken_at IS NULL OR settled_minor + payout_minor = offer_minor)",
            name="taken_is_settled",
        ),
        CheckConstraint("taken_at IS NULL OR ended_at IS NULL", name="taken_or_ended"),
        CheckConstraint("(attempt_id IS NULL) = (settled_minor = 0)", name="settled_by_a_payment"),
        CheckConstraint("payout_minor = 0 OR payout IS NOT NULL", name="payout_has_a_way"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklists.id"))
    answers: Mapped[LongText]
    marks: Mapped[LongText]
    hours: Mapped[int | None] = mapped_column(Integer, default=None)
    months: Mapped[int] = mapped_column(Integer)
    grade: Mapped[Grade]
    inspected_at: Mapped[datetime]
    inspected_by: Mapped[str]
    suggested_minor: Mapped[Minor]
    offer_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    # why the offer is not what was suggested, and who allowed it
    offer_reason: Mapped[str] = mapped_column(default="")
    offer_by: Mapped[str]
    valid_until: Mapped[date]
    # the seller charges no tax: what margin taxation asks for
    is_tax_free: Mapped[bool] = mapped_column(Boolean)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), default=None)
    taken_at: Mapped[datetime | None] = mapped_column(default=None)
    taken_by: Mapped[str] = mapped_column(default="")
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"), default=None)
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("payment_attempts.id"), default=None)
    settled_minor: Mapped[Minor] = mapped_column(default=0)
    payout: Mapped[Payout | None] = mapped_column(default=None)
    payout_minor: Mapped[Minor] = mapped_column(default=0)
    payout_note: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str] = mapped_column(default="")
    end_reason: Mapped[str] = mapped_column(default="")


class UnitPrice(Base):
    """What one robot costs, where it is not its model's price: a used one."""

    __tablename__ = "unit_prices"
    __table_args__ = (
        UniqueConstraint("unit_id"),
        CheckConstraint("price_minor > 0", name="price_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    price_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    set_at: Mapped[datetime]
    set_by: Mapped[str]

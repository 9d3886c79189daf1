"""What came back of sales, what stands behind it, and what it was exchanged for."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, Minor


class Condition(StrEnum):
    """How goods came back. Only what is as new goes back on the shelf at once."""

    AS_NEW = "as_new"
    USED = "used"
    DAMAGED = "damaged"


class ReturnRules(Base):
    """What a salesperson of a store may give back without a manager; a store without a row goes by
    the defaults of `returnrules.py`.
    """

    __tablename__ = "return_rules"
    __table_args__ = (
        UniqueConstraint("store_id"),
        CheckConstraint("cash_minor >= 0", name="cash_not_negative"),
        CheckConstraint("total_minor >= 0", name="total_not_negative"),
        CheckConstraint("days >= 0", name="days_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    # out of the drawer, per return
    cash_minor: Mapped[Minor]
    # in all, per return
    total_minor: Mapped[Minor]
    # after the sale
    days: Mapped[int] = mapped_column(Integer)


class Return(Base):
    """Something of one sale taken back, with its credit note. Append-only.

    `entry_id` and `document_id` are None where what came back had cost nothing.
    """

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        CheckConstraint("credited_minor >= 0", name="credited_not_negative"),
        CheckConstraint("(credited_minor = 0) = (entry_id IS NULL)", name="credit_is_booked"),
        Index("ix_returns_order", "order_id", "id"),
        Index("ix_returns_day", "store_id", "at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    credited_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    # who allowed what the salesperson may not
    approved_by: Mapped[str]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entries.id"), default=None)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("issued_documents.id"), default=None)


class ReturnLine(Base):
    """What came back of one line of `sold` pieces, after the `earlier` ones. Append-only, and so
    written that no more can come back than was sold, whoever writes at once.

    `amount_minor` is in the sale's price mode. Goods have a condition, services none.
    """

    __tablename__ = "return_lines"
    __table_args__ = (
        UniqueConstraint("return_id", "order_line_id"),
        UniqueConstraint("order_line_id", "earlier"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("earlier >= 0", name="earlier_not_negative"),
        CheckConstraint("earlier + quantity <= sold", name="no_more_than_sold"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"))
    sold: Mapped[int] = mapped_column(Integer)
    earlier: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[Minor]
    condition: Mapped[Condition | None] = mapped_column(default=None)
    note: Mapped[str] = mapped_column(default="")


class Exchange(Base):
    """A sale that is paid with what the store holds from the return of another. Append-only.

    What was carried over stands in the refunds and payments of the two.
    """

    __tablename__ = "exchanges"
    __table_args__ = (
        UniqueConstraint("to_order_id"),
        CheckConstraint("from_order_id <> to_order_id", name="between_two_sales"),
        Index("ix_exchanges_from", "from_order_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    from_order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    to_order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    at: Mapped[datetime]
    by: Mapped[str]

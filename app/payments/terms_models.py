"""Customers on account, and what was written to those who do not pay."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, Minor


class CreditAccount(Base):
    """A company that may owe us up to a limit, each bill for so many days."""

    __tablename__ = "credit_accounts"
    __table_args__ = (
        UniqueConstraint("customer_id"),
        CheckConstraint("limit_minor >= 0", name="limit_not_negative"),
        CheckConstraint("term_days BETWEEN 1 AND 90", name="days_in_bounds"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    # nothing: no more on account
    limit_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    term_days: Mapped[int] = mapped_column(Integer)
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class DunningNotice(Base):
    """A reminder of one bill that was issued; each level once, in order. Append-only."""

    __tablename__ = "dunning_notices"
    __table_args__ = (
        UniqueConstraint("bill_id", "level"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level_known"),
        CheckConstraint("open_minor > 0", name="something_is_open"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    level: Mapped[int] = mapped_column(Integer)
    open_minor: Mapped[Minor]
    # to be paid by
    due_on: Mapped[date]
    issued_on: Mapped[date]
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))
    at: Mapped[datetime]
    by: Mapped[str]

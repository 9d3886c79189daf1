"""What the store owes customers as credit."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, Minor


class CreditCause(StrEnum):
    """Why a customer's credit moved."""

    # by a return, a trade-in, or a refund of what credit had paid for
    EARNED = "earned"
    GOODWILL = "goodwill"
    SPENT = "spent"
    EXPIRED = "expired"


class CreditMove(Base):
    """Credit that a customer got (positive) or used (negative), counted from 1. Append-only.

    Each row says what is left after it: below nothing the database refuses, and of two at the same
    moment the second has no number.
    """

    __tablename__ = "credit_moves"
    __table_args__ = (
        UniqueConstraint("customer_id", "number"),
        UniqueConstraint("attempt_id"),
        UniqueConstraint("refund_id"),
        CheckConstraint("amount_minor <> 0", name="moves_something"),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint("(cause = 'spent') = (attempt_id IS NOT NULL)", name="used_by_a_payment"),
        CheckConstraint(
            "(amount_minor < 0) = (cause IN ('spent', 'expired'))", name="cause_has_a_direction"
        ),
        CheckConstraint("expires_on IS NULL OR amount_minor > 0", name="only_what_was_got_expires"),
        CheckConstraint("refund_id IS NULL OR amount_minor > 0", name="given_by_a_refund"),
        Index(
            "ix_credit_moves_expiry",
            "store_id",
            "expires_on",
            sqlite_where=text("expires_on IS NOT NULL"),
            postgresql_where=text("expires_on IS NOT NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[Minor]
    balance_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    # what it came from or paid for: `order:1042`, `trade_in:3`
    reference: Mapped[str] = mapped_column(String(64))
    # used by this payment
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("payment_attempts.id"), default=None)
    # got by this refund
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"), default=None)
    at: Mapped[datetime]
    by: Mapped[str]
    cause: Mapped[CreditCause]
    # the last day on which this credit pays; None: for ever
    expires_on: Mapped[date | None] = mapped_column(default=None)
    # why it was given
    note: Mapped[str] = mapped_column(default="")

"""Gift cards, what moved on them, and the store's rules for what it owes as credit."""

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


class CardCause(StrEnum):
    """Why something moved on a gift card."""

    SOLD = "sold"
    LOADED = "loaded"
    SPENT = "spent"
    # a purchase that it had paid for came back
    REFUNDED = "refunded"
    # the sale that had loaded it came back
    RETURNED = "returned"
    # a lost card's rest, off the old one and onto the new one
    MOVED = "moved"
    EXPIRED = "expired"


class GiftCard(Base):
    """A card that was paid for. Its code is made when it is handed out, and kept as a hash."""

    __tablename__ = "gift_cards"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("code_hash"),
        UniqueConstraint("store_id", "source"),
        CheckConstraint("(code_hash IS NULL) = (handed_out_at IS NULL)", name="code_is_handed_out"),
        CheckConstraint(
            "replaced_by_id IS NULL OR blocked_at IS NOT NULL", name="replaced_is_blocked"
        ),
        CheckConstraint("replaced_by_id <> id", name="not_its_own_successor"),
        Index(
            "ix_gift_cards_expiry",
            "store_id",
            "expires_on",
            sqlite_where=text("expires_on IS NOT NULL"),
            postgresql_where=text("expires_on IS NOT NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3))
    # what it came from: the line of a sale (`order:1042:3`), or the card it stands for
    source: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    # the last day on which it pays; None: for ever
    expires_on: Mapped[date | None] = mapped_column(default=None)
    code_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    # the last signs of the code, by which people tell cards apart
    tail: Mapped[str] = mapped_column(String(4), default="")
    handed_out_at: Mapped[datetime | None] = mapped_column(default=None)
    handed_out_by: Mapped[str] = mapped_column(default="")
    blocked_at: Mapped[datetime | None] = mapped_column(default=None)
    blocked_by: Mapped[str] = mapped_column(default="")
    block_reason: Mapped[str] = mapped_column(default="")
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("gift_cards.id"), default=None)


class CardMove(Base):
    """What came onto a gift card (positive) or went off it, counted from 1. Append-only.

    Each row says what is left after it: below nothing the database refuses, and of two at the same
    moment the second has no number.
    """

    __tablename__ = "gift_card_moves"
    __table_args__ = (
        UniqueConstraint("card_id", "number"),
        UniqueConstraint("attempt_id"),
        UniqueConstraint("refund_id"),
        CheckConstraint("amount_minor <> 0", name="moves_something"),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint("(cause = 'spent') = (attempt_id IS NOT NULL)", name="spent_by_a_payment"),
        CheckConstraint(
            "(cause = 'refunded') = (refund_id IS NOT NULL)", name="refunded_by_a_refund"
        ),
        CheckConstraint(
            "amount_minor > 0 OR cause NOT IN ('sold', 'loaded', 'refunded')", name="comes_on"
        ),
        CheckConstraint(
            "amount_minor < 0 OR cause NOT IN ('spent', 'returned', 'expired')", name="goes_off"
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    card_id: Mapped[int] = mapped_column(ForeignKey("gift_cards.id"))
    number: Mapped[int] = mapped_column(Integer)
    cause: Mapped[CardCause]
    amount_minor: Mapped[Minor]
    balance_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    # what it came from or paid for: `order:1042`, `gift_card:3`
    reference: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    by: Mapped[str]
    # spent by this payment
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("payment_attempts.id"), default=None)
    # came back by this refund
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"), default=None)


class CreditRules(Base):
    """What a store says of gift cards and credit. Without a row the defaults of `creditrules`."""

    __tablename__ = "credit_rules"
    __table_args__ = (
        UniqueConstraint("store_id"),
        CheckConstraint("card_most_minor > 0", name="a_card_holds_something"),
        CheckConstraint(
            "card_months BETWEEN 0 AND 120 AND credit_months BETWEEN 0 AND 120",
            name="months_in_bounds",
        ),
        CheckConstraint("goodwill_minor >= 0", name="goodwill_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    card_most_minor: Mapped[Minor]
    # 0: never
    card_months: Mapped[int] = mapped_column(Integer)
    credit_months: Mapped[int] = mapped_column(Integer)
    # what salespeople give as goodwill without a manager
    goodwill_minor: Mapped[Minor]
    # the last day whose expiries are booked
    expired_on: Mapped[date | None] = mapped_column(default=None)

"""What the card service does beside readers: links to pay by, and payments that are disputed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, Minor


class PaymentLink(Base):
    """A key that opens the page on which a bill is paid; of the key itself only a hash is kept.

    `amount_minor` None: all that is due when the page is opened.
    """

    __tablename__ = "payment_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_payment_links_bill", "bill_id", "id"),
        CheckConstraint("amount_minor IS NULL OR amount_minor > 0", name="amount_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    amount_minor: Mapped[Minor | None] = mapped_column(default=None)
    # a page of ours that the customer came from, and goes back to
    back_to: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class Dispute(Base):
    """A payment that its bank takes back or asks about; as the card service last told it."""

    __tablename__ = "disputes"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        Index("ix_disputes_attempt", "attempt_id"),
        Index("ix_disputes_store", "store_id", "id"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payment_attempts.id"))
    provider_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(64))
    # the card service's own word: needs_response, under_review, won, lost, …
    status: Mapped[str] = mapped_column(String(64))
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    answer_by: Mapped[datetime | None] = mapped_column(default=None)
    told_at: Mapped[datetime]

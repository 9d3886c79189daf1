"""Money that goes back to a customer."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, Minor
from app.payments.models import PaymentAttempt, Tender
from app.payments.states import RefundState

# SQLite uses a partial index only for a query that says the same words, so both say these.
OPEN_SQL = "state IN ('started', 'processing', 'unknown')"
CAME_BACK_SQL = "state = 'came_back'"


class Refund(Base):
    """A part of one payment, given back. All that may still come of a payment's refunds is never
    more than the payment: a trigger refuses it, and two at once. What came back to us after it was
    paid out (the card is closed) counts no more, and stands in a second entry.

    `tender` is how it went back, by rule the way that it came; `till_session_id` the drawer or
    till that gave it, None where none did.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("bill_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "entry_id IS NULL OR state IN ('paid_out', 'came_back')", name="only_paid_out_is_booked"
        ),
        CheckConstraint(
            "(state = 'came_back') = (return_entry_id IS NOT NULL)", name="return_is_booked"
        ),
        CheckConstraint("tender <> 'cash' OR till_session_id IS NOT NULL", name="cash_has_a_till"),
        CheckConstraint("tender = 'cash' OR rounding_minor = 0", name="rounding_only_of_cash"),
        Index("ix_refunds_attempt", "attempt_id"),
        Index("ix_refunds_session", "till_session_id"),
        Index("uq_refunds_provider", "provider_id", unique=True),
        Index(
            "ix_refunds_open",
            "store_id",
            "id",
            sqlite_where=text(OPEN_SQL),
            postgresql_where=text(OPEN_SQL),
        ),
        Index(
            "ix_refunds_came_back",
            "store_id",
            "id",
            sqlite_where=text(CAME_BACK_SQL),
            postgresql_where=text(CAME_BACK_SQL),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    number: Mapped[int] = mapped_column(Integer)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payment_attempts.id"))
    tender: Mapped[Tender]
    state: Mapped[RefundState]
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    # cash given above (or below, negative) the amount, for lack of smaller coins
    rounding_minor: Mapped[Minor] = mapped_column(default=0)
    reason: Mapped[str]
    # the transfer's text, the card service's id of the refund, `credit:7`
    note: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str | None] = mapped_column(String(64), default=None)
    till_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("till_sessions.id"), default=None
    )
    failure: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entries.id"), default=None)
    return_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("journal_entries.id"), default=None
    )

    attempt: Mapped[PaymentAttempt] = relationship(init=False, lazy="raise", viewonly=True)

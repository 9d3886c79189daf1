"""Estimates in versions: lines, who pays them, and what was decided of them."""

from datetime import datetime
from enum import StrEnum

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

from app.kernel.db import Base, Key, LongText, Minor
from app.kernel.tax import PriceMode
from app.payments.treatments import Treatment
from app.robots.slot_models import LONGEST_PATH
from app.service.payers import Measure, Payer


class EstimateState(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    DECIDED = "decided"
    SUPERSEDED = "superseded"


class LineKind(StrEnum):
    LABOUR = "labour"
    PART = "part"
    CALIBRATION = "calibration"
    FEE = "fee"
    FREIGHT = "freight"


class How(StrEnum):
    """By which way a customer's decision came."""

    LINK = "link"
    COUNTER = "counter"
    PHONE = "phone"
    WRITING = "writing"
    PROGRAM = "program"


class Estimate(Base):
    """One version of what a repair will cost.

    What was sent stands as it is: triggers keep its lines, `content` is what was sent, frozen.
    """

    __tablename__ = "estimates"
    __table_args__ = (
        UniqueConstraint("ticket_id", "version"),
        CheckConstraint("(state = 'draft') = (sent_at IS NULL)", name="sent_or_draft"),
        CheckConstraint("(sent_at IS NULL) = (content IS NULL)", name="sent_is_frozen"),
        CheckConstraint("state <> 'decided' OR decided_at IS NOT NULL", name="decided_when"),
        Index(
            "uq_estimates_draft",
            "ticket_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        Index(
            "uq_estimates_current",
            "ticket_id",
            unique=True,
            sqlite_where=text("state IN ('sent', 'decided')"),
            postgresql_where=text("state IN ('sent', 'decided')"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[EstimateState] = mapped_column(default=EstimateState.DRAFT)
    currency: Mapped[str] = mapped_column(String(3))
    price_mode: Mapped[PriceMode]
    # a word to the customer
    note: Mapped[LongText] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    sent_by: Mapped[str] = mapped_column(default="")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    # how the customer's part is taxed; other payers are taxed at home
    tax_treatment: Mapped[Treatment] = mapped_column(default=Treatment.HOME)
    # how it was when it was sent: what is decided of it after is not what was sent
    sent_treatment: Mapped[Treatment | None] = mapped_column(default=None)
    # why it is taxed otherwise than by rule, and who said so
    tax_reason: Mapped[str] = mapped_column(String(200), default="")
    tax_by: Mapped[str] = mapped_column(String(200), default="")

    lines: Mapped[list["EstimateLine"]] = relationship(
        init=False, lazy="raise", order_by="EstimateLine.position", viewonly=True
    )


class EstimateLine(Base):
    """One thing done or fitted. `key` names the same thing in every version of a ticket's estimate.

    `unit_price_minor` is the price of one piece, or of an operation once.
    """

    __tablename__ = "estimate_lines"
    __table_args__ = (
        UniqueConstraint("estimate_id", "position"),
        UniqueConstraint("estimate_id", "key"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
        CheckConstraint("total_minor = unit_price_minor * quantity", name="total_is_price"),
        CheckConstraint("tax_bp BETWEEN 0 AND 10000", name="tax_is_a_share"),
        CheckConstraint("(kind = 'part') = (part_id IS NOT NULL)", name="part_has_part"),
        Index("ix_estimate_lines_from", "from_line_id"),
        Index("ix_estimate_lines_part", "part_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    estimate_id: Mapped[int] = mapped_column(ForeignKey("estimates.id"))
    position: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(16))
    kind: Mapped[LineKind]
    description: Mapped[str]
    part_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"), default=None)
    part_number: Mapped[str] = mapped_column(String(64), default="")
    operation_code: Mapped[str] = mapped_column(String(32), default="")
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    minutes: Mapped[int] = mapped_column(Integer, default=0)
    unit_price_minor: Mapped[Minor]
    # what the catalogue says, where somebody chose another price, and why
    list_price_minor: Mapped[Minor | None] = mapped_column(default=None)
    price_reason: Mapped[str] = mapped_column(default="")
    price_by: Mapped[str] = mapped_column(default="")
    tax_code: Mapped[str] = mapped_column(String(16))
    tax_bp: Mapped[int] = mapped_column(Integer)
    total_minor: Mapped[Minor]
    # the line, once declined, that is offered again
    from_line_id: Mapped[int | None] = mapped_column(ForeignKey("estimate_lines.id"), default=None)
    # rises with each change of a draft's line
    revision: Mapped[int] = mapped_column(Integer, default=1)

    shares: Mapped[list["PayerShare"]] = relationship(
        init=False, lazy="raise", order_by="PayerShare.id", viewonly=True
    )
    decision: Mapped["Decision | None"] = relationship(
        init=False, lazy="raise", viewonly=True, uselist=False
    )


class PayerShare(Base):
    """What one payer pays of a line; all of a line's shares add up to it.

    `value` is what was said: basis points, minor units, or 0 for the rest.
    """

    __tablename__ = "payer_shares"
    __table_args__ = (
        UniqueConstraint("line_id", "payer"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("measure <> 'percent' OR value BETWEEN 0 AND 10000", name="percent_of"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    line_id: Mapped[int] = mapped_column(ForeignKey("estimate_lines.id"))
    payer: Mapped[Payer]
    measure: Mapped[Measure]
    value: Mapped[Minor] = mapped_column(default=0)
    amount_minor: Mapped[Minor]
    reference: Mapped[str] = mapped_column(String(64), default="")


class Decision(Base):
    """That a line was approved or declined: by whom, how, of which line exactly. Append-only."""

    __tablename__ = "line_decisions"
    __table_args__ = (UniqueConstraint("line_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    line_id: Mapped[int] = mapped_column(ForeignKey("estimate_lines.id"))
    approved: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime]
    # who decided; who wrote it down, where that was somebody of the store
    by: Mapped[str]
    noted_by: Mapped[str] = mapped_column(default="")
    how: Mapped[How]
    # the line as it was decided, frozen, and its hash
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))


class AnswerSignature(Base):
    """What was drawn under an answer to an estimate's lines. Append-only, as the answer is; who
    typed their name alone has none.
    """

    __tablename__ = "answer_signatures"
    __table_args__ = (
        CheckConstraint("length(signature) > 0", name="something_is_drawn"),
        Index("ix_answer_signatures_estimate", "estimate_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    estimate_id: Mapped[int] = mapped_column(ForeignKey("estimates.id"))
    by: Mapped[str]
    at: Mapped[datetime]
    # PNG, re-encoded
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class PartNeed(Base):
    """How many pieces an approved line wants, and how many are kept for it."""

    __tablename__ = "part_needs"
    __table_args__ = (
        UniqueConstraint("line_id"),
        CheckConstraint("kept BETWEEN 0 AND quantity", name="kept_of_quantity"),
        Index("ix_part_needs_ticket", "ticket_id", "id"),
        Index(
            "ix_part_needs_open",
            "part_id",
            "id",
            sqlite_where=text("kept < quantity AND ended_at IS NULL"),
            postgresql_where=text("kept < quantity AND ended_at IS NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("estimate_lines.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    kept: Mapped[int] = mapped_column(Integer, default=0)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

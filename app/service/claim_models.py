"""Claims: money that a maker or an insurer owes for a repair; and the robot's way back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, LongText, Minor
from app.robots.models import Maker
from app.robots.slot_models import LONGEST_PATH
from app.service.models import Ticket
from app.service.payers import Payer


class ClaimState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    SHORT_PAID = "short_paid"
    REJECTED = "rejected"
    RESUBMITTED = "resubmitted"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"


class Claim(Base):
    """What one payer is asked for on one ticket. Amounts include tax.

    `bill_id` names the receivable from its submission on; `granted_minor` is what was accepted.
    """

    __tablename__ = "service_claims"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_service_claims_state", "store_id", "state", "submitted_at", "id"),
        Index("ix_service_claims_newest", "store_id", "id"),
        Index("ix_service_claims_ticket", "ticket_id", "id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "granted_minor IS NULL OR granted_minor BETWEEN 0 AND amount_minor",
            name="granted_of_amount",
        ),
        CheckConstraint("(state = 'draft') = (submitted_at IS NULL)", name="submitted_or_draft"),
        CheckConstraint(
            "(state IN ('settled', 'written_off')) = (settled_at IS NOT NULL)", name="settled_when"
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    payer: Mapped[Payer]
    # the maker; None: an insurer, who is named by `debtor`
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"), default=None)
    debtor: Mapped[str] = mapped_column(default="")
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.DRAFT)
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[Minor]
    granted_minor: Mapped[Minor | None] = mapped_column(default=None)
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"), default=None)
    # the maker's number of the matter
    their_reference: Mapped[str] = mapped_column(String(64), default="")
    counters: Mapped[LongText] = mapped_column(default="{}")
    faults: Mapped[LongText] = mapped_column(default="[]")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    submitted_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(Integer, default=1)

    ticket: Mapped[Ticket] = relationship(init=False, lazy="raise", viewonly=True)
    maker: Mapped[Maker | None] = relationship(init=False, lazy="raise", viewonly=True)
    lines: Mapped[list["ClaimLine"]] = relationship(
        init=False, lazy="raise", viewonly=True, order_by="ClaimLine.id"
    )
    steps: Mapped[list["ClaimStep"]] = relationship(
        init=False, lazy="raise", viewonly=True, order_by="ClaimStep.id"
    )


class ClaimLine(Base):
    """The payer's share of one line, with the serials of what went and what came.

    It is written anew until the claim is submitted, and never changes after that.
    """

    __tablename__ = "claim_lines"
    __table_args__ = (
        UniqueConstraint("claim_id", "line_id"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    claim_id: Mapped[int] = mapped_column(ForeignKey("service_claims.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("estimate_lines.id"))
    description: Mapped[str]
    part_number: Mapped[str] = mapped_column(String(64), default="")
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    amount_minor: Mapped[Minor]
    tax_bp: Mapped[int] = mapped_column(Integer)
    removed: Mapped[str] = mapped_column(default="")
    fitted: Mapped[str] = mapped_column(default="")


class ClaimStep(Base):
    """One step of a claim: who, when, what was said. Append-only."""

    __tablename__ = "claim_steps"
    __table_args__ = (Index("ix_claim_steps_claim", "claim_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    claim_id: Mapped[int] = mapped_column(ForeignKey("service_claims.id"))
    state: Mapped[ClaimState]
    at: Mapped[datetime]
    by: Mapped[str]
    amount_minor: Mapped[Minor | None] = mapped_column(default=None)
    note: Mapped[LongText] = mapped_column(default="")


class TicketReturn(Base):
    """That a robot went back to its customer: who took it, and what was due. Append-only."""

    __tablename__ = "ticket_returns"
    __table_args__ = (UniqueConstraint("ticket_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    signer: Mapped[str]
    # PNG, written anew; empty where the name was typed
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[LongText] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[str]
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))

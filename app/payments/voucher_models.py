"""Schemes by which an authority pays a part of what customers buy, and what is claimed of them."""

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


class Buyers(StrEnum):
    """Whom a scheme is for."""

    ANYBODY = "anybody"
    PERSON = "person"
    COMPANY = "company"


class Rest(StrEnum):
    """Who bears what an authority does not accept."""

    STORE = "store"
    # the customer gets a bill over it
    CUSTOMER = "customer"


class VoucherScheme(Base):
    """What an authority pays for: from a day to a day of the store, both included.

    A fixed amount, or a share of the price (`share_bp`) up to `most_minor`. A cap of 0 is none.
    """

    __tablename__ = "voucher_schemes"
    __table_args__ = (
        UniqueConstraint("store_id", "name"),
        CheckConstraint("valid_from <= valid_until", name="begins_before_it_ends"),
        CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share_is_a_share"),
        CheckConstraint("most_minor > 0", name="pays_something"),
        CheckConstraint("per_buyer >= 0 AND in_all >= 0", name="caps_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    authority: Mapped[str]
    # 0: the amount is fixed
    share_bp: Mapped[int] = mapped_column(Integer)
    most_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    buyers: Mapped[Buyers]
    per_buyer: Mapped[int] = mapped_column(Integer)
    in_all: Mapped[int] = mapped_column(Integer)
    # what the buyer has to show; empty: nothing
    evidence: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    rest: Mapped[Rest] = mapped_column(default=Rest.STORE)


class SchemeModel(Base):
    """A model that a scheme pays for; a scheme without any pays for every robot."""

    __tablename__ = "scheme_models"

    scheme_id: Mapped[int] = mapped_column(ForeignKey("voucher_schemes.id"), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"), primary_key=True)


class SchemePaper(Base):
    """A paper that an authority wants to see before it pays."""

    __tablename__ = "scheme_papers"
    __table_args__ = (
        UniqueConstraint("scheme_id", "name"),
        UniqueConstraint("scheme_id", "position"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("voucher_schemes.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str]


class VoucherClaim(Base):
    """A batch of vouchers that an authority was asked to pay."""

    __tablename__ = "voucher_claims"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_voucher_claims_scheme", "scheme_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("voucher_schemes.id"))
    number: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_by: Mapped[str] = mapped_column(default="")
    # the transfer's text, and what the authority said
    note: Mapped[str] = mapped_column(default="")


class Voucher(Base):
    """A voucher that paid for a sale: used once. `back_minor` went back with the sale, `paid_minor`
    came from the authority. What it did not accept was lost (`lost_minor`), or charged to the
    customer (`charged_minor`). The rest stands open.
    """

    __tablename__ = "vouchers"
    __table_args__ = (
        UniqueConstraint("scheme_id", "code"),
        UniqueConstraint("attempt_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("back_minor BETWEEN 0 AND amount_minor", name="no_more_back_than_it_was"),
        CheckConstraint(
            "paid_minor >= 0 AND lost_minor >= 0 AND charged_minor >= 0", name="parts_not_negative"
        ),
        CheckConstraint(
            "paid_minor + lost_minor + charged_minor <= amount_minor", name="no_more_than_claimed"
        ),
        Index("ix_vouchers_claim", "claim_id"),
        Index(
            "ix_vouchers_waiting",
            "scheme_id",
            "id",
            sqlite_where=text("claim_id IS NULL"),
            postgresql_where=text("claim_id IS NULL"),
        ),
        Index("ix_vouchers_newest", "store_id", "id"),
        Index("ix_vouchers_buyer", "scheme_id", "customer_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("voucher_schemes.id"))
    code: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payment_attempts.id"))
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    evidence: Mapped[str]
    used_on: Mapped[date]
    by: Mapped[str]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("voucher_claims.id"), default=None)
    back_minor: Mapped[Minor] = mapped_column(default=0)
    paid_minor: Mapped[Minor] = mapped_column(default=0)
    lost_minor: Mapped[Minor] = mapped_column(default=0)
    charged_minor: Mapped[Minor] = mapped_column(default=0)


class VoucherPaper(Base):
    """A file that shows an authority one of the papers that its scheme asks for."""

    __tablename__ = "voucher_papers"
    __table_args__ = (
        UniqueConstraint("voucher_id", "paper_id", "sha256"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"))
    paper_id: Mapped[int] = mapped_column(ForeignKey("scheme_papers.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]

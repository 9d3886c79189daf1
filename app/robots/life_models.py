"""Where robots have been: loans, changes of hands; who may read a passport without signing in."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText, Minor
from app.robots.states import Holding


class Wipe(StrEnum):
    """What became of the data in a robot when it changed hands."""

    WIPED = "wiped"
    NO_DATA = "no_data"
    KEPT = "kept"


class Loan(Base):
    """A unit of the store that is or was out with somebody: lent, let, shown, in commission."""

    __tablename__ = "loans"
    __table_args__ = (
        Index(
            "uq_loans_out",
            "unit_id",
            unique=True,
            sqlite_where=text("in_at IS NULL"),
            postgresql_where=text("in_at IS NULL"),
        ),
        Index("ix_loans_unit", "unit_id", "out_at", "id"),
        Index("ix_loans_due", "store_id", "in_at", "due_on", "id"),
        CheckConstraint("in_at IS NULL OR in_at >= out_at", name="in_order"),
        CheckConstraint("customer_id IS NOT NULL OR holder <> ''", name="with_somebody"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    holding: Mapped[Holding]
    # with whom: a customer, or somebody or some place that is none (`Fair, hall 3`)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    holder: Mapped[str]
    out_at: Mapped[datetime]
    out_by: Mapped[str]
    due_on: Mapped[date | None] = mapped_column(default=None)
    condition_out: Mapped[LongText] = mapped_column(default="")
    in_at: Mapped[datetime | None] = mapped_column(default=None)
    in_by: Mapped[str] = mapped_column(default="")
    condition_in: Mapped[LongText] = mapped_column(default="")


class Transfer(Base):
    """A robot's change of owner with the word on the data in it. Append-only.

    Without `to_customer_id` the store bought it back, for `price_minor`.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        Index("ix_transfers_unit", "unit_id", "at", "id"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint(
            "from_customer_id IS NOT NULL OR to_customer_id IS NOT NULL", name="between_two"
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    from_customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    to_customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    at: Mapped[datetime]
    wipe: Mapped[Wipe]
    statement: Mapped[LongText]
    by: Mapped[str]
    price_minor: Mapped[Minor] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3), default="")


class TransferWipe(Base):
    """The certificate by which a change of hands says that data were wiped. Append-only."""

    __tablename__ = "transfer_wipes"
    __table_args__ = (UniqueConstraint("transfer_id"), UniqueConstraint("record_id"))

    id: Mapped[Key] = mapped_column(init=False)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"))
    record_id: Mapped[int] = mapped_column(ForeignKey("data_records.id"))
    at: Mapped[datetime]


class PassportLink(Base):
    """A key that opens a robot's history to its owner; it ends with the ownership."""

    __tablename__ = "passport_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_passport_links_unit", "unit_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    ownership_id: Mapped[int] = mapped_column(ForeignKey("ownerships.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_by: Mapped[str] = mapped_column(default="")

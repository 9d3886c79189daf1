"""Data vouchers: so much of a measured thing that a customer may use, until a day."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key


class EntitlementUnit(StrEnum):
    """What is counted. Amounts are kept in thousandths of it."""

    HOURS = "hours"
    GIGABYTES = "gigabytes"
    SESSIONS = "sessions"


class MoveKind(StrEnum):
    ISSUED = "issued"
    DRAWN = "drawn"
    # a draw that was wrong is given back
    REVERSED = "reversed"
    # what was left is taken away
    WITHDRAWN = "withdrawn"


class Entitlement(Base):
    """A data voucher of a customer, for one robot or any. What is left its moves say.

    It can be used to `expires_on` of the store, that day included; None: always.
    """

    __tablename__ = "entitlements"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("source"),
        CheckConstraint("granted_milli > 0", name="grants_something"),
        Index("ix_entitlements_customer", "customer_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    # only for what is done with this robot
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    name: Mapped[str]
    unit: Mapped[EntitlementUnit]
    granted_milli: Mapped[int] = mapped_column(BigInteger)
    expires_on: Mapped[date | None] = mapped_column(default=None)
    # `order:1042`; empty: a gift
    reference: Mapped[str] = mapped_column(String(64), default="")
    # the line of a sale that it was issued for, once: `line:12`
    source: Mapped[str | None] = mapped_column(String(64), default=None)
    # why it was given
    reason: Mapped[str] = mapped_column(default="")
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]


class EntitlementMove(Base):
    """A move of one entitlement, counted from 1. Append-only.

    Each row says what is left after it: below nothing the database refuses, and of two at the same
    moment the second has no number.
    """

    __tablename__ = "entitlement_moves"
    __table_args__ = (
        UniqueConstraint("entitlement_id", "number"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("amount_milli <> 0", name="moves_something"),
        CheckConstraint("balance_milli >= 0", name="balance_not_negative"),
        CheckConstraint("(kind = 'reversed') = (reverses_id IS NOT NULL)", name="reverses_one"),
        CheckConstraint(
            "(kind IN ('issued', 'reversed')) = (amount_milli > 0)", name="kind_has_its_sign"
        ),
        CheckConstraint("(kind = 'issued') = (number = 1)", name="issued_first"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    entitlement_id: Mapped[int] = mapped_column(ForeignKey("entitlements.id"))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[MoveKind]
    amount_milli: Mapped[int] = mapped_column(BigInteger)
    balance_milli: Mapped[int] = mapped_column(BigInteger)
    # what was done for it: a session of data collection, a ticket
    reference: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    reverses_id: Mapped[int | None] = mapped_column(
        ForeignKey("entitlement_moves.id"), default=None
    )
    # the store's day
    day: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[str]

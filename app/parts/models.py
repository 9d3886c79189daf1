"""Parts, places, and the append-only ledger of movements between them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key


class PlaceKind(StrEnum):
    BIN = "bin"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SCRAP = "scrap"
    COUNT = "count"


# Places whose balance may go below zero: the outside world, and differences found by counting.
UNBOUNDED = frozenset({PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SCRAP, PlaceKind.COUNT})


class Part(Base):
    """A stock-keeping item, counted in pieces."""

    __tablename__ = "parts"
    __table_args__ = (
        UniqueConstraint("store_id", "number_key"),
        CheckConstraint("length(number_key) > 0", name="number_not_empty"),
        Index("ix_parts_gtin", "store_id", "gtin"),
        Index("ix_parts_name_key", "store_id", "name_key", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[str] = mapped_column(String(64))
    number_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    name_key: Mapped[str]
    gtin: Mapped[str] = mapped_column(String(14), default="")
    archived: Mapped[bool] = mapped_column(Boolean, default=False)


class Place(Base):
    __tablename__ = "places"
    __table_args__ = (UniqueConstraint("store_id", "name"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[PlaceKind]
    name: Mapped[str] = mapped_column(String(64))


class Movement(Base):
    """One line of the ledger; never changed, corrected by its reversal."""

    __tablename__ = "movements"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_place_id <> to_place_id", name="really_moves"),
        Index("ix_movements_part", "part_id", "id"),
        Index("ix_movements_reference", "reference"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    from_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    to_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]
    reference: Mapped[str] = mapped_column(String(64), default="")
    reverses_id: Mapped[int | None] = mapped_column(
        ForeignKey("movements.id"), unique=True, default=None
    )


class Balance(Base):
    """Sum of a part's movements at one place; `quatrefoil check` proves it equal to the ledger."""

    __tablename__ = "balances"
    __table_args__ = (
        UniqueConstraint("part_id", "place_id"),
        CheckConstraint("NOT bounded OR quantity >= 0", name="never_below_zero"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    bounded: Mapped[bool] = mapped_column(Boolean)
    quantity: Mapped[int] = mapped_column(Integer, default=0)


class Reservation(Base):
    """Pieces promised to an owner (`order:1042`); `expires_at` None once money has been taken."""

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_reservations_live", "part_id", "ended_at"),
        Index("ix_reservations_owner", "owner"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    owner: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

"""Stocktake: who counts which places, what they found, and what the ledger said at that moment."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, Minor
from app.parts.models import Part, Place
from app.robots.models import SERIAL_KEY


class CountState(StrEnum):
    COUNTING = "counting"
    BOOKED = "booked"
    CANCELLED = "cancelled"


class StockCount(Base):
    """One stocktake. `found_minor` and `missing_minor` are what its differences were worth."""

    __tablename__ = "stock_counts"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        CheckConstraint("found_minor >= 0 AND missing_minor >= 0", name="worth_not_negative"),
        CheckConstraint(
            "(state IN ('booked', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_is_over"
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(default="")
    state: Mapped[CountState] = mapped_column(default=CountState.COUNTING)
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    found_minor: Mapped[Minor] = mapped_column(default=0)
    missing_minor: Mapped[Minor] = mapped_column(default=0)


class CountPlace(Base):
    """A bin of a stocktake. `round` rises when it has to be counted again from the start."""

    __tablename__ = "count_places"
    __table_args__ = (
        UniqueConstraint("count_id", "place_id"),
        CheckConstraint("round >= 1", name="round_counts_from_one"),
        # two stocktakes at once never count the same bin
        Index(
            "uq_count_places_live",
            "place_id",
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_counts.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    is_live: Mapped[bool] = mapped_column(Boolean, default=True)
    round: Mapped[int] = mapped_column(Integer, default=1)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_by: Mapped[str] = mapped_column(default="")

    place: Mapped[Place] = relationship(init=False, lazy="raise")


class CountLine(Base):
    """What of a part (its lot, its serial) was found in a bin, and what the ledger said then.

    `expected` is the balance at the last entry, `movement_id` the newest movement of the part at
    the first. With `moved` pieces came or went between the two, so that nobody can say which of
    them were counted.
    """

    __tablename__ = "count_lines"
    __table_args__ = (
        Index(
            "uq_count_lines_once",
            *("count_place_id", "round", "part_id", "lot_key", "serial_key"),
            unique=True,
        ),
        CheckConstraint("counted >= 0 AND expected >= 0", name="not_negative"),
        CheckConstraint("serial_key = '' OR counted <= 1", name="serial_is_one_piece"),
        CheckConstraint("component_id IS NULL OR serial_key <> ''", name="component_has_serial"),
        Index("ix_count_lines_part", "part_id"),
        Index("ix_count_lines_component", "component_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    count_place_id: Mapped[int] = mapped_column(ForeignKey("count_places.id"))
    round: Mapped[int] = mapped_column(Integer)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    lot: Mapped[str] = mapped_column(String(100), default="")
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    # None with a serial: one that nobody knew until it was found
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    serial: Mapped[str] = mapped_column(String(100), default="")
    serial_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    counted: Mapped[int] = mapped_column(Integer, default=0)
    expected: Mapped[int] = mapped_column(Integer, default=0)
    movement_id: Mapped[int] = mapped_column(BigInteger, default=0)
    moved: Mapped[bool] = mapped_column(Boolean, default=False)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    by: Mapped[str]
    # what the difference was worth when it was booked, signed
    booked_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)

    part: Mapped[Part] = relationship(init=False, lazy="raise")


class CountEntry(Base):
    """One scan or one typed quantity; never changed, taken back by its opposite."""

    __tablename__ = "count_entries"
    __table_args__ = (
        CheckConstraint("change <> 0", name="changes_something"),
        Index("ix_count_entries_line", "line_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    line_id: Mapped[int] = mapped_column(ForeignKey("count_lines.id"))
    change: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    by: Mapped[str]

"""What is told of a drawer besides its money: how it was counted, what went to the safe, and when
it was opened for no sale.
"""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, Minor


class CountPurpose(StrEnum):
    OPENING = "opening"
    CLOSING = "closing"


class TillCount(Base):
    """A drawer counted. Also a count that was refused stays: who counts until it fits is seen.

    Append-only; the one that counts is `taken`.
    """

    __tablename__ = "till_counts"
    __table_args__ = (
        CheckConstraint("total_minor >= 0", name="total_not_negative"),
        Index("ix_till_counts_session", "till_session_id"),
        Index(
            "uq_till_counts_taken",
            "till_session_id",
            "purpose",
            unique=True,
            sqlite_where=text("taken"),
            postgresql_where=text("taken"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    till_session_id: Mapped[int] = mapped_column(ForeignKey("till_sessions.id"))
    purpose: Mapped[CountPurpose]
    total_minor: Mapped[Minor]
    at: Mapped[datetime]
    by: Mapped[str]
    taken: Mapped[bool] = mapped_column(Boolean, default=True)

    pieces: Mapped[list["CountedPiece"]] = relationship(
        init=False, lazy="raise", order_by="CountedPiece.value_minor.desc()"
    )


class CountedPiece(Base):
    """How many notes or coins of one value lay in a counted drawer. Append-only."""

    __tablename__ = "counted_pieces"
    __table_args__ = (
        UniqueConstraint("count_id", "value_minor"),
        CheckConstraint("value_minor > 0", name="value_positive"),
        CheckConstraint("pieces > 0", name="pieces_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    count_id: Mapped[int] = mapped_column(ForeignKey("till_counts.id"))
    value_minor: Mapped[Minor]
    pieces: Mapped[int] = mapped_column(Integer)


class SafeDrop(Base):
    """A movement of cash that went to the safe in a sealed bag. Append-only."""

    __tablename__ = "safe_drops"
    __table_args__ = (UniqueConstraint("movement_id"), UniqueConstraint("store_id", "bag"))

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    movement_id: Mapped[int] = mapped_column(ForeignKey("cash_movements.id"))
    # what is printed on the bag
    bag: Mapped[str] = mapped_column(String(64))


class DrawerOpening(Base):
    """A drawer that was opened without a sale. Append-only."""

    __tablename__ = "drawer_openings"
    __table_args__ = (Index("ix_drawer_openings_session", "till_session_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    till_session_id: Mapped[int] = mapped_column(ForeignKey("till_sessions.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str]

"""What a workshop does by standard time, what an hour costs, and what makers let it do."""

from datetime import date, datetime
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
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, Minor
from app.robots.bodyplan import SlotClass
from app.robots.models import Maker


class OperationKind(StrEnum):
    LABOUR = "labour"
    CALIBRATION = "calibration"


class SafetyTick(StrEnum):
    """What somebody confirms before the work begins."""

    HOIST = "hoist"
    BATTERY_ISOLATED = "battery_isolated"
    ESTOP_TESTED = "estop_tested"
    AREA_CLEAR = "area_clear"


class Operation(Base):
    """A piece of work with a standard time. Without a maker it is done on every robot."""

    __tablename__ = "service_operations"
    __table_args__ = (
        UniqueConstraint("store_id", "code_key"),
        Index("ix_service_operations_class", "store_id", "slot_class", "archived", "code_key"),
        CheckConstraint("minutes BETWEEN 1 AND 6000", name="time_is_possible"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    code: Mapped[str] = mapped_column(String(32))
    code_key: Mapped[str] = mapped_column(String(32))
    name: Mapped[str]
    kind: Mapped[OperationKind] = mapped_column(default=OperationKind.LABOUR)
    slot_class: Mapped[SlotClass | None] = mapped_column(default=None)
    minutes: Mapped[int] = mapped_column(Integer)
    # a fixed price; None: standard time at the store's hourly rate
    price_minor: Mapped[Minor | None] = mapped_column(default=None)
    needs_two: Mapped[bool] = mapped_column(Boolean, default=False)
    # words of SafetyTick, by commas
    ticks: Mapped[str] = mapped_column(default="")
    needs_authorisation: Mapped[bool] = mapped_column(Boolean, default=False)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"), default=None)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(Integer, default=1)

    maker: Mapped[Maker | None] = relationship(init=False, lazy="raise", viewonly=True)

    @property
    def safety(self) -> tuple[SafetyTick, ...]:
        return tuple(SafetyTick(word) for word in self.ticks.split(",") if word)


class MakerAuthorisation(Base):
    """A maker lets the store do an operation; without one, all of the maker's operations."""

    __tablename__ = "maker_authorisations"
    __table_args__ = (
        Index("ix_maker_authorisations_maker", "store_id", "maker_id", "id"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="in_order"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("makers.id"))
    operation_id: Mapped[int | None] = mapped_column(
        ForeignKey("service_operations.id"), default=None
    )
    valid_from: Mapped[date]
    # the last day
    valid_until: Mapped[date | None] = mapped_column(default=None)
    # the maker's certificate or letter
    reference: Mapped[str] = mapped_column(String(64), default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")

    maker: Mapped[Maker] = relationship(init=False, lazy="raise", viewonly=True)
    operation: Mapped[Operation | None] = relationship(init=False, lazy="raise", viewonly=True)


class LabourRate(Base):
    """What an hour of work costs in a store, and by which code it is taxed."""

    __tablename__ = "labour_rates"
    __table_args__ = (
        UniqueConstraint("store_id"),
        CheckConstraint("hourly_minor >= 0", name="not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    hourly_minor: Mapped[Minor]
    # empty: the store's standard rate
    tax_code: Mapped[str] = mapped_column(String(16), default="")
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]

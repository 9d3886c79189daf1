"""Batteries in stock: how often they are looked at, what was found, which are set aside."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText

_PERCENT = "{0} IS NULL OR {0} BETWEEN 0 AND 100"


class Condition(StrEnum):
    """What a look at a battery found."""

    SOUND = "sound"
    SWOLLEN = "swollen"
    LEAKING = "leaking"
    DENTED = "dented"
    HOT = "hot"
    OTHER = "other"


class BatteryRule(Base):
    """How batteries are kept: of one part, or of all without a rule of their own."""

    __tablename__ = "battery_rules"
    __table_args__ = (
        CheckConstraint("interval_days > 0", name="interval_positive"),
        CheckConstraint("soc_low >= 0 AND soc_low < soc_high AND soc_high <= 100", name="in_order"),
        CheckConstraint("watt_hours IS NULL OR watt_hours > 0", name="watt_hours_positive"),
        Index(
            "uq_battery_rules_part",
            "part_id",
            unique=True,
            sqlite_where=text("part_id IS NOT NULL"),
            postgresql_where=text("part_id IS NOT NULL"),
        ),
        Index(
            "uq_battery_rules_store",
            "store_id",
            unique=True,
            sqlite_where=text("part_id IS NULL"),
            postgresql_where=text("part_id IS NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"), default=None)
    interval_days: Mapped[int] = mapped_column(Integer)
    # the state of charge, in per cent, in which they are kept
    soc_low: Mapped[int] = mapped_column(Integer)
    soc_high: Mapped[int] = mapped_column(Integer)
    watt_hours: Mapped[int | None] = mapped_column(Integer, default=None)


class Battery(Base):
    """A battery that somebody has looked at, as of its last check."""

    __tablename__ = "batteries"
    __table_args__ = (
        CheckConstraint(_PERCENT.format("soc_percent"), name="soc_is_a_share"),
        CheckConstraint("cycles IS NULL OR cycles >= 0", name="cycles_not_negative"),
        Index("uq_batteries_component", "component_id", unique=True),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    component_id: Mapped[int] = mapped_column(ForeignKey("components.id"))
    checked_at: Mapped[datetime]
    checked_by: Mapped[str]
    condition: Mapped[Condition] = mapped_column(default=Condition.SOUND)
    soc_percent: Mapped[int | None] = mapped_column(Integer, default=None)
    cycles: Mapped[int | None] = mapped_column(Integer, default=None)
    # set aside: it goes to nobody until somebody has looked and let it go
    quarantined: Mapped[bool] = mapped_column(Boolean, default=False)
    quarantine_reason: Mapped[str] = mapped_column(default="")


class BatteryCheck(Base):
    """One look at a battery; never changed."""

    __tablename__ = "battery_checks"
    __table_args__ = (
        CheckConstraint("soc_percent BETWEEN 0 AND 100", name="soc_is_a_share"),
        CheckConstraint("cycles IS NULL OR cycles >= 0", name="cycles_not_negative"),
        CheckConstraint("voltage_mv IS NULL OR voltage_mv >= 0", name="voltage_not_negative"),
        Index("ix_battery_checks_component", "component_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    component_id: Mapped[int] = mapped_column(ForeignKey("components.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    soc_percent: Mapped[int] = mapped_column(Integer)
    condition: Mapped[Condition]
    cycles: Mapped[int | None] = mapped_column(Integer, default=None)
    voltage_mv: Mapped[int | None] = mapped_column(Integer, default=None)
    note: Mapped[LongText] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(String(64), default="")

"""A robot, known by its serial number, from the crate to the scrapyard."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
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

from app.identity.secrets import new_badge_code
from app.kernel.db import Base, Key, LongText, Minor
from app.robots.serialranges import order_text
from app.robots.states import Custody, Holding, UnitState

# Sorted byte by byte on both engines, so that a prefix is a range of the index in every locale.
SERIAL_KEY = String(100).with_variant(String(100, collation="C"), "postgresql")
SERIAL_ORDER = String(400).with_variant(String(400, collation="C"), "postgresql")


def _order_of_serial(context: Any) -> str:
    """What a new unit's `serial_order` is: its key, so written that A9 sorts before A10."""
    return order_text(context.get_current_parameters()["serial_key"])


def new_passport_code() -> str:
    """130 random bits for the address on a unit's label; nobody finds another unit by counting."""
    return new_badge_code().lower()


class Maker(Base):
    __tablename__ = "makers"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[Key] = mapped_column(init=False)
    name: Mapped[str]
    key: Mapped[str]


class RobotModel(Base):
    """What a maker builds. Figures are as published; `source` says by whom and when."""

    __tablename__ = "robot_models"
    __table_args__ = (UniqueConstraint("maker_id", "code_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    maker_id: Mapped[int] = mapped_column(ForeignKey("makers.id"))
    code: Mapped[str] = mapped_column(String(64))
    code_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    height_mm: Mapped[int | None] = mapped_column(Integer, default=None)
    mass_g: Mapped[int | None] = mapped_column(Integer, default=None)
    axes: Mapped[int | None] = mapped_column(Integer, default=None)
    source: Mapped[LongText] = mapped_column(default="")

    maker: Mapped[Maker] = relationship(init=False, lazy="raise")


class Unit(Base):
    """One physical robot. Ownership, custody and holding are kept apart."""

    __tablename__ = "units"
    __table_args__ = (
        # over all records, retired ones included: a serial is never given twice
        UniqueConstraint("maker_id", "serial_key"),
        CheckConstraint("length(serial_key) > 0", name="serial_not_empty"),
        CheckConstraint("cost_minor >= 0", name="cost_not_negative"),
        Index("ix_units_serial_key", "store_id", "serial_key", "id"),
        Index("ix_units_state", "store_id", "state", "id"),
        Index("ix_units_model", "store_id", "model_id", "id"),
        Index("ix_units_model_state", "store_id", "model_id", "state", "id"),
        Index("ix_units_newest", "store_id", "id"),
        Index("ix_units_note", "delivery_note_id", "id"),
        Index("ix_units_serial_order", "store_id", "maker_id", "serial_order", "id"),
        Index("uq_units_passport_code", "passport_code", unique=True),
        Index("ix_units_built", "store_id", "model_id", "hardware_revision", "firmware"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("makers.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    serial: Mapped[str] = mapped_column(String(100))
    serial_key: Mapped[str] = mapped_column(SERIAL_KEY)
    # Written by the table itself, for ranges of serials; see serialranges.order_text().
    serial_order: Mapped[str] = mapped_column(
        SERIAL_ORDER, init=False, insert_default=_order_of_serial, server_default=""
    )
    # Where its public page is (`/r/…`); see openpassport.py.
    passport_code: Mapped[str | None] = mapped_column(
        String(32), init=False, insert_default=new_passport_code
    )
    state: Mapped[UnitState]
    holding: Mapped[Holding] = mapped_column(default=Holding.STOCK)
    custody: Mapped[Custody] = mapped_column(default=Custody.STORE)
    hardware_revision: Mapped[str] = mapped_column(String(64), default="")
    firmware: Mapped[str] = mapped_column(String(64), default="")
    cost_minor: Mapped[Minor] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    delivery_note_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery_notes.id"), default=None
    )
    received_at: Mapped[datetime | None] = mapped_column(default=None)
    # Warranty runs from here; its rules are the maker's. Set by the handover.
    warranty_starts_on: Mapped[date | None] = mapped_column(default=None)

    model: Mapped[RobotModel] = relationship(init=False, lazy="raise")
    maker: Mapped[Maker] = relationship(init=False, lazy="raise")


class UnitComponent(Base):
    """A component that the delivery note named inside a unit."""

    __tablename__ = "unit_components"
    __table_args__ = (
        UniqueConstraint("unit_id", "position"),
        Index("ix_unit_components_serial_key", "store_id", "serial_key", "unit_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    position: Mapped[str] = mapped_column(String(100))
    serial: Mapped[str] = mapped_column(String(100))
    serial_key: Mapped[str] = mapped_column(SERIAL_KEY)


class DeliveryNote(Base):
    """A received list of units; the same file is received once."""

    __tablename__ = "delivery_notes"
    __table_args__ = (
        UniqueConstraint("store_id", "file_sha256"),
        UniqueConstraint("store_id", "number"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    file_name: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(String(64))
    units: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime]
    received_by: Mapped[str]


class StagedFile(Base):
    """An uploaded delivery note between its preview and its confirmation, byte for byte."""

    __tablename__ = "staged_files"
    __table_args__ = (UniqueConstraint("store_id", "sha256"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UnitEvent(Base):
    """One line of a unit's timeline. `facts` fill the gaps of `summary` (JSON)."""

    __tablename__ = "unit_events"
    __table_args__ = (Index("ix_unit_events_unit", "unit_id", "at", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    summary: Mapped[LongText]
    facts: Mapped[LongText] = mapped_column(default="{}")
    link: Mapped[LongText] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")


class Ownership(Base):
    """Whose a unit is, from when to when; no row: the store's."""

    __tablename__ = "ownerships"
    __table_args__ = (
        Index(
            "uq_ownerships_current",
            "unit_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_ownerships_unit", "unit_id", "since", "id"),
        Index("ix_ownerships_customer", "customer_id", "id"),
        CheckConstraint("until IS NULL OR until >= since", name="in_order"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None] = mapped_column(default=None)


class UnitClaim(Base):
    """A unit kept for one sale since its scan; ends by release, by sale, or by time."""

    __tablename__ = "unit_claims"
    __table_args__ = (
        Index(
            "uq_unit_claims_live",
            "unit_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_unit_claims_owner", "owner"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    # who claims, e.g. `order:1042`; the domain above gives it
    owner: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str]
    claimed_at: Mapped[datetime]
    # None: money has been taken, the claim no longer ends by time
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

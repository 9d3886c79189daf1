"""Reference equipment: what it is, what its certificates say, what happened to it (ISO/IEC
17025:2017 6.4.13)."""

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

from app.calibration.procedure_models import FIGURE, UNIT
from app.kernel.db import Base, Key, LongText


class EquipmentState(StrEnum):
    """What somebody said of it. Whether it is due is derived from its certificates."""

    IN_SERVICE = "in_service"
    QUARANTINED = "quarantined"
    OUT_OF_SERVICE = "out_of_service"
    RETIRED = "retired"


class EquipmentHappening(StrEnum):
    REGISTERED = "registered"
    STATE = "state"
    CHECK_PASSED = "check_passed"
    CHECK_FAILED = "check_failed"
    DAMAGED = "damaged"
    REPAIRED = "repaired"
    ADJUSTED = "adjusted"
    MOVED = "moved"
    FIRMWARE = "firmware"
    MAINTAINED = "maintained"
    NOTE = "note"


class Equipment(Base):
    """One piece of reference equipment, by asset number and by maker, type and serial."""

    __tablename__ = "equipment"
    __table_args__ = (
        UniqueConstraint("store_id", "asset_key"),
        UniqueConstraint("store_id", "maker_key", "type_key", "serial_key"),
        Index("ix_equipment_kind", "store_id", "kind", "state", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    asset_number: Mapped[str] = mapped_column(String(40))
    asset_key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str]
    # A word such as `torque_cell`, `tracker`, `level`; what a procedure's need asks for.
    kind: Mapped[str] = mapped_column(String(40))
    maker: Mapped[str] = mapped_column(String(100))
    maker_key: Mapped[str] = mapped_column(String(100))
    type_name: Mapped[str] = mapped_column(String(100))
    type_key: Mapped[str] = mapped_column(String(100))
    serial: Mapped[str] = mapped_column(String(100))
    serial_key: Mapped[str] = mapped_column(String(100))
    firmware: Mapped[str] = mapped_column(String(64), default="")
    location: Mapped[str] = mapped_column(default="")
    state: Mapped[EquipmentState] = mapped_column(default=EquipmentState.IN_SERVICE)
    state_reason: Mapped[str] = mapped_column(default="")
    # Smallest step of its indication
    resolution: Mapped[str] = mapped_column(FIGURE, default="")
    unit: Mapped[str] = mapped_column(UNIT, default="")
    interval_months: Mapped[int | None] = mapped_column(Integer, default=None)
    # Intermediate checks (6.4.10): every so many days, None: none asked for
    check_days: Mapped[int | None] = mapped_column(Integer, default=None)
    acceptance: Mapped[LongText] = mapped_column(default="")
    maintenance: Mapped[LongText] = mapped_column(default="")
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, default=1)


class EquipmentCertificate(Base):
    """A calibration of a reference by somebody. Only its withdrawal is ever written into it."""

    __tablename__ = "equipment_certificates"
    __table_args__ = (
        UniqueConstraint("equipment_id", "issuer_key", "number_key"),
        Index("ix_equipment_certificates_latest", "equipment_id", "calibrated_on", "id"),
        CheckConstraint("due_on IS NULL OR due_on >= calibrated_on", name="due_after"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    issuer: Mapped[str] = mapped_column(String(200))
    issuer_key: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(String(100))
    number_key: Mapped[str] = mapped_column(String(100))
    # The accreditation that the issuer states, as written; empty: none
    accreditation: Mapped[str] = mapped_column(default="")
    calibrated_on: Mapped[date]
    # Valid through the end of this day in the store's zone; None: no due date
    due_on: Mapped[date | None] = mapped_column(default=None)
    # Whether it was within its limits when it came in; None: not said
    as_found_ok: Mapped[bool | None] = mapped_column(Boolean, default=None)
    adjusted: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[LongText] = mapped_column(default="")
    # Paper and DCC in the file store, by their bytes
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    file_name: Mapped[str] = mapped_column(default="")
    dcc_sha256: Mapped[str] = mapped_column(String(64), default="")
    dcc_schema: Mapped[str] = mapped_column(String(16), default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")
    withdrawn_why: Mapped[str] = mapped_column(default="")

    equipment: Mapped[Equipment] = relationship(init=False, lazy="raise")
    results: Mapped[list["EquipmentResult"]] = relationship(
        init=False, lazy="raise", order_by="EquipmentResult.seq"
    )


class EquipmentResult(Base):
    """A line of a reference's certificate: what it showed at a nominal value, with U and k."""

    __tablename__ = "equipment_results"
    __table_args__ = (UniqueConstraint("certificate_id", "seq"),)

    id: Mapped[Key] = mapped_column(init=False)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("equipment_certificates.id"))
    seq: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(default="")
    quantity: Mapped[str] = mapped_column(String(40), default="")
    unit: Mapped[str] = mapped_column(UNIT)
    nominal: Mapped[str] = mapped_column(FIGURE, default="")
    value: Mapped[str] = mapped_column(FIGURE, default="")
    # Indication minus reference; what is subtracted from a reading taken with it
    error: Mapped[str] = mapped_column(FIGURE, default="")
    expanded: Mapped[str] = mapped_column(FIGURE, default="")
    factor: Mapped[str] = mapped_column(FIGURE, default="2")
    # as-found or as-left; empty: not said
    phase: Mapped[str] = mapped_column(String(16), default="")


class EquipmentParent(Base):
    """The reference that a reference was calibrated with: a link of the chain."""

    __tablename__ = "equipment_parents"
    __table_args__ = (
        UniqueConstraint("certificate_id", "parent_id"),
        Index("ix_equipment_parents_parent", "parent_id", "certificate_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("equipment_certificates.id"))
    parent_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    # How much of the parent's error reaches the child (dimensionless unless units differ)
    sensitivity: Mapped[str] = mapped_column(FIGURE, default="1")


class EquipmentEvent(Base):
    """What happened to a piece of equipment. Append-only."""

    __tablename__ = "equipment_events"
    __table_args__ = (Index("ix_equipment_events_equipment", "equipment_id", "at", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    kind: Mapped[EquipmentHappening]
    at: Mapped[datetime]
    by: Mapped[str]
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")
    note: Mapped[LongText] = mapped_column(default="")


class EquipmentUser(Base):
    """Who may measure with it; without any row everybody may who may measure at all."""

    __tablename__ = "equipment_users"
    __table_args__ = (UniqueConstraint("equipment_id", "staff_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

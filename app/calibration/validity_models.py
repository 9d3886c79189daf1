"""How long a robot's calibrations hold, what ends them, and what is then asked for."""

from datetime import date, datetime
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

from app.calibration.procedure_models import TARGET, Procedure
from app.kernel.db import Base, Key, LongText


class Change(StrEnum):
    """What may end a calibration besides the calendar and the hours."""

    PART = "part"
    FIRMWARE = "firmware"
    FALL = "fall"
    SHIPPING = "shipping"
    REFERENCE = "reference"
    RECALL = "recall"
    FAILED = "failed"


class Reach(StrEnum):
    """Which targets a rule touches when something happens at a slot."""

    TARGET = "target"
    DESCENDANTS = "descendants"
    ROBOT = "robot"


class ValidityRule(Base):
    """Slot class × change → the procedure whose results at the reached targets end.

    An empty `slot_class` stands for every slot, and for changes of the robot as a whole.
    """

    __tablename__ = "validity_rules"
    __table_args__ = (UniqueConstraint("store_id", "slot_class", "change", "procedure_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    slot_class: Mapped[str] = mapped_column(String(32), default="")
    change: Mapped[Change]
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"))
    reach: Mapped[Reach] = mapped_column(default=Reach.TARGET)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    made_at: Mapped[datetime]
    made_by: Mapped[str]

    procedure: Mapped[Procedure] = relationship(init=False, lazy="raise")


class PresaleProcedure(Base):
    """What every new robot of a store has to pass once before it is handed over."""

    __tablename__ = "presale_procedures"
    __table_args__ = (UniqueConstraint("store_id", "procedure_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[str]

    procedure: Mapped[Procedure] = relationship(init=False, lazy="raise")


class Validity(Base):
    """A target of a robot passed a procedure, from when, and until what ends it."""

    __tablename__ = "validities"
    __table_args__ = (
        Index(
            "uq_validities_current",
            "unit_id",
            "procedure_id",
            "target",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_validities_unit", "unit_id", "target", "id"),
        Index("ix_validities_job", "job_id"),
        Index("ix_validities_due", "store_id", "ended_at", "due_on", "id"),
        CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="ended_by_something"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"))
    target: Mapped[str] = mapped_column(TARGET)
    job_id: Mapped[int] = mapped_column(ForeignKey("calibration_jobs.id"))
    valid_from: Mapped[datetime]
    # Holds through the end of this day in the store's zone, and up to these hours
    due_on: Mapped[date | None] = mapped_column(default=None)
    due_hours_s: Mapped[int | None] = mapped_column(BigInteger, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    # `superseded`, or a Change
    ended_by: Mapped[str] = mapped_column(String(16), default="")
    # What happened, JSON of a message and its facts, as the timeline keeps it
    ended_why: Mapped[LongText] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(String(64), default="")

    procedure: Mapped[Procedure] = relationship(init=False, lazy="raise")


class CalibrationDemand(Base):
    """A procedure that a robot must pass before it leaves, because something happened to it."""

    __tablename__ = "calibration_demands"
    __table_args__ = (
        Index(
            "uq_calibration_demands_open",
            "unit_id",
            "procedure_id",
            "target",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_calibration_demands_unit", "unit_id", "settled_at", "id"),
        Index("ix_calibration_demands_reference", "reference", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"))
    target: Mapped[str] = mapped_column(TARGET)
    change: Mapped[Change]
    why: Mapped[LongText]
    # The ticket it is done on, as the event named it
    reference: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    # The job that passed; NULL for one that was waived (`settled_why`)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("calibration_jobs.id"), default=None)
    settled_by: Mapped[str] = mapped_column(default="")
    settled_why: Mapped[str] = mapped_column(default="")

    procedure: Mapped[Procedure] = relationship(init=False, lazy="raise")


class Recalibration(Base):
    """The short way after an actuator was swapped: its steps, and who did each of them.

    The occupant is the one that the steps are about: another actuator begins another row.
    """

    __tablename__ = "recalibrations"
    __table_args__ = (
        UniqueConstraint("occupant_id"),
        Index("ix_recalibrations_unit", "unit_id", "id"),
        CheckConstraint("(held_at IS NULL) = (held_with = '')", name="held_by_two"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    occupant_id: Mapped[int] = mapped_column(ForeignKey("occupants.id"))
    target: Mapped[str] = mapped_column(TARGET)
    # The ticket it is done on
    reference: Mapped[str] = mapped_column(String(64), default="")
    identified_at: Mapped[datetime]
    identified_by: Mapped[str]
    firmware: Mapped[str] = mapped_column(String(64), default="")
    firmware_at: Mapped[datetime | None] = mapped_column(default=None)
    firmware_by: Mapped[str] = mapped_column(default="")
    # The job in which offsets are recorded and the joint is verified
    job_id: Mapped[int | None] = mapped_column(ForeignKey("calibration_jobs.id"), default=None)
    adjustment_id: Mapped[int | None] = mapped_column(ForeignKey("adjustments.id"), default=None)
    held_at: Mapped[datetime | None] = mapped_column(default=None)
    held_by: Mapped[str] = mapped_column(default="")
    held_with: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

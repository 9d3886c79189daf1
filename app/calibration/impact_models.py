"""A reference, version or person found wrong: what it touched; and what came by file."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.calibration.metrology.impact import Effect
from app.calibration.procedure_models import FIGURE, TARGET, UNIT
from app.kernel.db import Base, Key, LongText


class ImpactSubject(StrEnum):
    EQUIPMENT = "equipment"
    PROCEDURE = "procedure"
    SOFTWARE = "software"
    PERSON = "person"
    ROBOT = "robot"


class ImpactState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Disposition(StrEnum):
    NO_ACTION = "no_action"
    RECALL = "recall"
    AMEND = "amend"
    NOTIFY = "notify"


class ImpactCase(Base):
    """Something was found wrong, and every result it touched in the window is judged again."""

    __tablename__ = "impact_cases"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_impact_cases_state", "store_id", "state", "id"),
        CheckConstraint("until >= since", name="in_order"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    subject: Mapped[ImpactSubject]
    # Id of the equipment, version, person or robot; the engine's version for software
    subject_key: Mapped[str] = mapped_column(String(40))
    # (since, until]: from the last moment it was known good to when it was found bad
    since: Mapped[datetime]
    until: Mapped[datetime]
    bias: Mapped[str] = mapped_column(FIGURE, default="0")
    bias_standard: Mapped[str] = mapped_column(FIGURE, default="0")
    unit: Mapped[str] = mapped_column(UNIT, default="")
    reason: Mapped[LongText]
    state: Mapped[ImpactState] = mapped_column(default=ImpactState.OPEN)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[str] = mapped_column(default="")


class ImpactItem(Base):
    """A result within a case: how far it shifts, what that does to its verdict, what was done."""

    __tablename__ = "impact_items"
    __table_args__ = (
        UniqueConstraint("case_id", "result_id"),
        Index("ix_impact_items_case", "case_id", "effect", "id"),
        CheckConstraint(
            "(disposition IS NULL) = (disposed_at IS NULL)", name="disposed_by_somebody"
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("impact_cases.id"))
    result_id: Mapped[int] = mapped_column(ForeignKey("calibration_results.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    shift: Mapped[float] = mapped_column(Float(53))
    value: Mapped[float | None] = mapped_column(Float(53))
    conformance: Mapped[float | None] = mapped_column(Float(53))
    effect: Mapped[Effect]
    disposition: Mapped[Disposition | None] = mapped_column(default=None)
    reason: Mapped[LongText] = mapped_column(default="")
    disposed_at: Mapped[datetime | None] = mapped_column(default=None)
    disposed_by: Mapped[str] = mapped_column(default="")


class CalibrationFile(Base):
    """A file that calibration data came from; its bytes stand in the file store."""

    __tablename__ = "calibration_files"
    __table_args__ = (
        UniqueConstraint("store_id", "unit_id", "job_key", "kind", "sha256"),
        Index("ix_calibration_files_unit", "unit_id", "id"),
        Index("ix_calibration_files_newest", "store_id", "id"),
        CheckConstraint("job_key = coalesce(job_id, 0)", name="keyed_by_its_job"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    # Columns, units and decimal mark as declared (JSON)
    mapping: Mapped[LongText] = mapped_column(default="{}")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("calibration_jobs.id"), default=None)
    # Its id, or 0: a file may hold readings of several jobs, but never twice those of one
    job_key: Mapped[int] = mapped_column(BigInteger, default=0)
    # When the maker or tool says that it was measured, if it says so
    measured_at: Mapped[datetime | None] = mapped_column(default=None)
    imported_at: Mapped[datetime]
    imported_by: Mapped[str]


class CalibrationUpload(Base):
    """A file on its way in: what it is and how it is to be read can still be changed."""

    __tablename__ = "calibration_uploads"
    __table_args__ = (Index("ix_calibration_uploads_newest", "store_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    # What a person declared of it (JSON); empty: nothing yet
    settings: Mapped[LongText] = mapped_column(default="")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("calibration_jobs.id"), default=None)
    measured_at: Mapped[datetime | None] = mapped_column(default=None)
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]


class FileMapping(Base):
    """How files of a kind of device are read, kept by a name: columns, unit, decimal mark."""

    __tablename__ = "file_mappings"
    __table_args__ = (UniqueConstraint("store_id", "kind", "name_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80))
    settings: Mapped[LongText]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str]


class ImportedValue(Base):
    """A parameter that a file states of one target, as written. Append-only."""

    __tablename__ = "imported_values"
    __table_args__ = (
        UniqueConstraint("file_id", "seq"),
        Index("ix_imported_values_target", "unit_id", "target", "parameter", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    file_id: Mapped[int] = mapped_column(ForeignKey("calibration_files.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    seq: Mapped[int] = mapped_column(Integer)
    line: Mapped[int | None] = mapped_column(Integer, default=None)
    target: Mapped[str] = mapped_column(TARGET)
    parameter: Mapped[str] = mapped_column(String(100))
    value: Mapped[LongText]
    unit: Mapped[str] = mapped_column(UNIT, default="")


class IntervalSuggestion(Base):
    """A changed interval that was computed, and what a person made of it."""

    __tablename__ = "interval_suggestions"
    __table_args__ = (
        Index("ix_interval_suggestions_equipment", "equipment_id", "id"),
        Index("ix_interval_suggestions_procedure", "procedure_id", "id"),
        CheckConstraint("(equipment_id IS NULL) <> (procedure_id IS NULL)", name="of_one_thing"),
        CheckConstraint("accepted OR reason <> ''", name="declined_for_a_reason"),
        CheckConstraint("before_days > 0 AND after_days > 0", name="days_above_zero"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    equipment_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"), default=None)
    procedure_id: Mapped[int | None] = mapped_column(ForeignKey("procedures.id"), default=None)
    method: Mapped[str] = mapped_column(String(32))
    before_days: Mapped[int] = mapped_column(Integer)
    after_days: Mapped[int] = mapped_column(Integer)
    evidence: Mapped[LongText]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
    accepted: Mapped[bool]
    reason: Mapped[LongText] = mapped_column(default="")

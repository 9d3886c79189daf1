"""A calibration of one robot: the job, its equipment, readings, adjustments and results."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.calibration.equipment_models import Equipment, EquipmentCertificate
from app.calibration.metrology.decision import Verdict
from app.calibration.procedure_models import FIGURE, ROLE, TARGET, UNIT, ProcedureVersion
from app.kernel.db import Base, Key, LongText
from app.robots.models import Unit


class JobState(StrEnum):
    PLANNED = "planned"
    MEASURING = "measuring"
    MEASURED = "measured"
    REVIEWED = "reviewed"
    CERTIFIED = "certified"
    ON_HOLD = "on_hold"
    CANCELLED = "cancelled"
    VOIDED = "voided"


class JobReason(StrEnum):
    SCHEDULED = "scheduled"
    AFTER_REPAIR = "after_repair"
    PRE_SALE = "pre_sale"
    INCOMING = "incoming"
    WARRANTY = "warranty"
    AUDIT = "audit"


class Phase(StrEnum):
    AS_FOUND = "as_found"
    AS_LEFT = "as_left"


class ReadingSource(StrEnum):
    MANUAL = "manual"
    SCAN = "scan"
    PASTE = "paste"
    FILE = "file"
    PROGRAM = "program"


# A reviewed job waits for its certificate alone; the robot may be measured again meanwhile.
_BEING_MEASURED = "ended_at IS NULL AND state <> 'reviewed'"


class CalibrationJob(Base):
    """One run of a procedure version on a robot.

    `snapshot` is JSON, the as-maintained configuration when it began. `version` rises at each
    change, for two people on one job.
    """

    __tablename__ = "calibration_jobs"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index(
            "uq_calibration_jobs_open",
            "unit_id",
            "version_id",
            unique=True,
            sqlite_where=text(_BEING_MEASURED),
            postgresql_where=text(_BEING_MEASURED),
        ),
        Index("ix_calibration_jobs_unit", "unit_id", "id"),
        Index("ix_calibration_jobs_state", "store_id", "state", "id"),
        Index("ix_calibration_jobs_reference", "reference", "id"),
        CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('certified', 'cancelled', 'voided'))",
            name="ended_when_over",
        ),
        CheckConstraint(
            "reviewer_id IS NULL OR reviewer_id <> performer_id OR is_self_reviewed",
            name="reviewed_by_another",
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    state: Mapped[JobState] = mapped_column(default=JobState.PLANNED)
    # Where a job on hold goes on
    held_from: Mapped[str] = mapped_column(String(16), default="")
    hold_reason: Mapped[str] = mapped_column(default="")
    reason: Mapped[JobReason]
    # The ticket or order it is done for, such as `ticket:S-1001`; empty: for itself
    reference: Mapped[str] = mapped_column(String(64), default="")
    # Places of the version's points that it measures, parted by commas; empty: all
    points: Mapped[LongText] = mapped_column(default="")
    snapshot: Mapped[LongText] = mapped_column(default="")
    hours_s: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # Where it is done; empty: in the store
    place: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime | None] = mapped_column(default=None)
    condition: Mapped[LongText] = mapped_column(default="")
    # Additions to, deviations and exclusions from the method (ISO/IEC 17025 7.8.2.1 n)
    deviations: Mapped[LongText] = mapped_column(default="")
    temperature_start: Mapped[str] = mapped_column(FIGURE, default="")
    temperature_end: Mapped[str] = mapped_column(FIGURE, default="")
    humidity_start: Mapped[str] = mapped_column(FIGURE, default="")
    humidity_end: Mapped[str] = mapped_column(FIGURE, default="")
    # Who said that nothing was adjusted, so that as left is as found; never assumed
    unadjusted_by: Mapped[str] = mapped_column(default="")
    unadjusted_at: Mapped[datetime | None] = mapped_column(default=None)
    performer_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    performer: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    measured_at: Mapped[datetime | None] = mapped_column(default=None)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    reviewer: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None)
    review_note: Mapped[LongText] = mapped_column(default="")
    # In a store of one person, printed on the certificate
    is_self_reviewed: Mapped[bool] = mapped_column(Boolean, default=False)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, default=1)

    unit: Mapped[Unit] = relationship(init=False, lazy="raise")
    procedure_version: Mapped[ProcedureVersion] = relationship(init=False, lazy="raise")


class JobEquipment(Base):
    """Who plays a role in a job, by the certificate of that day; frozen at the first reading."""

    __tablename__ = "job_equipment"
    __table_args__ = (
        UniqueConstraint("job_id", "role"),
        Index("ix_job_equipment_equipment", "equipment_id", "job_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    job_id: Mapped[int] = mapped_column(ForeignKey("calibration_jobs.id"))
    role: Mapped[str] = mapped_column(ROLE)
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("equipment_certificates.id"))
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[str]
    frozen_at: Mapped[datetime | None] = mapped_column(default=None)
    # The step of its indication as it was when frozen; its register may change later
    resolution: Mapped[str] = mapped_column(FIGURE, default="")
    resolution_unit: Mapped[str] = mapped_column(UNIT, default="")

    equipment: Mapped[Equipment] = relationship(init=False, lazy="raise")
    certificate: Mapped[EquipmentCertificate] = relationship(init=False, lazy="raise")


class Reading(Base):
    """What was read, as typed and as numbers in the point's unit. Append-only.

    A retake is a new row of the same `seq` that names the one it replaces; both stay.
    """

    __tablename__ = "readings"
    __table_args__ = (
        Index(
            "uq_readings_first",
            "job_id",
            "point_id",
            "phase",
            "seq",
            unique=True,
            sqlite_where=text("replaces_id IS NULL"),
            postgresql_where=text("replaces_id IS NULL"),
        ),
        UniqueConstraint("replaces_id"),
        CheckConstraint("replaces_id IS NULL OR reason <> ''", name="replaced_for_a_reason"),
        CheckConstraint(
            "(equipment_id IS NULL) = (equipment_certificate_id IS NULL)", name="traceable"
        ),
        Index("ix_readings_job", "job_id", "point_id", "phase", "seq", "id"),
        Index("ix_readings_equipment", "equipment_id", "taken_at", "job_id"),
        # what rests on a certificate is read out of this alone
        Index("ix_readings_certificate", "equipment_certificate_id", "job_id", "point_id", "phase"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    job_id: Mapped[int] = mapped_column(ForeignKey("calibration_jobs.id"))
    point_id: Mapped[int] = mapped_column(ForeignKey("procedure_points.id"))
    phase: Mapped[Phase]
    seq: Mapped[int] = mapped_column(Integer)
    raw_text: Mapped[str] = mapped_column(String(400))
    # JSON list of floats in the point's unit, as many as it has components
    numbers: Mapped[LongText]
    unit: Mapped[str] = mapped_column(UNIT)
    source: Mapped[ReadingSource] = mapped_column(default=ReadingSource.MANUAL)
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    line: Mapped[int | None] = mapped_column(Integer, default=None)
    equipment_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"), default=None)
    equipment_certificate_id: Mapped[int | None] = mapped_column(
        ForeignKey("equipment_certificates.id"), default=None
    )
    taken_at: Mapped[datetime]
    taken_by: Mapped[str]
    # Who may not review it; NULL for a program
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("readings.id"), default=None)
    reason: Mapped[str] = mapped_column(default="")


class ReadingExclusion(Base):
    """A reading that is left out, visibly and for a reason. Append-only."""

    __tablename__ = "reading_exclusions"
    __table_args__ = (
        UniqueConstraint("reading_id"),
        CheckConstraint("reason <> ''", name="for_a_reason"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    reading_id: Mapped[int] = mapped_column(ForeignKey("readings.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]


class Adjustment(Base):
    """A parameter of the robot was changed between as-found and as-left. Append-only."""

    __tablename__ = "adjustments"
    __table_args__ = (Index("ix_adjustments_job", "job_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    job_id: Mapped[int] = mapped_column(ForeignKey("calibration_jobs.id"))
    target: Mapped[str] = mapped_column(TARGET)
    parameter: Mapped[str] = mapped_column(String(100))
    before: Mapped[str] = mapped_column(String(100), default="")
    after: Mapped[str] = mapped_column(String(100))
    unit: Mapped[str] = mapped_column(UNIT, default="")
    firmware: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    by: Mapped[str]
    note: Mapped[LongText] = mapped_column(default="")


class CalibrationResult(Base):
    """What readings, version and equipment certificates come to at one point.

    `content` is canonical JSON (sorted keys, shortest floats) with everything, budget included;
    the columns repeat what lists and searches ask for. Recomputing gives the same bytes.
    """

    __tablename__ = "calibration_results"
    __table_args__ = (
        UniqueConstraint("job_id", "point_id", "phase"),
        CheckConstraint(
            "verdict IS NULL OR (expanded IS NOT NULL AND expanded > 0)",
            name="verdict_has_uncertainty",
        ),
        CheckConstraint(
            "value IS NOT NULL OR verdict IS NULL OR verdict NOT IN ('pass', 'cond_pass')",
            name="missing_never_passes",
        ),
        Index("ix_calibration_results_point", "point_id", "phase", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    job_id: Mapped[int] = mapped_column(ForeignKey("calibration_jobs.id"))
    point_id: Mapped[int] = mapped_column(ForeignKey("procedure_points.id"))
    phase: Mapped[Phase]
    readings: Mapped[int] = mapped_column(Integer)
    value: Mapped[float | None] = mapped_column(Float(53), default=None)
    standard: Mapped[float | None] = mapped_column(Float(53), default=None)
    # without a value: infinitely many
    dof: Mapped[float | None] = mapped_column(Float(53), default=None)
    factor: Mapped[float | None] = mapped_column(Float(53), default=None)
    expanded: Mapped[float | None] = mapped_column(Float(53), default=None)
    conformance: Mapped[float | None] = mapped_column(Float(53), default=None)
    # NULL: for information only, the point has no limits
    verdict: Mapped[Verdict | None] = mapped_column(default=None)
    content: Mapped[LongText]
    inputs_sha256: Mapped[str] = mapped_column(String(64))
    engine: Mapped[str] = mapped_column(String(16))
    computed_at: Mapped[datetime]


class MeasurementRules(Base):
    """How a store measures where stores differ; without a row as the defaults say."""

    __tablename__ = "measurement_rules"
    __table_args__ = (UniqueConstraint("store_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    # there is nobody else: who measured may review it, and the certificate says so
    may_review_own: Mapped[bool] = mapped_column(Boolean, default=False)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]

"""How something is measured: procedures, their versions, points, budgets and what they ask for.

Figures are kept as they were typed (decimal text); they become floats in the metrology core alone.
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

from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party, Rule
from app.kernel.db import Base, Key, LongText

FIGURE = String(40)
TARGET = String(180)
UNIT = String(32)
ROLE = String(40)


class VersionState(StrEnum):
    DRAFT = "draft"
    RELEASED = "released"
    RETIRED = "retired"


class RowSource(StrEnum):
    """Where a budget row's value comes from when a job is evaluated."""

    FIXED = "fixed"
    RESOLUTION = "resolution"
    REFERENCE = "reference"


class Procedure(Base):
    """A procedure by its code; what it says stands in its versions."""

    __tablename__ = "procedures"
    __table_args__ = (UniqueConstraint("store_id", "code_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    code: Mapped[str] = mapped_column(String(40))
    code_key: Mapped[str] = mapped_column(String(40))


class ProcedureVersion(Base):
    """One edition; once released nothing in it or below it changes, it is only retired."""

    __tablename__ = "procedure_versions"
    __table_args__ = (
        UniqueConstraint("procedure_id", "number"),
        Index(
            "uq_procedure_versions_released",
            "procedure_id",
            "model_key",
            unique=True,
            sqlite_where=text("state = 'released'"),
            postgresql_where=text("state = 'released'"),
        ),
        CheckConstraint("(rule = 'iso_14253_1') = (party IS NOT NULL)", name="party_of_its_rule"),
        CheckConstraint(
            "state = 'draft' OR (released_at IS NOT NULL AND content_sha256 <> '')",
            name="released_by_somebody",
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    procedure_id: Mapped[int] = mapped_column(ForeignKey("procedures.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT)
    title: Mapped[str]
    # The model it is for; without one it serves every model. `model_key` is its id, or 0.
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    model_key: Mapped[int] = mapped_column(Integer, default=0)
    # What is done, in words; and the standard or clause it follows, as far as it does.
    method: Mapped[LongText] = mapped_column(default="")
    standard: Mapped[str] = mapped_column(default="")
    rule: Mapped[Rule] = mapped_column(default=Rule.GUARD_BAND)
    guard_ratio: Mapped[str] = mapped_column(FIGURE, default="1")
    party: Mapped[Party | None] = mapped_column(default=None)
    coverage: Mapped[str] = mapped_column(FIGURE, default="0.9545")
    # Limits of the surroundings, empty: none. Degrees Celsius and per cent.
    temperature_from: Mapped[str] = mapped_column(FIGURE, default="")
    temperature_to: Mapped[str] = mapped_column(FIGURE, default="")
    humidity_to: Mapped[str] = mapped_column(FIGURE, default="")
    # How long a pass holds where nothing happens; empty: until an event.
    valid_months: Mapped[int | None] = mapped_column(Integer, default=None)
    valid_hours: Mapped[int | None] = mapped_column(Integer, default=None)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    released_at: Mapped[datetime | None] = mapped_column(default=None)
    released_by: Mapped[str] = mapped_column(default="")
    retired_at: Mapped[datetime | None] = mapped_column(default=None)
    retired_by: Mapped[str] = mapped_column(default="")
    # Over the canonical text of the version with its points, budgets and needs.
    content_sha256: Mapped[str] = mapped_column(String(64), default="")

    procedure: Mapped[Procedure] = relationship(init=False, lazy="raise")
    points: Mapped[list["ProcedurePoint"]] = relationship(
        init=False, lazy="raise", order_by="ProcedurePoint.seq"
    )
    needs: Mapped[list["EquipmentNeed"]] = relationship(
        init=False, lazy="raise", order_by="EquipmentNeed.role"
    )


class ProcedurePoint(Base):
    """What is measured or computed at one target.

    `method` names a function of app/calibration/methods.py. A measured point takes `readings`
    readings of `components` numbers each; a computed one (`readings` = 0) reads the points whose
    seq stand in `inputs` (JSON list). `settings` is JSON, what the method needs besides.
    """

    __tablename__ = "procedure_points"
    __table_args__ = (
        UniqueConstraint("version_id", "seq"),
        CheckConstraint("readings >= 0", name="readings_not_negative"),
        CheckConstraint("readings > 0 OR inputs <> '[]'", name="measured_or_computed"),
        CheckConstraint("components BETWEEN 1 AND 16", name="components_known"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    seq: Mapped[int] = mapped_column(Integer)
    label: Mapped[str]
    # `joint:left_knee_joint`, `frame:imu_in_torso`, `slot:battery.1`, or `robot`
    target: Mapped[str] = mapped_column(TARGET)
    quantity: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(UNIT)
    method: Mapped[str] = mapped_column(String(40), default="mean")
    settings: Mapped[LongText] = mapped_column(default="{}")
    inputs: Mapped[LongText] = mapped_column(default="[]")
    nominal: Mapped[str] = mapped_column(FIGURE, default="")
    lower: Mapped[str] = mapped_column(FIGURE, default="")
    upper: Mapped[str] = mapped_column(FIGURE, default="")
    readings: Mapped[int] = mapped_column(Integer)
    components: Mapped[int] = mapped_column(Integer, default=1)
    # The equipment role that reads it; empty: the robot itself, or a computed figure.
    role: Mapped[str] = mapped_column(ROLE, default="")
    # Whether the point is part of the release, or for information only (no limits).
    is_required: Mapped[bool] = mapped_column(Boolean, default=True)

    budget: Mapped[list["BudgetLine"]] = relationship(
        init=False, lazy="raise", order_by="BudgetLine.seq"
    )


class BudgetLine(Base):
    """A row of a point's uncertainty budget, besides the readings' own spread."""

    __tablename__ = "budget_lines"
    __table_args__ = (UniqueConstraint("point_id", "seq"), UniqueConstraint("point_id", "name"))

    id: Mapped[Key] = mapped_column(init=False)
    point_id: Mapped[int] = mapped_column(ForeignKey("procedure_points.id"))
    seq: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(100))
    source: Mapped[RowSource] = mapped_column(default=RowSource.FIXED)
    # For RESOLUTION and REFERENCE: whose. The value is then read from that equipment.
    role: Mapped[str] = mapped_column(ROLE, default="")
    evaluation: Mapped[Evaluation] = mapped_column(default=Evaluation.OTHER)
    distribution: Mapped[Distribution] = mapped_column(default=Distribution.RECTANGULAR)
    value: Mapped[str] = mapped_column(FIGURE, default="")
    unit: Mapped[str] = mapped_column(UNIT, default="")
    # k of a normal row, the ratio of top to base of a trapezoid; else empty
    parameter: Mapped[str] = mapped_column(FIGURE, default="")
    sensitivity: Mapped[str] = mapped_column(FIGURE, default="1")
    sensitivity_unit: Mapped[str] = mapped_column(UNIT, default="")
    # left empty: infinitely many
    dof: Mapped[str] = mapped_column(FIGURE, default="")
    correlation_group: Mapped[str] = mapped_column(String(40), default="")


class EquipmentNeed(Base):
    """A role that a procedure gives to reference equipment: of which kind, and how good."""

    __tablename__ = "equipment_needs"
    __table_args__ = (UniqueConstraint("version_id", "role"),)

    id: Mapped[Key] = mapped_column(init=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    role: Mapped[str] = mapped_column(ROLE)
    kind: Mapped[str] = mapped_column(String(40))
    largest_expanded: Mapped[str] = mapped_column(FIGURE, default="")
    unit: Mapped[str] = mapped_column(UNIT, default="")

"""How long calibrations hold, and what is asked for when they end."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "validity_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("slot_class", sa.String(length=32), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "part",
                "firmware",
                "fall",
                "shipping",
                "reference",
                "recall",
                "failed",
                name="change",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("procedure_id", KEY, nullable=False),
        sa.Column(
            "reach",
            sa.Enum("target", "descendants", "robot", name="reach", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedures.id"],
            name=op.f("fk_validity_rules_procedure_id_procedures"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_validity_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validity_rules")),
        sa.UniqueConstraint(
            "store_id",
            "slot_class",
            "change",
            "procedure_id",
            name=op.f("uq_validity_rules_store_id_slot_class_change_procedure_id"),
        ),
    )
    op.create_table(
        "calibration_demands",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("procedure_id", KEY, nullable=False),
        sa.Column("target", sa.String(length=180), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "part",
                "firmware",
                "fall",
                "shipping",
                "reference",
                "recall",
                "failed",
                name="change",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=False),
        sa.Column("settled_why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_calibration_demands_job_id_calibration_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedures.id"],
            name=op.f("fk_calibration_demands_procedure_id_procedures"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_calibration_demands_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_calibration_demands_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_demands")),
    )
    op.create_index(
        "ix_calibration_demands_reference", "calibration_demands", ["reference", "id"], unique=False
    )
    op.create_index(
        "ix_calibration_demands_unit",
        "calibration_demands",
        ["unit_id", "settled_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_calibration_demands_open",
        "calibration_demands",
        ["unit_id", "procedure_id", "target"],
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "validities",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("procedure_id", KEY, nullable=False),
        sa.Column("target", sa.String(length=180), nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_hours_s", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=False),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by = '')", name=op.f("ck_validities_ended_by_something")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["calibration_jobs.id"], name=op.f("fk_validities_job_id_calibration_jobs")
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedures.id"], name=op.f("fk_validities_procedure_id_procedures")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_validities_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_validities_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validities")),
    )
    op.create_index(
        "ix_validities_due", "validities", ["store_id", "ended_at", "due_on", "id"], unique=False
    )
    op.create_index("ix_validities_job", "validities", ["job_id"], unique=False)
    op.create_index("ix_validities_unit", "validities", ["unit_id", "target", "id"], unique=False)
    op.create_index(
        "uq_validities_current",
        "validities",
        ["unit_id", "procedure_id", "target"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "recalibrations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("slot_id", KEY, nullable=False),
        sa.Column("occupant_id", KEY, nullable=False),
        sa.Column("target", sa.String(length=180), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("identified_at", UtcDateTime(), nullable=False),
        sa.Column("identified_by", sa.String(length=200), nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("firmware_at", UtcDateTime(), nullable=True),
        sa.Column("firmware_by", sa.String(length=200), nullable=False),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("adjustment_id", KEY, nullable=True),
        sa.Column("held_at", UtcDateTime(), nullable=True),
        sa.Column("held_by", sa.String(length=200), nullable=False),
        sa.Column("held_with", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(held_at IS NULL) = (held_with = '')", name=op.f("ck_recalibrations_held_by_two")
        ),
        sa.ForeignKeyConstraint(
            ["adjustment_id"],
            ["adjustments.id"],
            name=op.f("fk_recalibrations_adjustment_id_adjustments"),
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_recalibrations_job_id_calibration_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["occupant_id"], ["occupants.id"], name=op.f("fk_recalibrations_occupant_id_occupants")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slots.id"], name=op.f("fk_recalibrations_slot_id_slots")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_recalibrations_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_recalibrations_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalibrations")),
        sa.UniqueConstraint("occupant_id", name=op.f("uq_recalibrations_occupant_id")),
    )
    op.create_index("ix_recalibrations_unit", "recalibrations", ["unit_id", "id"], unique=False)

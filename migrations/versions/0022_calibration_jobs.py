"""Calibration jobs: readings that are only added to, adjustments, results."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calibration_jobs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "measuring",
                "measured",
                "reviewed",
                "certified",
                "on_hold",
                "cancelled",
                "voided",
                name="jobstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("held_from", sa.String(length=16), nullable=False),
        sa.Column("hold_reason", sa.String(length=200), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "scheduled",
                "after_repair",
                "pre_sale",
                "incoming",
                "warranty",
                "audit",
                name="jobreason",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("hours_s", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("deviations", sa.Text(), nullable=False),
        sa.Column("temperature_start", sa.String(length=40), nullable=False),
        sa.Column("temperature_end", sa.String(length=40), nullable=False),
        sa.Column("humidity_start", sa.String(length=40), nullable=False),
        sa.Column("humidity_end", sa.String(length=40), nullable=False),
        sa.Column("unadjusted_by", sa.String(length=200), nullable=False),
        sa.Column("unadjusted_at", UtcDateTime(), nullable=True),
        sa.Column("performer_id", KEY, nullable=True),
        sa.Column("performer", sa.String(length=200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("measured_at", UtcDateTime(), nullable=True),
        sa.Column("reviewer_id", KEY, nullable=True),
        sa.Column("reviewer", sa.String(length=200), nullable=False),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=False),
        sa.Column("is_self_reviewed", sa.Boolean(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('certified', 'cancelled', 'voided'))",
            name=op.f("ck_calibration_jobs_ended_when_over"),
        ),
        sa.CheckConstraint(
            "reviewer_id IS NULL OR reviewer_id <> performer_id OR is_self_reviewed",
            name=op.f("ck_calibration_jobs_reviewed_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["performer_id"], ["staff.id"], name=op.f("fk_calibration_jobs_performer_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["staff.id"], name=op.f("fk_calibration_jobs_reviewer_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_calibration_jobs_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_calibration_jobs_unit_id_units")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["procedure_versions.id"],
            name=op.f("fk_calibration_jobs_version_id_procedure_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_jobs")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_calibration_jobs_store_id_number")),
    )
    op.create_index(
        "ix_calibration_jobs_reference", "calibration_jobs", ["reference", "id"], unique=False
    )
    op.create_index(
        "ix_calibration_jobs_state", "calibration_jobs", ["store_id", "state", "id"], unique=False
    )
    op.create_index("ix_calibration_jobs_unit", "calibration_jobs", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_calibration_jobs_open",
        "calibration_jobs",
        ["unit_id", "version_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND state <> 'reviewed'"),
        postgresql_where=sa.text("ended_at IS NULL AND state <> 'reviewed'"),
    )
    op.create_table(
        "adjustments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("target", sa.String(length=180), nullable=False),
        sa.Column("parameter", sa.String(length=100), nullable=False),
        sa.Column("before", sa.String(length=100), nullable=False),
        sa.Column("after", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["calibration_jobs.id"], name=op.f("fk_adjustments_job_id_calibration_jobs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
    )
    op.create_index("ix_adjustments_job", "adjustments", ["job_id", "id"], unique=False)
    op.create_table(
        "calibration_results",
        sa.Column("id", KEY, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("point_id", KEY, nullable=False),
        sa.Column(
            "phase",
            sa.Enum("as_found", "as_left", name="phase", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("standard", sa.Float(precision=53), nullable=True),
        sa.Column("dof", sa.Float(precision=53), nullable=True),
        sa.Column("factor", sa.Float(precision=53), nullable=True),
        sa.Column("expanded", sa.Float(precision=53), nullable=True),
        sa.Column("conformance", sa.Float(precision=53), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "pass",
                "cond_pass",
                "cond_fail",
                "fail",
                "inconclusive",
                name="verdict",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=16), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "value IS NOT NULL OR verdict IS NULL OR verdict NOT IN ('pass', 'cond_pass')",
            name=op.f("ck_calibration_results_missing_never_passes"),
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR (expanded IS NOT NULL AND expanded > 0)",
            name=op.f("ck_calibration_results_verdict_has_uncertainty"),
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_calibration_results_job_id_calibration_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["point_id"],
            ["procedure_points.id"],
            name=op.f("fk_calibration_results_point_id_procedure_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_results")),
        sa.UniqueConstraint(
            "job_id", "point_id", "phase", name=op.f("uq_calibration_results_job_id_point_id_phase")
        ),
    )
    op.create_index(
        "ix_calibration_results_point",
        "calibration_results",
        ["point_id", "phase", "id"],
        unique=False,
    )
    op.create_table(
        "job_equipment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("equipment_id", KEY, nullable=False),
        sa.Column("certificate_id", KEY, nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.Column("chosen_by", sa.String(length=200), nullable=False),
        sa.Column("frozen_at", UtcDateTime(), nullable=True),
        sa.Column("resolution", sa.String(length=40), nullable=False),
        sa.Column("resolution_unit", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["equipment_certificates.id"],
            name=op.f("fk_job_equipment_certificate_id_equipment_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_job_equipment_equipment_id_equipment")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_job_equipment_job_id_calibration_jobs"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_equipment")),
        sa.UniqueConstraint("job_id", "role", name=op.f("uq_job_equipment_job_id_role")),
    )
    op.create_index(
        "ix_job_equipment_equipment", "job_equipment", ["equipment_id", "job_id"], unique=False
    )
    op.create_table(
        "readings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("point_id", KEY, nullable=False),
        sa.Column(
            "phase",
            sa.Enum("as_found", "as_left", name="phase", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("raw_text", sa.String(length=400), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "manual",
                "scan",
                "paste",
                "file",
                "program",
                name="readingsource",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("equipment_id", KEY, nullable=True),
        sa.Column("equipment_certificate_id", KEY, nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.String(length=200), nullable=False),
        sa.Column("taken_by_id", KEY, nullable=True),
        sa.Column("replaces_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "replaces_id IS NULL OR reason <> ''", name=op.f("ck_readings_replaced_for_a_reason")
        ),
        sa.CheckConstraint(
            "(equipment_id IS NULL) = (equipment_certificate_id IS NULL)",
            name=op.f("ck_readings_traceable"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_certificate_id"],
            ["equipment_certificates.id"],
            name=op.f("fk_readings_equipment_certificate_id_equipment_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_readings_equipment_id_equipment")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["calibration_jobs.id"], name=op.f("fk_readings_job_id_calibration_jobs")
        ),
        sa.ForeignKeyConstraint(
            ["point_id"],
            ["procedure_points.id"],
            name=op.f("fk_readings_point_id_procedure_points"),
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["staff.id"], name=op.f("fk_readings_taken_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["readings.id"], name=op.f("fk_readings_replaces_id_readings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_readings_replaces_id")),
    )
    op.create_index(
        "ix_readings_equipment", "readings", ["equipment_id", "taken_at", "job_id"], unique=False
    )
    op.create_index(
        "ix_readings_job", "readings", ["job_id", "point_id", "phase", "seq", "id"], unique=False
    )
    op.create_index(
        "uq_readings_first",
        "readings",
        ["job_id", "point_id", "phase", "seq"],
        unique=True,
        sqlite_where=sa.text("replaces_id IS NULL"),
        postgresql_where=sa.text("replaces_id IS NULL"),
    )
    op.create_table(
        "reading_exclusions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reading_id", KEY, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_reading_exclusions_for_a_reason")),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["readings.id"], name=op.f("fk_reading_exclusions_reading_id_readings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_exclusions")),
        sa.UniqueConstraint("reading_id", name=op.f("uq_reading_exclusions_reading_id")),
    )
    op.create_table(
        "measurement_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("may_review_own", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_measurement_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement_rules")),
        sa.UniqueConstraint("store_id", name=op.f("uq_measurement_rules_store_id")),
    )

    dialect = op.get_bind().dialect.name
    for table in ("readings", "reading_exclusions", "adjustments"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)

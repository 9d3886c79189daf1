"""What a bad reference touched, files that data came from, intervals."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "impact_cases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "subject",
            sa.Enum(
                "equipment",
                "procedure",
                "software",
                "person",
                name="impactsubject",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_key", sa.String(length=40), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("bias", sa.String(length=40), nullable=False),
        sa.Column("bias_standard", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="impactstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("until >= since", name=op.f("ck_impact_cases_in_order")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_impact_cases_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_cases")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_impact_cases_store_id_number")),
    )
    op.create_index(
        "ix_impact_cases_state", "impact_cases", ["store_id", "state", "id"], unique=False
    )
    op.create_table(
        "interval_suggestions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("equipment_id", KEY, nullable=True),
        sa.Column("procedure_id", KEY, nullable=True),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("before_days", sa.Integer(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_interval_suggestions_equipment_id_equipment"),
        ),
        sa.CheckConstraint(
            "(equipment_id IS NULL) <> (procedure_id IS NULL)",
            name=op.f("ck_interval_suggestions_of_one_thing"),
        ),
        sa.CheckConstraint(
            "accepted OR reason <> ''", name=op.f("ck_interval_suggestions_declined_for_a_reason")
        ),
        sa.CheckConstraint(
            "before_days > 0 AND after_days > 0",
            name=op.f("ck_interval_suggestions_days_above_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedures.id"],
            name=op.f("fk_interval_suggestions_procedure_id_procedures"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_interval_suggestions_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interval_suggestions")),
    )
    op.create_index(
        "ix_interval_suggestions_equipment",
        "interval_suggestions",
        ["equipment_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_interval_suggestions_procedure",
        "interval_suggestions",
        ["procedure_id", "id"],
        unique=False,
    )
    op.create_table(
        "calibration_files",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("job_key", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=True),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_calibration_files_job_id_calibration_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_calibration_files_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_calibration_files_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_files")),
        sa.CheckConstraint(
            "job_key = coalesce(job_id, 0)", name=op.f("ck_calibration_files_keyed_by_its_job")
        ),
        sa.UniqueConstraint(
            "store_id",
            "unit_id",
            "job_key",
            "kind",
            "sha256",
            name=op.f("uq_calibration_files_store_id_unit_id_job_key_kind_sha256"),
        ),
    )
    op.create_index(
        "ix_calibration_files_newest", "calibration_files", ["store_id", "id"], unique=False
    )
    op.create_table(
        "calibration_uploads",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("measured_at", UtcDateTime(), nullable=True),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_calibration_uploads_job_id_calibration_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_calibration_uploads_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_calibration_uploads_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_uploads")),
    )
    op.create_index(
        "ix_calibration_uploads_newest", "calibration_uploads", ["store_id", "id"], unique=False
    )
    op.create_table(
        "file_mappings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_file_mappings_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_mappings")),
        sa.UniqueConstraint(
            "store_id", "kind", "name_key", name=op.f("uq_file_mappings_store_id_kind_name_key")
        ),
    )
    op.create_index(
        "ix_calibration_files_unit", "calibration_files", ["unit_id", "id"], unique=False
    )
    op.create_table(
        "impact_items",
        sa.Column("id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("result_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("shift", sa.Float(precision=53), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("conformance", sa.Float(precision=53), nullable=True),
        sa.Column(
            "effect",
            sa.Enum(
                "unaffected", "may_change", "changes", name="effect", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "disposition",
            sa.Enum(
                "no_action",
                "recall",
                "amend",
                "notify",
                name="disposition",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("disposed_at", UtcDateTime(), nullable=True),
        sa.Column("disposed_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(disposition IS NULL) = (disposed_at IS NULL)",
            name=op.f("ck_impact_items_disposed_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["impact_cases.id"], name=op.f("fk_impact_items_case_id_impact_cases")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["calibration_results.id"],
            name=op.f("fk_impact_items_result_id_calibration_results"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_impact_items_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_items")),
        sa.UniqueConstraint("case_id", "result_id", name=op.f("uq_impact_items_case_id_result_id")),
    )
    op.create_index(
        "ix_impact_items_case", "impact_items", ["case_id", "effect", "id"], unique=False
    )
    op.create_table(
        "imported_values",
        sa.Column("id", KEY, nullable=False),
        sa.Column("file_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("target", sa.String(length=180), nullable=False),
        sa.Column("parameter", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["calibration_files.id"],
            name=op.f("fk_imported_values_file_id_calibration_files"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_imported_values_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_values")),
        sa.UniqueConstraint("file_id", "seq", name=op.f("uq_imported_values_file_id_seq")),
    )
    op.create_index(
        "ix_imported_values_target",
        "imported_values",
        ["unit_id", "target", "parameter", "id"],
        unique=False,
    )

    dialect = op.get_bind().dialect.name
    for table in ("imported_values",):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)
    _refuse_open_items(dialect)


def _refuse_open_items(dialect: str) -> None:
    """A case does not close while something in it is not disposed of."""
    condition = (
        "NEW.state = 'closed' AND EXISTS (SELECT 1 FROM impact_items "
        "WHERE impact_items.case_id = NEW.id AND impact_items.disposition IS NULL)"
    )
    sentence = "a case with open results does not close"
    if dialect == "sqlite":
        op.execute(
            f"CREATE TRIGGER tr_impact_cases_close BEFORE UPDATE ON impact_cases WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_impact_cases_close() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER tr_impact_cases_close BEFORE UPDATE ON impact_cases "
        "FOR EACH ROW EXECUTE FUNCTION refuse_impact_cases_close()"
    )

"""Calibration procedures, their versions, points and budgets."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Whatever a version says, down to its points and their budgets, stands from its release on.
KEPT = (
    "id",
    "procedure_id",
    "number",
    "title",
    "model_id",
    "model_key",
    "method",
    "standard",
    "rule",
    "guard_ratio",
    "party",
    "coverage",
    "temperature_from",
    "temperature_to",
    "humidity_to",
    "valid_months",
    "valid_hours",
    "made_at",
    "made_by",
    "released_at",
    "released_by",
    "content_sha256",
)
RELEASED = "EXISTS (SELECT 1 FROM procedure_versions WHERE state <> 'draft' AND id IN ({ids}))"
BELOW = {
    "procedure_points": "{row}.version_id",
    "equipment_needs": "{row}.version_id",
    "budget_lines": "(SELECT version_id FROM procedure_points WHERE id = {row}.point_id)",
}


def upgrade() -> None:
    op.create_table(
        "procedures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("code_key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_procedures_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedures")),
        sa.UniqueConstraint("store_id", "code_key", name=op.f("uq_procedures_store_id_code_key")),
    )
    op.create_table(
        "procedure_versions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("procedure_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "released", "retired", name="versionstate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("model_id", KEY, nullable=True),
        sa.Column("model_key", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("standard", sa.String(length=200), nullable=False),
        sa.Column(
            "rule",
            sa.Enum(
                "simple",
                "guard_band",
                "iso_14253_1",
                "non_binary",
                name="rule",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("guard_ratio", sa.String(length=40), nullable=False),
        sa.Column(
            "party",
            sa.Enum("supplier", "receiver", name="party", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("coverage", sa.String(length=40), nullable=False),
        sa.Column("temperature_from", sa.String(length=40), nullable=False),
        sa.Column("temperature_to", sa.String(length=40), nullable=False),
        sa.Column("humidity_to", sa.String(length=40), nullable=False),
        sa.Column("valid_months", sa.Integer(), nullable=True),
        sa.Column("valid_hours", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("retired_by", sa.String(length=200), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(rule = 'iso_14253_1') = (party IS NOT NULL)",
            name=op.f("ck_procedure_versions_party_of_its_rule"),
        ),
        sa.CheckConstraint(
            "state = 'draft' OR (released_at IS NOT NULL AND content_sha256 <> '')",
            name=op.f("ck_procedure_versions_released_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["robot_models.id"],
            name=op.f("fk_procedure_versions_model_id_robot_models"),
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedures.id"],
            name=op.f("fk_procedure_versions_procedure_id_procedures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_versions")),
        sa.UniqueConstraint(
            "procedure_id", "number", name=op.f("uq_procedure_versions_procedure_id_number")
        ),
    )
    op.create_index(
        "uq_procedure_versions_released",
        "procedure_versions",
        ["procedure_id", "model_key"],
        unique=True,
        sqlite_where=sa.text("state = 'released'"),
        postgresql_where=sa.text("state = 'released'"),
    )
    op.create_table(
        "equipment_needs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("largest_expanded", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["procedure_versions.id"],
            name=op.f("fk_equipment_needs_version_id_procedure_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_needs")),
        sa.UniqueConstraint("version_id", "role", name=op.f("uq_equipment_needs_version_id_role")),
    )
    op.create_table(
        "procedure_points",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=180), nullable=False),
        sa.Column("quantity", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("nominal", sa.String(length=40), nullable=False),
        sa.Column("lower", sa.String(length=40), nullable=False),
        sa.Column("upper", sa.String(length=40), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("components", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "readings > 0 OR inputs <> '[]'", name=op.f("ck_procedure_points_measured_or_computed")
        ),
        sa.CheckConstraint(
            "components BETWEEN 1 AND 16", name=op.f("ck_procedure_points_components_known")
        ),
        sa.CheckConstraint("readings >= 0", name=op.f("ck_procedure_points_readings_not_negative")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["procedure_versions.id"],
            name=op.f("fk_procedure_points_version_id_procedure_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_points")),
        sa.UniqueConstraint("version_id", "seq", name=op.f("uq_procedure_points_version_id_seq")),
    )
    op.create_table(
        "budget_lines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("point_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "fixed", "resolution", "reference", name="rowsource", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column(
            "evaluation",
            sa.Enum("A", "B", name="evaluation", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "distribution",
            sa.Enum(
                "normal",
                "rectangular",
                "triangular",
                "arcsine",
                "trapezoidal",
                "resolution",
                name="distribution",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("parameter", sa.String(length=40), nullable=False),
        sa.Column("sensitivity", sa.String(length=40), nullable=False),
        sa.Column("sensitivity_unit", sa.String(length=32), nullable=False),
        sa.Column("dof", sa.String(length=40), nullable=False),
        sa.Column("correlation_group", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["point_id"],
            ["procedure_points.id"],
            name=op.f("fk_budget_lines_point_id_procedure_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        sa.UniqueConstraint("point_id", "name", name=op.f("uq_budget_lines_point_id_name")),
        sa.UniqueConstraint("point_id", "seq", name=op.f("uq_budget_lines_point_id_seq")),
    )
    for name, verb, table, condition in _refusals(op.get_bind().dialect.name):
        _refuse(name, verb, table, condition, dialect=op.get_bind().dialect.name)


def _refusals(dialect: str) -> list[tuple[str, str, str, str]]:
    """Name, verb, table and condition of each trigger."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in KEPT)
    refusals = [
        (
            "procedure_versions_update",
            "UPDATE",
            "procedure_versions",
            "OLD.state <> 'draft' AND "
            f"(OLD.state <> 'released' OR NEW.state <> 'retired' OR {changed})",
        ),
        (
            "procedure_versions_delete",
            "DELETE",
            "procedure_versions",
            "OLD.state <> 'draft'",
        ),
    ]
    for table, version in BELOW.items():
        for verb, rows in (("INSERT", ["NEW"]), ("UPDATE", ["OLD", "NEW"]), ("DELETE", ["OLD"])):
            ids = ", ".join(version.format(row=row) for row in rows)
            condition = RELEASED.format(ids=ids)
            refusals.append((f"{table}_{verb.lower()}", verb, table, condition))
    return refusals


def _refuse(name: str, verb: str, table: str, condition: str, *, dialect: str) -> None:
    """A trigger that refuses a row when `condition` holds."""
    sentence = "a released version of a procedure never changes"
    if dialect == "sqlite":
        op.execute(
            f"CREATE TRIGGER tr_{name} BEFORE {verb} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
        return
    kept = "OLD" if verb == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; "
        f"RETURN {kept}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER tr_{name} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
    )

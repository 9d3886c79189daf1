"""Reference equipment with its certificates, chain and history."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "equipment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("asset_number", sa.String(length=40), nullable=False),
        sa.Column("asset_key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("maker", sa.String(length=100), nullable=False),
        sa.Column("maker_key", sa.String(length=100), nullable=False),
        sa.Column("type_name", sa.String(length=100), nullable=False),
        sa.Column("type_key", sa.String(length=100), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("serial_key", sa.String(length=100), nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "in_service",
                "quarantined",
                "out_of_service",
                "retired",
                name="equipmentstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(length=200), nullable=False),
        sa.Column("resolution", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("interval_months", sa.Integer(), nullable=True),
        sa.Column("check_days", sa.Integer(), nullable=True),
        sa.Column("acceptance", sa.Text(), nullable=False),
        sa.Column("maintenance", sa.Text(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("registered_by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_equipment_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("store_id", "asset_key", name=op.f("uq_equipment_store_id_asset_key")),
        sa.UniqueConstraint(
            "store_id",
            "maker_key",
            "type_key",
            "serial_key",
            name=op.f("uq_equipment_store_id_maker_key_type_key_serial_key"),
        ),
    )
    op.create_index(
        "ix_equipment_kind", "equipment", ["store_id", "kind", "state", "id"], unique=False
    )
    op.create_table(
        "equipment_certificates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("equipment_id", KEY, nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("issuer_key", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("number_key", sa.String(length=100), nullable=False),
        sa.Column("accreditation", sa.String(length=200), nullable=False),
        sa.Column("calibrated_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("as_found_ok", sa.Boolean(), nullable=True),
        sa.Column("adjusted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("dcc_sha256", sa.String(length=64), nullable=False),
        sa.Column("dcc_schema", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_why", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "due_on IS NULL OR due_on >= calibrated_on",
            name=op.f("ck_equipment_certificates_due_after"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_equipment_certificates_equipment_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_certificates")),
        sa.UniqueConstraint(
            "equipment_id",
            "issuer_key",
            "number_key",
            name=op.f("uq_equipment_certificates_equipment_id_issuer_key_number_key"),
        ),
    )
    op.create_index(
        "ix_equipment_certificates_latest",
        "equipment_certificates",
        ["equipment_id", "calibrated_on", "id"],
        unique=False,
    )
    op.create_table(
        "equipment_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("equipment_id", KEY, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "registered",
                "state",
                "check_passed",
                "check_failed",
                "damaged",
                "repaired",
                "adjusted",
                "moved",
                "firmware",
                "maintained",
                "note",
                name="equipmenthappening",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("after", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_equipment_events_equipment_id_equipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_events")),
    )
    op.create_index(
        "ix_equipment_events_equipment",
        "equipment_events",
        ["equipment_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "equipment_users",
        sa.Column("id", KEY, nullable=False),
        sa.Column("equipment_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_equipment_users_equipment_id_equipment"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_equipment_users_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_users")),
        sa.UniqueConstraint(
            "equipment_id", "staff_id", name=op.f("uq_equipment_users_equipment_id_staff_id")
        ),
    )
    op.create_table(
        "equipment_parents",
        sa.Column("id", KEY, nullable=False),
        sa.Column("certificate_id", KEY, nullable=False),
        sa.Column("parent_id", KEY, nullable=False),
        sa.Column("sensitivity", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["equipment_certificates.id"],
            name=op.f("fk_equipment_parents_certificate_id_equipment_certificates"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["equipment.id"], name=op.f("fk_equipment_parents_parent_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_parents")),
        sa.UniqueConstraint(
            "certificate_id",
            "parent_id",
            name=op.f("uq_equipment_parents_certificate_id_parent_id"),
        ),
    )
    op.create_index(
        "ix_equipment_parents_parent",
        "equipment_parents",
        ["parent_id", "certificate_id"],
        unique=False,
    )
    op.create_table(
        "equipment_results",
        sa.Column("id", KEY, nullable=False),
        sa.Column("certificate_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("nominal", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("expanded", sa.String(length=40), nullable=False),
        sa.Column("factor", sa.String(length=40), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["equipment_certificates.id"],
            name=op.f("fk_equipment_results_certificate_id_equipment_certificates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_results")),
        sa.UniqueConstraint(
            "certificate_id", "seq", name=op.f("uq_equipment_results_certificate_id_seq")
        ),
    )

    dialect = op.get_bind().dialect.name
    for table in ("equipment_results", "equipment_parents", "equipment_events"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)

"""Robots, enough to sell."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL_KEY = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "makers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_makers")),
        sa.UniqueConstraint("key", name=op.f("uq_makers_key")),
    )
    op.create_table(
        "delivery_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("received_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_delivery_notes_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_notes")),
        sa.UniqueConstraint(
            "store_id", "file_sha256", name=op.f("uq_delivery_notes_store_id_file_sha256")
        ),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_delivery_notes_store_id_number")),
    )
    op.create_table(
        "robot_models",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("mass_g", sa.Integer(), nullable=True),
        sa.Column("axes", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_robot_models_maker_id_makers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robot_models")),
        sa.UniqueConstraint("maker_id", "code_key", name=op.f("uq_robot_models_maker_id_code_key")),
    )
    op.create_table(
        "staged_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_staged_files_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_files")),
        sa.UniqueConstraint("store_id", "sha256", name=op.f("uq_staged_files_store_id_sha256")),
    )
    op.create_index(
        op.f("ix_staged_files_expires_at"), "staged_files", ["expires_at"], unique=False
    )
    op.create_table(
        "units",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("serial_key", SERIAL_KEY, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("holding", sa.String(32), nullable=False),
        sa.Column("custody", sa.String(32), nullable=False),
        sa.Column("hardware_revision", sa.String(length=64), nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "delivery_note_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("warranty_starts_on", sa.Date(), nullable=True),
        sa.CheckConstraint("cost_minor >= 0", name=op.f("ck_units_cost_not_negative")),
        sa.CheckConstraint("length(serial_key) > 0", name=op.f("ck_units_serial_not_empty")),
        sa.ForeignKeyConstraint(
            ["delivery_note_id"],
            ["delivery_notes.id"],
            name=op.f("fk_units_delivery_note_id_delivery_notes"),
        ),
        sa.ForeignKeyConstraint(["maker_id"], ["makers.id"], name=op.f("fk_units_maker_id_makers")),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_units_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_units_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("maker_id", "serial_key", name=op.f("uq_units_maker_id_serial_key")),
    )
    op.create_index("ix_units_model", "units", ["store_id", "model_id", "id"], unique=False)
    op.create_index(
        "ix_units_model_state", "units", ["store_id", "model_id", "state", "id"], unique=False
    )
    op.create_index("ix_units_newest", "units", ["store_id", "id"], unique=False)
    op.create_index("ix_units_note", "units", ["delivery_note_id", "id"], unique=False)
    op.create_index("ix_units_serial_key", "units", ["store_id", "serial_key", "id"], unique=False)
    op.create_index("ix_units_state", "units", ["store_id", "state", "id"], unique=False)
    op.create_table(
        "ownerships",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_ownerships_in_order")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_ownerships_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_ownerships_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownerships")),
    )
    op.create_index("ix_ownerships_customer", "ownerships", ["customer_id", "id"], unique=False)
    op.create_index("ix_ownerships_unit", "ownerships", ["unit_id", "since", "id"], unique=False)
    op.create_index(
        "uq_ownerships_current",
        "ownerships",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "unit_claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_unit_claims_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_claims")),
    )
    op.create_index("ix_unit_claims_owner", "unit_claims", ["owner"], unique=False)
    op.create_index(
        "uq_unit_claims_live",
        "unit_claims",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "unit_components",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.String(length=100), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("serial_key", SERIAL_KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_unit_components_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_unit_components_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_components")),
        sa.UniqueConstraint(
            "unit_id", "position", name=op.f("uq_unit_components_unit_id_position")
        ),
    )
    op.create_index(
        "ix_unit_components_serial_key",
        "unit_components",
        ["store_id", "serial_key", "unit_id"],
        unique=False,
    )
    op.create_table(
        "unit_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_unit_events_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_events")),
    )
    op.create_index("ix_unit_events_unit", "unit_events", ["unit_id", "at", "id"], unique=False)
    for statement in refusing_triggers("unit_events", dialect=op.get_bind().dialect.name):
        op.execute(statement)

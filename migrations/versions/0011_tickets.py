"""Tickets: robots in the workshop, what is found in them, and why they wait."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPEND_ONLY = ("ticket_changes", "ticket_notes")


def upgrade() -> None:
    op.create_table(
        "column_limits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint("most > 0", name=op.f("ck_column_limits_most_positive")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_column_limits_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_limits")),
        sa.UniqueConstraint("store_id", "state", name=op.f("uq_column_limits_store_id_state")),
    )
    op.create_table(
        "fault_codes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_fault_codes_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault_codes")),
        sa.UniqueConstraint(
            "store_id", "kind", "code", name=op.f("uq_fault_codes_store_id_kind_code")
        ),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("brought_by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("waiting", sa.String(32), nullable=True),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("waiting_note", sa.String(length=200), nullable=False),
        sa.Column("promised_at", UtcDateTime(), nullable=True),
        sa.Column("paused_s", sa.Integer(), nullable=False),
        sa.Column("paused_before_s", sa.Integer(), nullable=False),
        sa.Column("complaint", sa.Text(), nullable=False),
        sa.Column("accessories", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("soc_percent", sa.Integer(), nullable=True),
        sa.Column("falls", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("backup", sa.String(32), nullable=True),
        sa.Column("signer", sa.String(length=200), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("received_by", sa.String(length=200), nullable=False),
        sa.Column(
            "technician_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("bench_place", sa.String(length=64), nullable=False),
        sa.Column(
            "comeback_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('closed', 'cancelled'))",
            name=op.f("ck_tickets_ended_is_final"),
        ),
        sa.CheckConstraint(
            "(waiting IS NULL) = (waiting_since IS NULL)", name=op.f("ck_tickets_waits_since")
        ),
        sa.CheckConstraint("comeback_of_id <> id", name=op.f("ck_tickets_not_its_own_comeback")),
        sa.CheckConstraint("falls >= 0", name=op.f("ck_tickets_falls_not_negative")),
        sa.CheckConstraint(
            "paused_s >= 0 AND paused_before_s >= 0", name=op.f("ck_tickets_pause_not_negative")
        ),
        sa.CheckConstraint(
            "soc_percent BETWEEN 0 AND 100", name=op.f("ck_tickets_charge_is_percent")
        ),
        sa.ForeignKeyConstraint(
            ["comeback_of_id"], ["tickets.id"], name=op.f("fk_tickets_comeback_of_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_tickets_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_tickets_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["staff.id"], name=op.f("fk_tickets_technician_id_staff")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_tickets_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_tickets_store_id_number")),
    )
    op.create_index("ix_tickets_customer", "tickets", ["customer_id", "id"], unique=False)
    op.create_index("ix_tickets_newest", "tickets", ["store_id", "id"], unique=False)
    op.create_index("ix_tickets_state", "tickets", ["store_id", "state", "id"], unique=False)
    op.create_index("ix_tickets_unit", "tickets", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_tickets_open",
        "tickets",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "diagnoses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("symptom", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("measurement", sa.String(length=32), nullable=False),
        sa.Column("measured_in", sa.String(length=32), nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_diagnoses_component_id_components")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_diagnoses_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_diagnoses_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_diagnoses_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_diagnoses_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnoses")),
    )
    op.create_index("ix_diagnoses_store", "diagnoses", ["store_id", "at", "id"], unique=False)
    op.create_index("ix_diagnoses_ticket", "diagnoses", ["ticket_id", "id"], unique=False)
    op.create_index("ix_diagnoses_unit", "diagnoses", ["unit_id", "slot_path", "id"], unique=False)
    op.create_table(
        "ticket_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("from_state", sa.String(32), nullable=True),
        sa.Column("to_state", sa.String(32), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "from_state IS NULL OR to_state IS NOT NULL",
            name=op.f("ck_ticket_changes_a_move_leads_on"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_changes_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_changes")),
        sa.UniqueConstraint(
            "ticket_id", "version", name=op.f("uq_ticket_changes_ticket_id_version")
        ),
    )
    op.create_table(
        "ticket_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_links_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ticket_links_token_hash")),
    )
    op.create_index("ix_ticket_links_ticket", "ticket_links", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_notes_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_notes")),
    )
    op.create_index("ix_ticket_notes_ticket", "ticket_notes", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_photos",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("removed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_photos_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_photos")),
    )
    op.create_index("ix_ticket_photos_ticket", "ticket_photos", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_waits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("stops_clock", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "until IS NULL OR until >= since", name=op.f("ck_ticket_waits_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_waits_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_waits")),
    )
    op.create_index("ix_ticket_waits_ticket", "ticket_waits", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_ticket_waits_now",
        "ticket_waits",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)

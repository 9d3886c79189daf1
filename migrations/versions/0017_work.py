"""Work on tickets: clocks, safety, lines done, parts used, checks, releases."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("safety_confirmations", "quality_checks", "ticket_releases")


def upgrade() -> None:
    op.create_table(
        "workshop_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("may_check_own", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_workshop_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_rules")),
        sa.UniqueConstraint("store_id", name=op.f("uq_workshop_rules_store_id")),
    )
    op.create_table(
        "lines_done",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("line_key", sa.String(length=16), nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reopened_at", UtcDateTime(), nullable=True),
        sa.Column("reopened_by", sa.String(length=200), nullable=False),
        sa.Column("reopened_why", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by = '')",
            name=op.f("ck_lines_done_reopened_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_lines_done_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_lines_done_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines_done")),
    )
    op.create_index(
        "uq_lines_done_now",
        "lines_done",
        ["ticket_id", "line_key"],
        unique=True,
        sqlite_where=sa.text("reopened_at IS NULL"),
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    op.create_table(
        "quality_checks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("failed_lines", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("own_work", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "passed = (failed_lines = '')", name=op.f("ck_quality_checks_failed_names_lines")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_quality_checks_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_quality_checks_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_checks")),
    )
    op.create_index("ix_quality_checks_ticket", "quality_checks", ["ticket_id", "id"], unique=False)
    op.create_table(
        "safety_confirmations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column(
            "tick",
            sa.Enum(
                "hoist",
                "battery_isolated",
                "estop_tested",
                "area_clear",
                name="safetytick",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_safety_confirmations_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_confirmations")),
    )
    op.create_index(
        "ix_safety_confirmations_ticket", "safety_confirmations", ["ticket_id", "id"], unique=False
    )
    op.create_table(
        "service_labour",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("line_key", sa.String(length=16), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("second_id", KEY, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_by", sa.String(length=200), nullable=False),
        sa.Column("correction", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "second_id IS NULL OR second_id <> staff_id",
            name=op.f("ck_service_labour_second_is_another"),
        ),
        sa.CheckConstraint(
            "stopped_at IS NULL OR stopped_at >= started_at",
            name=op.f("ck_service_labour_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["staff.id"], name=op.f("fk_service_labour_second_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_service_labour_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_service_labour_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_service_labour_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_labour")),
    )
    op.create_index(
        "ix_service_labour_staff", "service_labour", ["staff_id", "started_at"], unique=False
    )
    op.create_index("ix_service_labour_ticket", "service_labour", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_service_labour_running",
        "service_labour",
        ["staff_id"],
        unique=True,
        sqlite_where=sa.text("stopped_at IS NULL"),
        postgresql_where=sa.text("stopped_at IS NULL"),
    )
    op.create_table(
        "ticket_releases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("override_by", sa.String(length=200), nullable=False),
        sa.Column("override_reason", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(found = '[]') = (override_by = '')",
            name=op.f("ck_ticket_releases_override_by_somebody"),
        ),
        sa.CheckConstraint(
            "(override_by = '') = (override_reason = '')",
            name=op.f("ck_ticket_releases_override_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_releases_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_releases")),
    )
    op.create_index(
        "ix_ticket_releases_ticket", "ticket_releases", ["ticket_id", "id"], unique=False
    )
    op.create_table(
        "part_uses",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("line_key", sa.String(length=16), nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("occupant_id", KEY, nullable=True),
        sa.Column("instead_of_id", KEY, nullable=True),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by = '')", name=op.f("ck_part_uses_undone_by_somebody")
        ),
        sa.CheckConstraint(
            "instead_of_id IS NULL OR instead_of_id <> part_id",
            name=op.f("ck_part_uses_another_part"),
        ),
        sa.CheckConstraint(
            "occupant_id IS NULL OR quantity = 1", name=op.f("ck_part_uses_one_in_a_slot")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_part_uses_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["instead_of_id"], ["parts.id"], name=op.f("fk_part_uses_instead_of_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["occupant_id"], ["occupants.id"], name=op.f("fk_part_uses_occupant_id_occupants")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["parts.id"], name=op.f("fk_part_uses_part_id_parts")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_part_uses_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_part_uses_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_uses")),
        sa.UniqueConstraint("occupant_id", name=op.f("uq_part_uses_occupant_id")),
    )
    op.create_index("ix_part_uses_part", "part_uses", ["part_id", "id"], unique=False)
    op.create_index("ix_part_uses_ticket", "part_uses", ["ticket_id", "id"], unique=False)
    for table in APPEND_ONLY:
        for statement in refusing_triggers(table, dialect=op.get_bind().dialect.name):
            op.execute(statement)

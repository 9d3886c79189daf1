"""Stocktake, looks at batteries, and files that bring parts, prices and stock."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NEVER_CHANGED = ("count_entries", "battery_checks")


def upgrade() -> None:
    op.create_table(
        "stock_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("found_minor", sa.BigInteger(), nullable=False),
        sa.Column("missing_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('booked', 'cancelled')) = (ended_at IS NOT NULL)",
            name=op.f("ck_stock_counts_ended_is_over"),
        ),
        sa.CheckConstraint(
            "found_minor >= 0 AND missing_minor >= 0",
            name=op.f("ck_stock_counts_worth_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_stock_counts_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_stock_counts_store_id_number")),
    )
    op.create_table(
        "count_places",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("finished_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("round >= 1", name=op.f("ck_count_places_round_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_counts.id"], name=op.f("fk_count_places_count_id_stock_counts")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_count_places_place_id_places")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_count_places_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_places")),
        sa.UniqueConstraint("count_id", "place_id", name=op.f("uq_count_places_count_id_place_id")),
    )
    op.create_index(
        "uq_count_places_live",
        "count_places",
        ["place_id"],
        unique=True,
        sqlite_where=sa.text("is_live"),
        postgresql_where=sa.text("is_live"),
    )
    op.create_table(
        "count_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "count_place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column(
            "lot_key",
            sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column(
            "serial_key",
            sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("movement_id", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("booked_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "component_id IS NULL OR serial_key <> ''",
            name=op.f("ck_count_lines_component_has_serial"),
        ),
        sa.CheckConstraint(
            "serial_key = '' OR counted <= 1", name=op.f("ck_count_lines_serial_is_one_piece")
        ),
        sa.CheckConstraint(
            "counted >= 0 AND expected >= 0", name=op.f("ck_count_lines_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_count_lines_component_id_components")
        ),
        sa.ForeignKeyConstraint(
            ["count_place_id"],
            ["count_places.id"],
            name=op.f("fk_count_lines_count_place_id_count_places"),
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_count_lines_part_id_parts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_lines")),
    )
    op.create_index("ix_count_lines_component", "count_lines", ["component_id"], unique=False)
    op.create_index("ix_count_lines_part", "count_lines", ["part_id"], unique=False)
    op.create_index(
        "uq_count_lines_once",
        "count_lines",
        ["count_place_id", "round", "part_id", "lot_key", "serial_key"],
        unique=True,
    )
    op.create_table(
        "count_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("change <> 0", name=op.f("ck_count_entries_changes_something")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["count_lines.id"], name=op.f("fk_count_entries_line_id_count_lines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_entries")),
    )
    op.create_index("ix_count_entries_line", "count_entries", ["line_id", "id"], unique=False)
    op.create_table(
        "battery_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("interval_days", sa.Integer(), nullable=False),
        sa.Column("soc_low", sa.Integer(), nullable=False),
        sa.Column("soc_high", sa.Integer(), nullable=False),
        sa.Column("watt_hours", sa.Integer(), nullable=True),
        sa.CheckConstraint("interval_days > 0", name=op.f("ck_battery_rules_interval_positive")),
        sa.CheckConstraint(
            "soc_low >= 0 AND soc_low < soc_high AND soc_high <= 100",
            name=op.f("ck_battery_rules_in_order"),
        ),
        sa.CheckConstraint(
            "watt_hours IS NULL OR watt_hours > 0",
            name=op.f("ck_battery_rules_watt_hours_positive"),
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_battery_rules_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_battery_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_battery_rules")),
    )
    op.create_index(
        "uq_battery_rules_part",
        "battery_rules",
        ["part_id"],
        unique=True,
        sqlite_where=sa.text("part_id IS NOT NULL"),
        postgresql_where=sa.text("part_id IS NOT NULL"),
    )
    op.create_index(
        "uq_battery_rules_store",
        "battery_rules",
        ["store_id"],
        unique=True,
        sqlite_where=sa.text("part_id IS NULL"),
        postgresql_where=sa.text("part_id IS NULL"),
    )
    op.create_table(
        "batteries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.Column("checked_by", sa.String(length=200), nullable=False),
        sa.Column("condition", sa.String(32), nullable=False),
        sa.Column("soc_percent", sa.Integer(), nullable=True),
        sa.Column("cycles", sa.Integer(), nullable=True),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("quarantine_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "cycles IS NULL OR cycles >= 0", name=op.f("ck_batteries_cycles_not_negative")
        ),
        sa.CheckConstraint(
            "soc_percent IS NULL OR soc_percent BETWEEN 0 AND 100",
            name=op.f("ck_batteries_soc_is_a_share"),
        ),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_batteries_component_id_components")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_batteries_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batteries")),
    )
    op.create_index("uq_batteries_component", "batteries", ["component_id"], unique=True)
    op.create_table(
        "battery_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("soc_percent", sa.Integer(), nullable=False),
        sa.Column("condition", sa.String(32), nullable=False),
        sa.Column("cycles", sa.Integer(), nullable=True),
        sa.Column("voltage_mv", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "cycles IS NULL OR cycles >= 0", name=op.f("ck_battery_checks_cycles_not_negative")
        ),
        sa.CheckConstraint(
            "soc_percent BETWEEN 0 AND 100", name=op.f("ck_battery_checks_soc_is_a_share")
        ),
        sa.CheckConstraint(
            "voltage_mv IS NULL OR voltage_mv >= 0",
            name=op.f("ck_battery_checks_voltage_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["components.id"],
            name=op.f("fk_battery_checks_component_id_components"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_battery_checks_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_battery_checks")),
    )
    op.create_index(
        "ix_battery_checks_component", "battery_checks", ["component_id", "id"], unique=False
    )
    op.create_table(
        "part_imports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("encoding", sa.String(length=32), nullable=False),
        sa.Column("separator", sa.String(length=1), nullable=False),
        sa.Column("titles", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_new", sa.Integer(), nullable=False),
        sa.Column("rows_changed", sa.Integer(), nullable=False),
        sa.Column("rows_same", sa.Integer(), nullable=False),
        sa.Column("problem_count", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("staged_at", UtcDateTime(), nullable=False),
        sa.Column("staged_by", sa.String(length=200), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "rows_done >= 0 AND rows_done <= rows_total",
            name=op.f("ck_part_imports_done_within_total"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_part_imports_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_imports")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_part_imports_store_id_number")),
    )
    op.create_index(
        "ix_part_imports_at_work",
        "part_imports",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('checking', 'importing')"),
        postgresql_where=sa.text("state IN ('checking', 'importing')"),
    )
    op.create_index(
        "ix_part_imports_file", "part_imports", ["store_id", "file_sha256"], unique=False
    )
    dialect = op.get_bind().dialect.name
    for table in NEVER_CHANGED:
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)

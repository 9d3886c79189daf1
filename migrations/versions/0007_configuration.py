"""What is inside robots: slots of models, components from when to when, versions, counters."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL_KEY = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")
APPEND_ONLY = ("counter_readings", "firmware_records", "meter_exchanges")

# What sat in a slot is written when it is fitted, and once more when it is removed.
FIXED = (
    "store_id", "unit_id", "slot_id", "component_id", "part_number", "part_key", "lot", "lot_key",
    "firmware", "as_built", "since", "reference", "reason", "fitted_by",
)  # fmt: skip
CHANGED = {
    "sqlite": " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FIXED),
    "postgresql": " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FIXED),
}
OVERLAPS = """
    EXISTS (
        SELECT 1 FROM occupants AS other
        WHERE other.unit_id = NEW.unit_id AND other.slot_id = NEW.slot_id
        AND (other.until IS NULL OR other.until > NEW.since)
        AND (NEW.until IS NULL OR other.since < NEW.until)
    ) OR EXISTS (
        SELECT 1 FROM occupants AS other
        WHERE other.component_id = NEW.component_id
        AND (other.until IS NULL OR other.until > NEW.since)
        AND (NEW.until IS NULL OR other.since < NEW.until)
    )
"""
# Only the neighbours in time are asked: what lies behind them is in order already.
FALLS = """
    COALESCE((
        SELECT r.value FROM counter_readings AS r
        WHERE r.unit_id = NEW.unit_id AND r.counter = NEW.counter AND r.meter = NEW.meter
        AND r.at <= NEW.at ORDER BY r.at DESC, r.id DESC LIMIT 1
    ), 0) > NEW.value
    OR COALESCE((
        SELECT r.value FROM counter_readings AS r
        WHERE r.unit_id = NEW.unit_id AND r.counter = NEW.counter AND r.meter = NEW.meter
        AND r.at > NEW.at ORDER BY r.at, r.id LIMIT 1
    ), NEW.value) < NEW.value
"""


def upgrade() -> None:
    op.create_table(
        "components",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("series", sa.String(length=120), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("serial_key", SERIAL_KEY, nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=False),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("part_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("lot_key", SERIAL_KEY, nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(serial_key) > 0", name=op.f("ck_components_serial_not_empty")),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_components_maker_id_makers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_components_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_components")),
        sa.UniqueConstraint("series", "serial_key", name=op.f("uq_components_series_serial_key")),
    )
    op.create_index(
        "ix_components_lot", "components", ["store_id", "lot_key", "part_key", "id"], unique=False
    )
    op.create_index(
        "ix_components_part", "components", ["store_id", "part_key", "id"], unique=False
    )
    op.create_index(
        "ix_components_serial_key", "components", ["store_id", "serial_key", "id"], unique=False
    )

    op.create_table(
        "body_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("revision_key", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_body_plans_model_id_robot_models")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body_plans")),
        sa.UniqueConstraint(
            "model_id", "revision_key", name=op.f("uq_body_plans_model_id_revision_key")
        ),
    )
    op.create_table(
        "firmware_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_firmware_rules_model_id_robot_models")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_rules")),
        sa.UniqueConstraint(
            "model_id", "code_key", name=op.f("uq_firmware_rules_model_id_code_key")
        ),
    )
    op.create_table(
        "counter_readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counter", sa.String(32), nullable=False),
        sa.Column("meter", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("meter >= 1", name=op.f("ck_counter_readings_meter_counts_from_one")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_counter_readings_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_counter_readings_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_counter_readings_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_readings")),
    )
    op.create_index(
        "ix_counter_readings_unit",
        "counter_readings",
        ["unit_id", "counter", "at", "id"],
        unique=False,
    )

    op.create_table(
        "firmware_records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("part", sa.String(32), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (component_id IS NULL)",
            name=op.f("ck_firmware_records_of_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["components.id"],
            name=op.f("fk_firmware_records_component_id_components"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_firmware_records_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_firmware_records_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_records")),
    )
    op.create_index(
        "ix_firmware_records_component",
        "firmware_records",
        ["component_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_firmware_records_unit",
        "firmware_records",
        ["unit_id", "part", "at", "id"],
        unique=False,
    )

    op.create_table(
        "meter_exchanges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counter", sa.String(32), nullable=False),
        sa.Column("meter", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "last >= 0 AND first >= 0", name=op.f("ck_meter_exchanges_not_negative")
        ),
        sa.CheckConstraint("meter >= 2", name=op.f("ck_meter_exchanges_meter_follows_another")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_meter_exchanges_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_meter_exchanges_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_exchanges")),
        sa.UniqueConstraint(
            "unit_id", "counter", "meter", name=op.f("uq_meter_exchanges_unit_id_counter_meter")
        ),
    )
    op.create_table(
        "slots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=160), nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("control", sa.String(32), nullable=False),
        sa.Column("joint_name", sa.String(length=100), nullable=False),
        sa.Column("link_name", sa.String(length=100), nullable=False),
        sa.Column("x_um", sa.Integer(), nullable=True),
        sa.Column("y_um", sa.Integer(), nullable=True),
        sa.Column("z_um", sa.Integer(), nullable=True),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "control IN ('serial', 'lot', 'none')", name=op.f("ck_slots_control_known")
        ),
        sa.CheckConstraint(
            "(x_um IS NULL) = (y_um IS NULL) AND (y_um IS NULL) = (z_um IS NULL)",
            name=op.f("ck_slots_position_is_whole"),
        ),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_slots_not_its_own_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["slots.id"], name=op.f("fk_slots_parent_id_slots")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["body_plans.id"], name=op.f("fk_slots_plan_id_body_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
        sa.UniqueConstraint("plan_id", "path", name=op.f("uq_slots_plan_id_path")),
    )
    op.create_index("ix_slots_place", "slots", ["plan_id", "place"], unique=False)

    op.create_table(
        "occupants",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("part_key", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("lot_key", SERIAL_KEY, nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("as_built", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("fitted_by", sa.String(length=200), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("removal_reference", sa.String(length=64), nullable=False),
        sa.Column("removal_reason", sa.String(length=200), nullable=False),
        sa.Column("removed_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "component_id IS NOT NULL OR part_key <> ''", name=op.f("ck_occupants_is_something")
        ),
        sa.CheckConstraint(
            "component_id IS NULL OR (part_key = '' AND lot_key = '')",
            name=op.f("ck_occupants_component_or_part"),
        ),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_occupants_in_order")),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_occupants_component_id_components")
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_occupants_slot_id_slots")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_occupants_store_id_stores")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_occupants_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupants")),
    )
    op.create_index("ix_occupants_component", "occupants", ["component_id", "since"], unique=False)
    op.create_index(
        "ix_occupants_lot_now",
        "occupants",
        ["store_id", "lot_key", "part_key"],
        unique=False,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("ix_occupants_slot", "occupants", ["unit_id", "slot_id", "since"], unique=False)
    op.create_index("ix_occupants_slots", "occupants", ["slot_id"], unique=False)
    op.create_index(
        "uq_occupants_as_built",
        "occupants",
        ["unit_id", "slot_id"],
        unique=True,
        sqlite_where=sa.text("as_built"),
        postgresql_where=sa.text("as_built"),
    )
    op.create_index(
        "uq_occupants_component_now",
        "occupants",
        ["component_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "uq_occupants_slot_now",
        "occupants",
        ["unit_id", "slot_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )

    op.create_table(
        "slot_parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("part_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slots.id"], name=op.f("fk_slot_parts_slot_id_slots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_parts")),
        sa.UniqueConstraint("slot_id", "part_key", name=op.f("uq_slot_parts_slot_id_part_key")),
    )
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)
    for table, verb, name, condition, sentence in (
        ("occupants", "DELETE", "no_delete", "TRUE", "occupants are never deleted"),
        (
            "occupants",
            "UPDATE",
            "only_end",
            f"OLD.until IS NOT NULL OR NEW.until IS NULL OR {CHANGED[dialect]}",
            "an occupant only ends, and only once",
        ),
        ("occupants", "INSERT", "no_overlap", OVERLAPS, "occupants would overlap"),
        ("counter_readings", "INSERT", "never_falls", FALLS, "a counter would fall"),
    ):
        for statement in refusing(table, verb, name, condition, sentence, dialect=dialect):
            op.execute(statement)


def refusing(
    table: str, verb: str, name: str, condition: str, sentence: str, *, dialect: str
) -> list[str]:
    """SQL for a trigger that refuses a row when `condition` holds."""
    trigger = f"tr_{table}_{name}"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        ]
    kept = "OLD" if verb == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION refuse_{table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; "
        f"RETURN {kept}; END $$",
        f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_{table}_{name}()",
    ]

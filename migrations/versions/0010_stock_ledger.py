"""The ledger of parts: places, movements, balances, promises."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SERIAL_KEY = sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql")
SINGLE = sa.text("kind IN ('count', 'customer', 'opening', 'robot', 'scrap', 'supplier')")


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("code_key", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_places_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["places.id"], name=op.f("fk_places_parent_id_places")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_places_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("store_id", "name", name=op.f("uq_places_store_id_name")),
    )
    op.create_index("ix_places_kind", "places", ["store_id", "kind", "id"], unique=False)
    op.create_index("ix_places_parent", "places", ["parent_id"], unique=False)
    op.create_index(
        "uq_places_code",
        "places",
        ["store_id", "code_key"],
        unique=True,
        sqlite_where=sa.text("code_key <> ''"),
        postgresql_where=sa.text("code_key <> ''"),
    )
    op.create_index(
        "uq_places_single",
        "places",
        ["store_id", "kind"],
        unique=True,
        sqlite_where=SINGLE,
        postgresql_where=SINGLE,
    )
    op.create_table(
        "balances",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("lot_key", SERIAL_KEY, nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("bounded", sa.Boolean(), nullable=False),
        sa.Column("pickable", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "component_id IS NULL OR (quantity <= 1 AND bounded AND lot_key = '')",
            name=op.f("ck_balances_component_is_one"),
        ),
        sa.CheckConstraint(
            "NOT bounded OR quantity >= 0", name=op.f("ck_balances_never_below_zero")
        ),
        sa.CheckConstraint("NOT pickable OR bounded", name=op.f("ck_balances_pickable_is_bounded")),
        sa.CheckConstraint(
            "component_id IS NOT NULL OR cost_minor = 0", name=op.f("ck_balances_cost_of_component")
        ),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_balances_component_id_components")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["parts.id"], name=op.f("fk_balances_part_id_parts")),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_balances_place_id_places")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balances")),
    )
    op.create_index(
        "ix_balances_part", "balances", ["part_id", "pickable", "quantity"], unique=False
    )
    op.create_index("ix_balances_place", "balances", ["place_id", "part_id"], unique=False)
    op.create_index(
        "uq_balances_component",
        "balances",
        ["component_id"],
        unique=True,
        sqlite_where=sa.text("component_id IS NOT NULL"),
        postgresql_where=sa.text("component_id IS NOT NULL"),
    )
    op.create_index(
        "uq_balances_part_place_lot",
        "balances",
        ["part_id", "place_id", "lot_key"],
        unique=True,
        sqlite_where=sa.text("component_id IS NULL"),
        postgresql_where=sa.text("component_id IS NULL"),
    )
    op.create_table(
        "movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "from_place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "to_place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("lot_key", SERIAL_KEY, nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("stock_change", sa.Integer(), nullable=False),
        sa.Column("value_change", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column(
            "reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "(stock_change = 0 AND value_change = 0) OR (stock_change = quantity AND value_change = value_minor) OR (stock_change = -quantity AND value_change = -value_minor)",
            name=op.f("ck_movements_changes_by_all_of_it"),
        ),
        sa.CheckConstraint(
            "component_id IS NULL OR quantity = 1", name=op.f("ck_movements_component_is_one")
        ),
        sa.CheckConstraint("from_place_id <> to_place_id", name=op.f("ck_movements_really_moves")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_movements_quantity_positive")),
        sa.CheckConstraint("value_minor >= 0", name=op.f("ck_movements_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["component_id"], ["components.id"], name=op.f("fk_movements_component_id_components")
        ),
        sa.ForeignKeyConstraint(
            ["from_place_id"], ["places.id"], name=op.f("fk_movements_from_place_id_places")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["parts.id"], name=op.f("fk_movements_part_id_parts")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["movements.id"], name=op.f("fk_movements_reverses_id_movements")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_movements_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["to_place_id"], ["places.id"], name=op.f("fk_movements_to_place_id_places")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_movements_reverses_id")),
    )
    op.create_index("ix_movements_component", "movements", ["component_id", "id"], unique=False)
    op.create_index("ix_movements_from", "movements", ["from_place_id", "id"], unique=False)
    op.create_index("ix_movements_part", "movements", ["part_id", "id"], unique=False)
    op.create_index(
        "ix_movements_reference", "movements", ["store_id", "reference", "id"], unique=False
    )
    op.create_index("ix_movements_store", "movements", ["store_id", "id"], unique=False)
    op.create_index("ix_movements_to", "movements", ["to_place_id", "id"], unique=False)
    op.create_index(
        "ix_movements_value",
        "movements",
        ["store_id", "part_id", "at", "stock_change", "value_change"],
        unique=False,
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("lot_key", SERIAL_KEY, nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "component_id IS NULL OR quantity = 1", name=op.f("ck_reservations_component_is_one")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["components.id"],
            name=op.f("fk_reservations_component_id_components"),
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_reservations_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_reservations_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index(
        "ix_reservations_live",
        "reservations",
        ["part_id", "ended_at", "expires_at", "quantity"],
        unique=False,
    )
    op.create_index("ix_reservations_owner", "reservations", ["store_id", "owner"], unique=False)
    op.create_index(
        "uq_reservations_component",
        "reservations",
        ["component_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND component_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND component_id IS NOT NULL"),
    )
    for statement in refusing_triggers("movements", dialect=op.get_bind().dialect.name):
        op.execute(statement)

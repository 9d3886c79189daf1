"""Parts by their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("control", sa.String(32), nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=True),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("core_days", sa.Integer(), nullable=True),
        sa.Column("un_number", sa.String(length=8), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("valued_quantity", sa.Integer(), nullable=False),
        sa.Column("valued_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(number_key) > 0", name=op.f("ck_parts_number_not_empty")),
        sa.CheckConstraint(
            "control IN ('serial', 'lot', 'none')", name=op.f("ck_parts_control_known")
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_parts_price_not_negative")),
        sa.CheckConstraint(
            "minimum >= 0 AND (maximum = 0 OR maximum >= minimum)",
            name=op.f("ck_parts_levels_in_order"),
        ),
        sa.CheckConstraint(
            "core_days IS NULL OR core_days > 0", name=op.f("ck_parts_core_days_positive")
        ),
        sa.CheckConstraint(
            "valued_quantity >= 0 AND valued_minor >= 0 "
            "AND (valued_quantity > 0 OR valued_minor = 0)",
            name=op.f("ck_parts_value_of_something"),
        ),
        sa.ForeignKeyConstraint(["maker_id"], ["makers.id"], name=op.f("fk_parts_maker_id_makers")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_parts_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parts")),
        sa.UniqueConstraint("store_id", "number_key", name=op.f("uq_parts_store_id_number_key")),
    )
    op.create_index("ix_parts_gtin", "parts", ["store_id", "gtin"], unique=False)
    op.create_index("ix_parts_name_key", "parts", ["store_id", "name_key", "id"], unique=False)

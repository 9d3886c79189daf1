"""Passport: certificates of changes of hands, components of other stores, visits of plans."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "transfer_wipes",
        sa.Column("id", key, nullable=False),
        sa.Column("transfer_id", key, nullable=False),
        sa.Column("record_id", key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["data_records.id"],
            name=op.f("fk_transfer_wipes_record_id_data_records"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_wipes_transfer_id_transfers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_wipes")),
        sa.UniqueConstraint("record_id", name=op.f("uq_transfer_wipes_record_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_transfer_wipes_transfer_id")),
    )
    op.create_table(
        "component_moves",
        sa.Column("id", key, nullable=False),
        sa.Column("component_id", key, nullable=False),
        sa.Column("from_store_id", key, nullable=False),
        sa.Column("to_store_id", key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "from_store_id <> to_store_id", name=op.f("ck_component_moves_to_another")
        ),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["components.id"],
            name=op.f("fk_component_moves_component_id_components"),
        ),
        sa.ForeignKeyConstraint(
            ["from_store_id"], ["stores.id"], name=op.f("fk_component_moves_from_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["to_store_id"], ["stores.id"], name=op.f("fk_component_moves_to_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component_moves")),
    )
    op.create_index(
        "ix_component_moves_component", "component_moves", ["component_id", "id"], unique=False
    )
    for table in ("transfer_wipes", "component_moves"):
        for statement in refusing_triggers(table, dialect=op.get_bind().dialect.name):
            op.execute(statement)
    op.add_column("products", sa.Column("plan_visits", sa.Integer(), nullable=True))

"""Passport: the certificate behind a change of hands; how many visits a plan pays for."""

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
    for statement in refusing_triggers("transfer_wipes", dialect=op.get_bind().dialect.name):
        op.execute(statement)
    op.add_column("products", sa.Column("plan_visits", sa.Integer(), nullable=True))

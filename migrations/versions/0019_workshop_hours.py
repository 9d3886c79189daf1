"""When the workshop is open: by weekday, and the days on which it is closed all the same."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "workshop_days",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=True),
        sa.Column("closes", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(opens IS NULL) = (closes IS NULL)", name=op.f("ck_workshop_days_both_or_none")
        ),
        sa.CheckConstraint(
            "opens >= 0 AND opens < closes AND closes <= 1440",
            name=op.f("ck_workshop_days_in_order"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_workshop_days_weekday")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_workshop_days_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_days")),
        sa.UniqueConstraint("store_id", "weekday", name=op.f("uq_workshop_days_store_id_weekday")),
    )
    op.create_table(
        "workshop_closures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_workshop_closures_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_closures")),
        sa.UniqueConstraint("store_id", "day", name=op.f("uq_workshop_closures_store_id_day")),
    )

"""Vouchers: schemes, claims on authorities, data vouchers, store credit and gift cards."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _credit()
    for statement in refusing_triggers("credit_moves", dialect=op.get_bind().dialect.name):
        op.execute(statement)


def _credit() -> None:
    op.create_table(
        "credit_moves",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("attempt_id", KEY, nullable=True),
        sa.Column("refund_id", KEY, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(amount_minor < 0) = (attempt_id IS NOT NULL)",
            name=op.f("ck_credit_moves_used_by_a_payment"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_credit_moves_moves_something")),
        sa.CheckConstraint("balance_minor >= 0", name=op.f("ck_credit_moves_balance_not_negative")),
        sa.CheckConstraint(
            "refund_id IS NULL OR amount_minor > 0", name=op.f("ck_credit_moves_given_by_a_refund")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempts.id"],
            name=op.f("fk_credit_moves_attempt_id_payment_attempts"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_credit_moves_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_credit_moves_refund_id_refunds")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_credit_moves_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_moves")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_credit_moves_attempt_id")),
        sa.UniqueConstraint(
            "customer_id", "number", name=op.f("uq_credit_moves_customer_id_number")
        ),
        sa.UniqueConstraint("refund_id", name=op.f("uq_credit_moves_refund_id")),
    )

"""Store credit; vouchers of schemes, and claims on authorities."""

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
    _schemes()
    _claims()
    _vouchers()
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


def _schemes() -> None:
    op.create_table(
        "voucher_schemes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.Column("most_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("buyers", sa.String(32), nullable=False),
        sa.Column("model_id", KEY, nullable=True),
        sa.Column("per_buyer", sa.Integer(), nullable=False),
        sa.Column("in_all", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("most_minor > 0", name=op.f("ck_voucher_schemes_pays_something")),
        sa.CheckConstraint(
            "per_buyer >= 0 AND in_all >= 0", name=op.f("ck_voucher_schemes_caps_not_negative")
        ),
        sa.CheckConstraint(
            "share_bp BETWEEN 0 AND 10000", name=op.f("ck_voucher_schemes_share_is_a_share")
        ),
        sa.CheckConstraint(
            "valid_from <= valid_until", name=op.f("ck_voucher_schemes_begins_before_it_ends")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_voucher_schemes_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_voucher_schemes_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_schemes")),
        sa.UniqueConstraint("store_id", "name", name=op.f("uq_voucher_schemes_store_id_name")),
    )


def _claims() -> None:
    op.create_table(
        "voucher_claims",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("scheme_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("sent_by", sa.String(length=200), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["voucher_schemes.id"],
            name=op.f("fk_voucher_claims_scheme_id_voucher_schemes"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_voucher_claims_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_claims")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_voucher_claims_store_id_number")),
    )
    op.create_index("ix_voucher_claims_scheme", "voucher_claims", ["scheme_id"], unique=False)


def _vouchers() -> None:
    op.create_table(
        "vouchers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("scheme_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("bill_id", KEY, nullable=False),
        sa.Column("attempt_id", KEY, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("claim_id", KEY, nullable=True),
        sa.Column("back_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("lost_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_vouchers_amount_positive")),
        sa.CheckConstraint(
            "back_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck_vouchers_no_more_back_than_it_was"),
        ),
        sa.CheckConstraint(
            "paid_minor + lost_minor <= amount_minor", name=op.f("ck_vouchers_no_more_than_claimed")
        ),
        sa.CheckConstraint(
            "paid_minor >= 0 AND lost_minor >= 0", name=op.f("ck_vouchers_parts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempts.id"],
            name=op.f("fk_vouchers_attempt_id_payment_attempts"),
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_vouchers_bill_id_bills")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["voucher_claims.id"], name=op.f("fk_vouchers_claim_id_voucher_claims")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_vouchers_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["voucher_schemes.id"],
            name=op.f("fk_vouchers_scheme_id_voucher_schemes"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_vouchers_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_vouchers_attempt_id")),
        sa.UniqueConstraint("scheme_id", "code", name=op.f("uq_vouchers_scheme_id_code")),
    )
    op.create_index("ix_vouchers_buyer", "vouchers", ["scheme_id", "customer_id"], unique=False)
    op.create_index("ix_vouchers_claim", "vouchers", ["claim_id"], unique=False)

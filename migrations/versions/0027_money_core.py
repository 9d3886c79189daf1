"""Money: more tenders and accounts, refunds, and money that comes without a till."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTING = "('started', 'processing', 'unknown', 'paid_out')"
SENTENCE = "a payment gives back no more than it was"


def upgrade() -> None:
    op.add_column("bills", sa.Column("due_on", sa.Date(), nullable=True))
    _payments()
    _refunds()
    for statement in _refund_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _payments() -> None:
    with op.batch_alter_table("payment_attempts") as payments:
        payments.alter_column("till_session_id", existing_type=KEY, nullable=True)
        payments.add_column(
            sa.Column("rounding_minor", sa.BigInteger(), nullable=False, server_default="0")
        )
        payments.add_column(
            sa.Column("source", sa.String(length=64), nullable=False, server_default="")
        )
        payments.add_column(sa.Column("checkout_id", sa.String(length=80), nullable=True))
        payments.drop_constraint(op.f("ck_payment_attempts_change_adds_up"), type_="check")
        payments.create_check_constraint(
            op.f("ck_payment_attempts_change_adds_up"),
            "tendered_minor - change_minor = amount_minor + rounding_minor",
        )
        payments.create_check_constraint(
            op.f("ck_payment_attempts_rounding_only_of_cash"),
            "tender = 'cash' OR rounding_minor = 0",
        )
        payments.create_check_constraint(
            op.f("ck_payment_attempts_taken_at_a_till"),
            "till_session_id IS NOT NULL OR tender IN ('online', 'transfer')",
        )
    with op.batch_alter_table("payment_attempts") as payments:
        payments.alter_column("rounding_minor", existing_type=sa.BigInteger(), server_default=None)
        payments.alter_column("source", existing_type=sa.String(length=64), server_default=None)
    op.create_index(
        "uq_payment_attempts_checkout", "payment_attempts", ["checkout_id"], unique=True
    )


def _refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("bill_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt_id", KEY, nullable=False),
        sa.Column("tender", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rounding_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("till_session_id", KEY, nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("entry_id", KEY, nullable=True),
        sa.CheckConstraint(
            "entry_id IS NULL OR state = 'paid_out'",
            name=op.f("ck_refunds_only_paid_out_is_booked"),
        ),
        sa.CheckConstraint(
            "tender <> 'cash' OR till_session_id IS NOT NULL",
            name=op.f("ck_refunds_cash_has_a_till"),
        ),
        sa.CheckConstraint(
            "tender = 'cash' OR rounding_minor = 0", name=op.f("ck_refunds_rounding_only_of_cash")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempts.id"],
            name=op.f("fk_refunds_attempt_id_payment_attempts"),
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_refunds_bill_id_bills")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entries.id"], name=op.f("fk_refunds_entry_id_journal_entries")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_refunds_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["till_session_id"],
            ["till_sessions.id"],
            name=op.f("fk_refunds_till_session_id_till_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("bill_id", "number", name=op.f("uq_refunds_bill_id_number")),
    )
    op.create_index("ix_refunds_attempt", "refunds", ["attempt_id"], unique=False)
    op.create_index(
        "ix_refunds_open",
        "refunds",
        ["store_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('started', 'processing', 'unknown')"),
        postgresql_where=sa.text("state IN ('started', 'processing', 'unknown')"),
    )
    op.create_index("ix_refunds_session", "refunds", ["till_session_id"], unique=False)
    op.create_index("uq_refunds_provider", "refunds", ["provider_id"], unique=True)


def _refund_triggers(dialect: str) -> list[str]:
    """All that still counts of a payment's refunds is never more than the payment."""
    excess = (
        f"NEW.state IN {COUNTING} AND NEW.amount_minor + (SELECT COALESCE(SUM(amount_minor), 0) "  # noqa: S608
        f"FROM refunds WHERE attempt_id = NEW.attempt_id AND id <> NEW.id AND state IN {COUNTING}) "
        "> (SELECT amount_minor FROM payment_attempts WHERE id = NEW.attempt_id)"
    )
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER tr_refunds_within_payment_{verb.lower()} AFTER {verb} ON refunds "
            f"WHEN {excess} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
            for verb in ("INSERT", "UPDATE")
        ]
    return [
        "CREATE FUNCTION refuse_refund_above_payment() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {excess} THEN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$",
        "CREATE TRIGGER tr_refunds_within_payment BEFORE INSERT OR UPDATE ON refunds "
        "FOR EACH ROW EXECUTE FUNCTION refuse_refund_above_payment()",
    ]

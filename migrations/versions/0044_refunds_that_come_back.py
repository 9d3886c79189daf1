"""A refund that was paid out can come back: the card is closed, its bank refuses."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BOOKED = "entry_id IS NULL OR state IN ('paid_out', 'came_back')"
RETURNED = "(state = 'came_back') = (return_entry_id IS NOT NULL)"
OPEN = "state IN ('started', 'processing', 'unknown')"
COUNTING = "('started', 'processing', 'unknown', 'paid_out')"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_index("ix_refunds_open", table_name="refunds")
    with op.batch_alter_table("refunds") as refunds:
        refunds.add_column(sa.Column("return_entry_id", KEY, nullable=True))
        refunds.create_foreign_key(
            op.f("fk_refunds_return_entry_id_journal_entries"),
            "journal_entries",
            ["return_entry_id"],
            ["id"],
        )
        refunds.drop_constraint(op.f("ck_refunds_only_paid_out_is_booked"), type_="check")
        refunds.create_check_constraint(op.f("ck_refunds_only_paid_out_is_booked"), BOOKED)
        refunds.create_check_constraint(op.f("ck_refunds_return_is_booked"), RETURNED)
    op.create_index(
        "ix_refunds_open",
        "refunds",
        ["store_id", "id"],
        unique=False,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_index(
        "ix_refunds_came_back",
        "refunds",
        ["store_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'came_back'"),
        postgresql_where=sa.text("state = 'came_back'"),
    )
    if is_sqlite:  # there the table was made anew, and lost its guards
        for statement in _triggers():
            op.execute(statement)


def _triggers() -> list[str]:
    """All that still counts of a payment's refunds is never more than the payment."""
    excess = (
        f"NEW.state IN {COUNTING} AND NEW.amount_minor + (SELECT COALESCE(SUM(amount_minor), 0) "  # noqa: S608
        f"FROM refunds WHERE attempt_id = NEW.attempt_id AND id <> NEW.id AND state IN {COUNTING}) "
        "> (SELECT amount_minor FROM payment_attempts WHERE id = NEW.attempt_id)"
    )
    sentence = "a payment gives back no more than it was"
    return [
        f"CREATE TRIGGER tr_refunds_within_payment_{verb.lower()} AFTER {verb} ON refunds "
        f"WHEN {excess} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        for verb in ("INSERT", "UPDATE")
    ]

"""Gift cards sold and spent, and credit that expires."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _cards()
    _moves()
    _rules()
    _lines()
    _credit(dialect)
    for table in ("gift_card_moves", "credit_moves"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)


def _cards() -> None:
    op.create_table(
        "gift_cards",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("tail", sa.String(length=4), nullable=False),
        sa.Column("handed_out_at", UtcDateTime(), nullable=True),
        sa.Column("handed_out_by", sa.String(length=200), nullable=False),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("blocked_by", sa.String(length=200), nullable=False),
        sa.Column("block_reason", sa.String(length=200), nullable=False),
        sa.Column("replaced_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "(code_hash IS NULL) = (handed_out_at IS NULL)",
            name=op.f("ck_gift_cards_code_is_handed_out"),
        ),
        sa.CheckConstraint(
            "replaced_by_id <> id", name=op.f("ck_gift_cards_not_its_own_successor")
        ),
        sa.CheckConstraint(
            "replaced_by_id IS NULL OR blocked_at IS NOT NULL",
            name=op.f("ck_gift_cards_replaced_is_blocked"),
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["gift_cards.id"],
            name=op.f("fk_gift_cards_replaced_by_id_gift_cards"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_gift_cards_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_cards")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_gift_cards_code_hash")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_gift_cards_store_id_number")),
        sa.UniqueConstraint("store_id", "source", name=op.f("uq_gift_cards_store_id_source")),
    )
    op.create_index(
        "ix_gift_cards_expiry",
        "gift_cards",
        ["store_id", "expires_on"],
        unique=False,
        sqlite_where=sa.text("expires_on IS NOT NULL"),
        postgresql_where=sa.text("expires_on IS NOT NULL"),
    )


def _moves() -> None:
    op.create_table(
        "gift_card_moves",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("card_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("attempt_id", KEY, nullable=True),
        sa.Column("refund_id", KEY, nullable=True),
        sa.CheckConstraint(
            "(cause = 'refunded') = (refund_id IS NOT NULL)",
            name=op.f("ck_gift_card_moves_refunded_by_a_refund"),
        ),
        sa.CheckConstraint(
            "(cause = 'spent') = (attempt_id IS NOT NULL)",
            name=op.f("ck_gift_card_moves_spent_by_a_payment"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_gift_card_moves_moves_something")),
        sa.CheckConstraint(
            "amount_minor < 0 OR cause NOT IN ('spent', 'returned', 'expired')",
            name=op.f("ck_gift_card_moves_goes_off"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 OR cause NOT IN ('sold', 'loaded', 'refunded')",
            name=op.f("ck_gift_card_moves_comes_on"),
        ),
        sa.CheckConstraint(
            "balance_minor >= 0", name=op.f("ck_gift_card_moves_balance_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempts.id"],
            name=op.f("fk_gift_card_moves_attempt_id_payment_attempts"),
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["gift_cards.id"], name=op.f("fk_gift_card_moves_card_id_gift_cards")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_gift_card_moves_refund_id_refunds")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_gift_card_moves_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_card_moves")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_gift_card_moves_attempt_id")),
        sa.UniqueConstraint("card_id", "number", name=op.f("uq_gift_card_moves_card_id_number")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_gift_card_moves_refund_id")),
    )


def _rules() -> None:
    op.create_table(
        "credit_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("card_most_minor", sa.BigInteger(), nullable=False),
        sa.Column("card_months", sa.Integer(), nullable=False),
        sa.Column("credit_months", sa.Integer(), nullable=False),
        sa.Column("goodwill_minor", sa.BigInteger(), nullable=False),
        sa.Column("expired_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "card_months BETWEEN 0 AND 120 AND credit_months BETWEEN 0 AND 120",
            name=op.f("ck_credit_rules_months_in_bounds"),
        ),
        sa.CheckConstraint(
            "card_most_minor > 0", name=op.f("ck_credit_rules_a_card_holds_something")
        ),
        sa.CheckConstraint(
            "goodwill_minor >= 0", name=op.f("ck_credit_rules_goodwill_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_credit_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_rules")),
        sa.UniqueConstraint("store_id", name=op.f("uq_credit_rules_store_id")),
    )


def _lines() -> None:
    with op.batch_alter_table("order_lines") as lines:
        lines.add_column(sa.Column("gift_card_id", KEY, nullable=True))
        lines.create_foreign_key(
            op.f("fk_order_lines_gift_card_id_gift_cards"), "gift_cards", ["gift_card_id"], ["id"]
        )
    op.create_index(
        "ix_order_lines_gift_card",
        "order_lines",
        ["gift_card_id"],
        unique=False,
        sqlite_where=sa.text("gift_card_id IS NOT NULL"),
        postgresql_where=sa.text("gift_card_id IS NOT NULL"),
    )


def _credit(dialect: str) -> None:
    """What moved before was earned or spent; its guards are put back by the caller."""
    for verb in ("update", "delete"):
        name = f"tr_credit_moves_no_{verb}"
        op.execute(
            f"DROP TRIGGER {name}"
            if dialect == "sqlite"
            else f"DROP TRIGGER {name} ON credit_moves"
        )
    with op.batch_alter_table("credit_moves") as moves:
        moves.add_column(
            sa.Column("cause", sa.String(length=32), nullable=False, server_default="earned")
        )
        moves.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
        moves.add_column(
            sa.Column("note", sa.String(length=200), nullable=False, server_default="")
        )
    op.execute("UPDATE credit_moves SET cause = 'spent' WHERE amount_minor < 0")
    with op.batch_alter_table("credit_moves") as moves:
        moves.alter_column("cause", existing_type=sa.String(length=32), server_default=None)
        moves.alter_column("note", existing_type=sa.String(length=200), server_default=None)
        moves.drop_constraint(op.f("ck_credit_moves_used_by_a_payment"), type_="check")
        moves.create_check_constraint(
            op.f("ck_credit_moves_used_by_a_payment"),
            "(cause = 'spent') = (attempt_id IS NOT NULL)",
        )
        moves.create_check_constraint(
            op.f("ck_credit_moves_cause_has_a_direction"),
            "(amount_minor < 0) = (cause IN ('spent', 'expired'))",
        )
        moves.create_check_constraint(
            op.f("ck_credit_moves_only_what_was_got_expires"),
            "expires_on IS NULL OR amount_minor > 0",
        )
    op.create_index(
        "ix_credit_moves_expiry",
        "credit_moves",
        ["store_id", "expires_on"],
        unique=False,
        sqlite_where=sa.text("expires_on IS NOT NULL"),
        postgresql_where=sa.text("expires_on IS NOT NULL"),
    )

"""Returns: what came back of a sale, and what was paid back."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _rules()
    _returns()
    _lines()
    _exchanges()
    dialect = op.get_bind().dialect.name
    for table in ("returns", "return_lines", "exchanges"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)


def _rules() -> None:
    op.create_table(
        "return_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("cash_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("cash_minor >= 0", name=op.f("ck_return_rules_cash_not_negative")),
        sa.CheckConstraint("days >= 0", name=op.f("ck_return_rules_days_not_negative")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_return_rules_total_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_rules")),
        sa.UniqueConstraint("store_id", name=op.f("uq_return_rules_store_id")),
    )


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("document_id", KEY, nullable=True),
        sa.CheckConstraint(
            "(credited_minor = 0) = (entry_id IS NULL)", name=op.f("ck_returns_credit_is_booked")
        ),
        sa.CheckConstraint("credited_minor >= 0", name=op.f("ck_returns_credited_not_negative")),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_returns_document_id_issued_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entries.id"], name=op.f("fk_returns_entry_id_journal_entries")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_returns_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_returns_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_returns_store_id_number")),
    )
    op.create_index("ix_returns_order", "returns", ["order_id", "id"], unique=False)
    op.create_index("ix_returns_day", "returns", ["store_id", "at"], unique=False)


def _lines() -> None:
    op.create_table(
        "return_lines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("return_id", KEY, nullable=False),
        sa.Column("order_line_id", KEY, nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("earlier", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_return_lines_amount_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_lines_quantity_positive")),
        sa.CheckConstraint("earlier >= 0", name=op.f("ck_return_lines_earlier_not_negative")),
        sa.CheckConstraint(
            "earlier + quantity <= sold", name=op.f("ck_return_lines_no_more_than_sold")
        ),
        sa.UniqueConstraint(
            "order_line_id", "earlier", name=op.f("uq_return_lines_order_line_id_earlier")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_lines.id"],
            name=op.f("fk_return_lines_order_line_id_order_lines"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_return_lines_return_id_returns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_lines")),
        sa.UniqueConstraint(
            "return_id", "order_line_id", name=op.f("uq_return_lines_return_id_order_line_id")
        ),
    )


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", KEY, nullable=False),
        sa.Column("from_order_id", KEY, nullable=False),
        sa.Column("to_order_id", KEY, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "from_order_id <> to_order_id", name=op.f("ck_exchanges_between_two_sales")
        ),
        sa.ForeignKeyConstraint(
            ["from_order_id"], ["orders.id"], name=op.f("fk_exchanges_from_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["to_order_id"], ["orders.id"], name=op.f("fk_exchanges_to_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("to_order_id", name=op.f("uq_exchanges_to_order_id")),
    )
    op.create_index("ix_exchanges_from", "exchanges", ["from_order_id"], unique=False)

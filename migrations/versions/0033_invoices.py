"""Invoices: tax categories and treatments, electronic invoices, reprints."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _orders()
    _order_lines()
    _sale_taxes()
    _rates()
    _beside_documents()
    dialect = op.get_bind().dialect.name
    for table in ("electronic_invoices", "document_copies"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)


def _orders() -> None:
    for name, length, default in (
        ("tax_treatment", 32, "home"),
        ("tax_reason", 200, ""),
        ("tax_by", 200, ""),
    ):
        column = sa.Column(name, sa.String(length), nullable=False, server_default=default)
        op.add_column("orders", column)
    op.add_column(
        "estimates",
        sa.Column("tax_treatment", sa.String(32), nullable=False, server_default="home"),
    )


def _rates() -> None:
    with op.batch_alter_table("tax_rates") as rates:
        rates.add_column(
            sa.Column("category", sa.String(length=32), nullable=False, server_default="standard")
        )
        rates.add_column(
            sa.Column("reason", sa.String(length=200), nullable=False, server_default="")
        )
        rates.create_check_constraint(
            op.f("ck_tax_rates_category_fits_rate"),
            "category = 'standard' OR (rate_bp = 0 AND category IN ('zero', 'exempt', 'outside'))",
        )
    op.execute("UPDATE tax_rates SET category = 'zero' WHERE rate_bp = 0")


def _beside_documents() -> None:
    op.create_table(
        "electronic_invoices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_electronic_invoices_document_id_issued_documents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electronic_invoices")),
        sa.UniqueConstraint("document_id", name=op.f("uq_electronic_invoices_document_id")),
    )
    op.create_table(
        "document_copies",
        sa.Column("id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_document_copies_number_positive")),
        sa.CheckConstraint("way IN ('slip', 'pdf')", name=op.f("ck_document_copies_way_known")),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_document_copies_document_id_issued_documents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_copies")),
        sa.UniqueConstraint(
            "document_id", "number", name=op.f("uq_document_copies_document_id_number")
        ),
    )


def _order_lines() -> None:
    with op.batch_alter_table("order_lines") as lines:
        lines.add_column(
            sa.Column(
                "tax_category", sa.String(length=32), nullable=False, server_default="standard"
            )
        )
        lines.add_column(sa.Column("margin_cost_minor", sa.BigInteger(), nullable=True))
        lines.add_column(sa.Column("taxed_price_minor", sa.BigInteger(), nullable=True))
        lines.add_column(sa.Column("taxed_discount_minor", sa.BigInteger(), nullable=True))
        lines.create_check_constraint(
            op.f("ck_order_lines_only_taxed_has_a_rate"),
            "tax_category IN ('standard', 'margin') OR tax_rate_bp = 0",
        )
        lines.create_check_constraint(
            op.f("ck_order_lines_margin_has_a_cost"),
            "(tax_category = 'margin') = (margin_cost_minor IS NOT NULL)",
        )
    op.execute("UPDATE order_lines SET tax_category = 'zero' WHERE tax_rate_bp = 0")
    with op.batch_alter_table("order_lines") as lines:
        lines.alter_column("tax_category", existing_type=sa.String(length=32), server_default=None)


def _sale_taxes() -> None:
    """What was recognised before was taxed at home; zero rates are told by their rate."""
    dialect = op.get_bind().dialect.name
    with op.batch_alter_table("sale_taxes") as taxes:
        taxes.add_column(
            sa.Column("category", sa.String(length=32), nullable=False, server_default="standard")
        )
        taxes.drop_constraint(op.f("uq_sale_taxes_entry_id_rate_bp"), type_="unique")
        taxes.create_unique_constraint(
            op.f("uq_sale_taxes_entry_id_rate_bp"), ["entry_id", "rate_bp", "category"]
        )
    with op.batch_alter_table("sale_taxes") as taxes:
        taxes.alter_column("category", existing_type=sa.String(length=32), server_default=None)
    if dialect == "sqlite":  # there the table was made anew, and lost its guards
        for statement in refusing_triggers("sale_taxes", dialect=dialect):
            op.execute(statement)

"""Invoices: tax categories and treatments, electronic invoices, reprints."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import refusing_triggers

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _order_lines()
    _sale_taxes()


def _order_lines() -> None:
    with op.batch_alter_table("order_lines") as lines:
        lines.add_column(
            sa.Column(
                "tax_category", sa.String(length=32), nullable=False, server_default="standard"
            )
        )
        lines.add_column(sa.Column("margin_cost_minor", sa.BigInteger(), nullable=True))
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
            op.f("uq_sale_taxes_entry_id_rate_bp_category"), ["entry_id", "rate_bp", "category"]
        )
    with op.batch_alter_table("sale_taxes") as taxes:
        taxes.alter_column("category", existing_type=sa.String(length=32), server_default=None)
    if dialect == "sqlite":  # there the table was made anew, and lost its guards
        for statement in refusing_triggers("sale_taxes", dialect=dialect):
            op.execute(statement)

"""How a repair is taxed, chosen by hand; what was sent remembers how it was taxed then."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("estimates", sa.Column("sent_treatment", sa.String(32), nullable=True))
    for name in ("tax_reason", "tax_by"):
        column = sa.Column(name, sa.String(200), nullable=False, server_default="")
        op.add_column("estimates", column)
    op.execute("UPDATE estimates SET sent_treatment = tax_treatment WHERE state <> 'draft'")

"""Money: more tenders and accounts, refunds, and money that comes without a till."""

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""

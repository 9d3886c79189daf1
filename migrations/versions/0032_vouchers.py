"""Vouchers: schemes, claims on authorities, data vouchers, store credit and gift cards."""

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""

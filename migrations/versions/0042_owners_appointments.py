"""Appointments that an owner moves or cancels: what stood already keeps them, nothing changes."""

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: only the place in the chain."""

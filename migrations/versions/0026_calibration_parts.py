"""Calibration: jobs over a part of their points, and what a store asks of new robots."""

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""

"""Trade-in: inspections, offers, wipe certificates, margin scheme."""

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""

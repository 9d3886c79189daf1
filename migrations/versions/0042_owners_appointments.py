"""Each message keeps the hash of its own key that stops such messages: an older link still works."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("stop_hash", sa.String(64), nullable=True))
    op.create_index("uq_messages_stop_hash", "messages", ["stop_hash"], unique=True)

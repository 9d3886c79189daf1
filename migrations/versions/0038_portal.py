"""What a customer and a store write to each other about a repair; keys that end and are revoked."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNREAD = "from_customer AND read_at IS NULL"


def upgrade() -> None:
    op.add_column("ticket_links", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.add_column("ticket_links", sa.Column("revoked_at", UtcDateTime(), nullable=True))
    op.add_column(
        "ticket_links", sa.Column("revoked_by", sa.String(200), nullable=False, server_default="")
    )
    op.create_table(
        "talk_messages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("from_customer", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("read_by", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "(read_at IS NULL) = (read_by = '')", name=op.f("ck_talk_messages_read_by_somebody")
        ),
        sa.CheckConstraint(
            "from_customer OR read_at IS NULL", name=op.f("ck_talk_messages_only_theirs_wait")
        ),
        sa.CheckConstraint(
            "from_customer = (by = '')", name=op.f("ck_talk_messages_ours_are_signed")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_talk_messages_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talk_messages")),
        sa.UniqueConstraint("ticket_id", "token", name=op.f("uq_talk_messages_ticket_id_token")),
    )
    op.create_index("ix_talk_messages_ticket", "talk_messages", ["ticket_id", "id"], unique=False)
    op.create_index(
        "ix_talk_messages_unread",
        "talk_messages",
        ["ticket_id"],
        unique=False,
        sqlite_where=sa.text(UNREAD),
        postgresql_where=sa.text(UNREAD),
    )

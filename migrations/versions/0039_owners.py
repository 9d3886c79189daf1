"""What an owner asks for from the robot's page, and keys to papers that letters carry."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN_TRANSFER = sa.text("kind = 'transfer' AND state = 'open'")


def upgrade() -> None:
    op.create_table(
        "document_links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_document_links_document_id_issued_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_document_links_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_document_links_token_hash")),
    )
    op.create_index(
        "ix_document_links_document", "document_links", ["document_id", "id"], unique=False
    )
    op.create_table(
        "owner_requests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("ownership_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("new_name", sa.String(length=200), nullable=False),
        sa.Column("new_email", sa.String(length=200), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_owner_requests_decided_once")
        ),
        sa.CheckConstraint(
            "kind IN ('service', 'transfer')", name=op.f("ck_owner_requests_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'declined')", name=op.f("ck_owner_requests_state_known")
        ),
        sa.CheckConstraint(
            "ticket_id IS NULL OR kind = 'service'",
            name=op.f("ck_owner_requests_ticket_of_service"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_owner_requests_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["ownership_id"],
            ["ownerships.id"],
            name=op.f("fk_owner_requests_ownership_id_ownerships"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_owner_requests_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_owner_requests_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_owner_requests_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_requests")),
        sa.UniqueConstraint("form_key", name=op.f("uq_owner_requests_form_key")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_owner_requests_store_id_number")),
    )
    op.create_index(
        "ix_owner_requests_customer", "owner_requests", ["customer_id", "id"], unique=False
    )
    op.create_index("ix_owner_requests_newest", "owner_requests", ["store_id", "id"], unique=False)
    op.create_index(
        "ix_owner_requests_state", "owner_requests", ["store_id", "state", "id"], unique=False
    )
    op.create_index("ix_owner_requests_unit", "owner_requests", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_owner_requests_transfer",
        "owner_requests",
        ["unit_id"],
        unique=True,
        sqlite_where=OPEN_TRANSFER,
        postgresql_where=OPEN_TRANSFER,
    )
    op.create_table(
        "owner_request_photos",
        sa.Column("id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["owner_requests.id"],
            name=op.f("fk_owner_request_photos_request_id_owner_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_request_photos")),
    )
    op.create_index(
        "ix_owner_request_photos_request",
        "owner_request_photos",
        ["request_id", "id"],
        unique=False,
    )

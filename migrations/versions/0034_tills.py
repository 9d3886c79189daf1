"""Tills: cash rounding, counts by denomination, safe drops, fiscal signatures."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SENTENCE = "a fiscal signature stays as it is"


def upgrade() -> None:
    _drawers()
    _fiscal()
    dialect = op.get_bind().dialect.name
    for table in ("till_counts", "counted_pieces", "safe_drops", "drawer_openings"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)
    for statement in _signed_triggers(dialect):
        op.execute(statement)


def _drawers() -> None:
    op.create_table(
        "drawer_openings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("till_session_id", KEY, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["till_session_id"],
            ["till_sessions.id"],
            name=op.f("fk_drawer_openings_till_session_id_till_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawer_openings")),
    )
    op.create_index(
        "ix_drawer_openings_session", "drawer_openings", ["till_session_id"], unique=False
    )
    op.create_table(
        "till_counts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("till_session_id", KEY, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_till_counts_total_not_negative")),
        sa.ForeignKeyConstraint(
            ["till_session_id"],
            ["till_sessions.id"],
            name=op.f("fk_till_counts_till_session_id_till_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_counts")),
    )
    op.create_index("ix_till_counts_session", "till_counts", ["till_session_id"], unique=False)
    op.create_index(
        "uq_till_counts_taken",
        "till_counts",
        ["till_session_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("taken"),
        postgresql_where=sa.text("taken"),
    )
    op.create_table(
        "counted_pieces",
        sa.Column("id", KEY, nullable=False),
        sa.Column("count_id", KEY, nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_counted_pieces_pieces_positive")),
        sa.CheckConstraint("value_minor > 0", name=op.f("ck_counted_pieces_value_positive")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["till_counts.id"], name=op.f("fk_counted_pieces_count_id_till_counts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_pieces")),
        sa.UniqueConstraint(
            "count_id", "value_minor", name=op.f("uq_counted_pieces_count_id_value_minor")
        ),
    )
    op.create_table(
        "safe_drops",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("movement_id", KEY, nullable=False),
        sa.Column("bag", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["movement_id"],
            ["cash_movements.id"],
            name=op.f("fk_safe_drops_movement_id_cash_movements"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_safe_drops_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe_drops")),
        sa.UniqueConstraint("movement_id", name=op.f("uq_safe_drops_movement_id")),
        sa.UniqueConstraint("store_id", "bag", name=op.f("uq_safe_drops_store_id_bag")),
    )


def _fiscal() -> None:
    op.create_table(
        "fiscal_signatures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=128), nullable=False),
        sa.Column("transaction_number", sa.String(length=64), nullable=False),
        sa.Column("counter", sa.String(length=32), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'signed') = (signed_at IS NOT NULL)",
            name=op.f("ck_fiscal_signatures_signed_has_a_time"),
        ),
        sa.CheckConstraint(
            "state = 'signed' OR reason <> ''",
            name=op.f("ck_fiscal_signatures_unsigned_has_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_fiscal_signatures_document_id_issued_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_fiscal_signatures_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fiscal_signatures")),
        sa.UniqueConstraint("document_id", name=op.f("uq_fiscal_signatures_document_id")),
    )
    op.create_index(
        "ix_fiscal_signatures_unsigned",
        "fiscal_signatures",
        ["store_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'unsigned'"),
        postgresql_where=sa.text("state = 'unsigned'"),
    )


def _signed_triggers(dialect: str) -> list[str]:
    """What a device signed neither changes nor goes."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER tr_fiscal_signatures_signed_no_{verb.lower()} "
            f"BEFORE {verb} ON fiscal_signatures WHEN OLD.state = 'signed' "
            f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        "CREATE FUNCTION refuse_change_of_signature() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF OLD.state = 'signed' THEN RAISE EXCEPTION '{SENTENCE}'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_fiscal_signatures_signed BEFORE UPDATE OR DELETE ON fiscal_signatures "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_signature()",
    ]

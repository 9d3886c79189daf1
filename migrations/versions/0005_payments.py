"""Bills, journal, till sessions, payments, issued documents."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_events_event_id")),
    )
    op.create_index("ix_webhook_events_intent", "webhook_events", ["intent_id"], unique=False)
    op.create_table(
        "issued_documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_issued_documents_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_documents")),
        sa.UniqueConstraint(
            "store_id", "series", "number", name=op.f("uq_issued_documents_store_id_series_number")
        ),
    )
    op.create_index(
        "ix_issued_documents_reference", "issued_documents", ["store_id", "reference"], unique=False
    )
    op.create_table(
        "bills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_bills_total_not_negative")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_bills_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_bills_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bills")),
        sa.UniqueConstraint("store_id", "reference", name=op.f("uq_bills_store_id_reference")),
    )
    op.create_table(
        "till_sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("till_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("float_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.Column("counted_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("difference_minor", sa.BigInteger(), nullable=True),
        sa.Column("difference_reason", sa.String(length=200), nullable=False),
        sa.Column(
            "z_document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR counted_minor - expected_minor = difference_minor",
            name=op.f("ck_till_sessions_difference_is_recorded"),
        ),
        sa.CheckConstraint("float_minor >= 0", name=op.f("ck_till_sessions_float_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_till_sessions_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["till_id"], ["tills.id"], name=op.f("fk_till_sessions_till_id_tills")
        ),
        sa.ForeignKeyConstraint(
            ["z_document_id"],
            ["issued_documents.id"],
            name=op.f("fk_till_sessions_z_document_id_issued_documents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_sessions")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_till_sessions_store_id_number")),
    )
    op.create_index(
        "uq_till_sessions_open",
        "till_sessions",
        ["till_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "till_session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("memo", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["bill_id"], ["bills.id"], name=op.f("fk_journal_entries_bill_id_bills")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_journal_entries_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["till_session_id"],
            ["till_sessions.id"],
            name=op.f("fk_journal_entries_till_session_id_till_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
    )
    op.create_index("ix_journal_entries_bill", "journal_entries", ["bill_id"], unique=False)
    op.create_index(
        "ix_journal_entries_day", "journal_entries", ["store_id", "business_day"], unique=False
    )
    op.create_index(
        "ix_journal_entries_session", "journal_entries", ["till_session_id"], unique=False
    )
    op.create_index(
        "uq_journal_entries_sale",
        "journal_entries",
        ["bill_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'sale'"),
        postgresql_where=sa.text("kind = 'sale'"),
    )
    op.create_table(
        "sale_taxes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entries.id"],
            name=op.f("fk_sale_taxes_entry_id_journal_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_taxes")),
        sa.UniqueConstraint("entry_id", "rate_bp", name=op.f("uq_sale_taxes_entry_id_rate_bp")),
    )
    op.create_table(
        "cash_movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "till_session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_cash_movements_moves_something")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entries.id"],
            name=op.f("fk_cash_movements_entry_id_journal_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["till_session_id"],
            ["till_sessions.id"],
            name=op.f("fk_cash_movements_till_session_id_till_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_movements")),
    )
    op.create_index(
        "ix_cash_movements_session", "cash_movements", ["till_session_id"], unique=False
    )
    op.create_table(
        "payment_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tender", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tendered_minor", sa.BigInteger(), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "till_session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("intent_id", sa.String(length=64), nullable=True),
        sa.Column("reader_id", sa.String(length=64), nullable=False),
        sa.Column("card_brand", sa.String(length=32), nullable=False),
        sa.Column("card_last4", sa.String(length=4), nullable=False),
        sa.Column("auth_ref", sa.String(length=32), nullable=False),
        sa.Column("entry_mode", sa.String(length=32), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "tender = 'cash' OR change_minor = 0",
            name=op.f("ck_payment_attempts_change_only_from_cash"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_attempts_amount_positive")),
        sa.CheckConstraint(
            "change_minor >= 0", name=op.f("ck_payment_attempts_change_not_negative")
        ),
        sa.CheckConstraint(
            "tendered_minor - change_minor = amount_minor",
            name=op.f("ck_payment_attempts_change_adds_up"),
        ),
        sa.CheckConstraint(
            "entry_id IS NULL OR state = 'captured'",
            name=op.f("ck_payment_attempts_only_captured_is_booked"),
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"], ["bills.id"], name=op.f("fk_payment_attempts_bill_id_bills")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entries.id"],
            name=op.f("fk_payment_attempts_entry_id_journal_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_payment_attempts_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["till_session_id"],
            ["till_sessions.id"],
            name=op.f("fk_payment_attempts_till_session_id_till_sessions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempts")),
        sa.UniqueConstraint("bill_id", "number", name=op.f("uq_payment_attempts_bill_id_number")),
    )
    op.create_index(
        "ix_payment_attempts_session", "payment_attempts", ["till_session_id"], unique=False
    )
    op.create_index("uq_payment_attempts_intent", "payment_attempts", ["intent_id"], unique=True)
    op.create_index(
        "uq_payment_attempts_live",
        "payment_attempts",
        ["bill_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('started', 'processing', 'unknown')"),
        postgresql_where=sa.text("state IN ('started', 'processing', 'unknown')"),
    )
    for name, condition in (
        ("live", "state IN ('started', 'processing', 'unknown')"),
        ("unbooked", "state = 'captured' AND entry_id IS NULL"),
    ):
        op.create_index(
            f"ix_payment_attempts_{name}",
            "payment_attempts",
            ["store_id", "id"],
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "postings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_postings_moves_something")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entries.id"], name=op.f("fk_postings_entry_id_journal_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
    )
    op.create_index("ix_postings_account", "postings", ["account", "entry_id"], unique=False)
    op.create_index("ix_postings_entry", "postings", ["entry_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for table in (
        "journal_entries",
        "postings",
        "sale_taxes",
        "cash_movements",
        "issued_documents",
    ):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)
    for statement in _closed_session_triggers(dialect):
        op.execute(statement)


def _closed_session_triggers(dialect: str) -> list[str]:
    """A closed till session takes no entry, and neither changes nor goes."""
    if dialect == "sqlite":
        return [
            "CREATE TRIGGER tr_journal_entries_open_session BEFORE INSERT ON journal_entries "
            "WHEN EXISTS (SELECT 1 FROM till_sessions "
            "WHERE id = NEW.till_session_id AND closed_at IS NOT NULL) "
            "BEGIN SELECT RAISE(ABORT, 'a closed till session takes no entries'); END",
            *(
                f"CREATE TRIGGER tr_till_sessions_closed_no_{verb.lower()} "
                f"BEFORE {verb} ON till_sessions WHEN OLD.closed_at IS NOT NULL "
                "BEGIN SELECT RAISE(ABORT, 'a closed till session stays as it is'); END"
                for verb in ("UPDATE", "DELETE")
            ),
        ]
    return [
        "CREATE FUNCTION refuse_entry_of_closed_session() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF EXISTS (SELECT 1 FROM till_sessions "
        "WHERE id = NEW.till_session_id AND closed_at IS NOT NULL) "
        "THEN RAISE EXCEPTION 'a closed till session takes no entries'; END IF; "
        "RETURN NEW; END $$",
        "CREATE TRIGGER tr_journal_entries_open_session BEFORE INSERT ON journal_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_entry_of_closed_session()",
        "CREATE TRIGGER tr_till_sessions_closed_stays BEFORE UPDATE OR DELETE ON till_sessions "
        "FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION refuse_change()",
    ]

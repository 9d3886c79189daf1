"""Estimates, who pays them, what was decided; claims; the robot's way back."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("line_decisions", "claim_steps", "ticket_returns")

# Which rows belong to which draft, and by what: {row} is OLD or NEW.
_DRAFT_OF = {
    "estimate_lines": "(SELECT state FROM estimates WHERE id = {row}.estimate_id)",
    "payer_shares": (
        "(SELECT estimates.state FROM estimates JOIN estimate_lines "
        "ON estimate_lines.estimate_id = estimates.id WHERE estimate_lines.id = {row}.line_id)"
    ),
    "claim_lines": "(SELECT state FROM service_claims WHERE id = {row}.claim_id)",
}
_SENT_CHANGES = (
    "OLD.state <> 'draft' AND NEW.state <> 'draft' AND NEW.content IS DISTINCT FROM OLD.content"
)
_DECIDED_IS_TAKEN_BACK = (
    "OLD.state <> 'draft' AND NEW.state = 'draft' AND (OLD.state <> 'sent' OR EXISTS ("
    "SELECT 1 FROM line_decisions JOIN estimate_lines "
    "ON estimate_lines.id = line_decisions.line_id WHERE estimate_lines.estimate_id = OLD.id))"
)


def upgrade() -> None:
    op.create_table(
        "labour_rates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("hourly_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("hourly_minor >= 0", name=op.f("ck_labour_rates_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_labour_rates_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labour_rates")),
        sa.UniqueConstraint("store_id", name=op.f("uq_labour_rates_store_id")),
    )
    op.create_table(
        "service_operations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("code_key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("needs_two", sa.Boolean(), nullable=False),
        sa.Column("ticks", sa.String(length=200), nullable=False),
        sa.Column("needs_authorisation", sa.Boolean(), nullable=False),
        sa.Column("maker_id", KEY, nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 6000", name=op.f("ck_service_operations_time_is_possible")
        ),
        sa.CheckConstraint(
            "price_minor >= 0", name=op.f("ck_service_operations_price_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_service_operations_maker_id_makers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_service_operations_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_operations")),
        sa.UniqueConstraint(
            "store_id", "code_key", name=op.f("uq_service_operations_store_id_code_key")
        ),
    )
    op.create_index(
        "ix_service_operations_class",
        "service_operations",
        ["store_id", "slot_class", "archived", "code_key"],
        unique=False,
    )
    op.create_table(
        "maker_authorisations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("maker_id", KEY, nullable=False),
        sa.Column("operation_id", KEY, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_maker_authorisations_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_maker_authorisations_maker_id_makers")
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["service_operations.id"],
            name=op.f("fk_maker_authorisations_operation_id_service_operations"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_maker_authorisations_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maker_authorisations")),
    )
    op.create_index(
        "ix_maker_authorisations_maker",
        "maker_authorisations",
        ["store_id", "maker_id", "id"],
        unique=False,
    )
    op.create_table(
        "estimates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_mode", sa.String(32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_by", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (sent_at IS NULL)", name=op.f("ck_estimates_sent_or_draft")
        ),
        sa.CheckConstraint(
            "state <> 'decided' OR decided_at IS NOT NULL", name=op.f("ck_estimates_decided_when")
        ),
        sa.CheckConstraint(
            "(sent_at IS NULL) = (content IS NULL)", name=op.f("ck_estimates_sent_is_frozen")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_estimates_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_estimates_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        sa.UniqueConstraint("ticket_id", "version", name=op.f("uq_estimates_ticket_id_version")),
    )
    op.create_index(
        "uq_estimates_current",
        "estimates",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('sent', 'decided')"),
        postgresql_where=sa.text("state IN ('sent', 'decided')"),
    )
    op.create_index(
        "uq_estimates_draft",
        "estimates",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("state = 'draft'"),
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "service_claims",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("payer", sa.String(32), nullable=False),
        sa.Column("maker_id", KEY, nullable=True),
        sa.Column("debtor", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("granted_minor", sa.BigInteger(), nullable=True),
        sa.Column("bill_id", KEY, nullable=True),
        sa.Column("their_reference", sa.String(length=64), nullable=False),
        sa.Column("counters", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (submitted_at IS NULL)",
            name=op.f("ck_service_claims_submitted_or_draft"),
        ),
        sa.CheckConstraint(
            "(state IN ('settled', 'written_off')) = (settled_at IS NOT NULL)",
            name=op.f("ck_service_claims_settled_when"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_service_claims_amount_positive")),
        sa.CheckConstraint(
            "granted_minor IS NULL OR granted_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck_service_claims_granted_of_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"], ["bills.id"], name=op.f("fk_service_claims_bill_id_bills")
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_service_claims_maker_id_makers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_service_claims_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_service_claims_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_claims")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_service_claims_store_id_number")),
    )
    op.create_index("ix_service_claims_newest", "service_claims", ["store_id", "id"], unique=False)
    op.create_index(
        "ix_service_claims_state",
        "service_claims",
        ["store_id", "state", "submitted_at", "id"],
        unique=False,
    )
    op.create_index("ix_service_claims_ticket", "service_claims", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_returns",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("signer", sa.String(length=200), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_ticket_returns_document_id_issued_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_returns_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_returns")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_ticket_returns_ticket_id")),
    )
    op.create_table(
        "claim_steps",
        sa.Column("id", KEY, nullable=False),
        sa.Column("claim_id", KEY, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["service_claims.id"], name=op.f("fk_claim_steps_claim_id_service_claims")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_steps")),
    )
    op.create_index("ix_claim_steps_claim", "claim_steps", ["claim_id", "id"], unique=False)
    op.create_table(
        "estimate_lines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estimate_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("part_id", KEY, nullable=True),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("operation_code", sa.String(length=32), nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("list_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("price_reason", sa.String(length=200), nullable=False),
        sa.Column("price_by", sa.String(length=200), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("tax_bp", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("from_line_id", KEY, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'part') = (part_id IS NOT NULL)", name=op.f("ck_estimate_lines_part_has_part")
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_estimate_lines_minutes_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_estimate_lines_quantity_positive")),
        sa.CheckConstraint(
            "tax_bp BETWEEN 0 AND 10000", name=op.f("ck_estimate_lines_tax_is_a_share")
        ),
        sa.CheckConstraint(
            "total_minor = unit_price_minor * quantity",
            name=op.f("ck_estimate_lines_total_is_price"),
        ),
        sa.CheckConstraint(
            "unit_price_minor >= 0", name=op.f("ck_estimate_lines_price_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["estimate_id"], ["estimates.id"], name=op.f("fk_estimate_lines_estimate_id_estimates")
        ),
        sa.ForeignKeyConstraint(
            ["from_line_id"],
            ["estimate_lines.id"],
            name=op.f("fk_estimate_lines_from_line_id_estimate_lines"),
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_estimate_lines_part_id_parts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate_lines")),
        sa.UniqueConstraint("estimate_id", "key", name=op.f("uq_estimate_lines_estimate_id_key")),
        sa.UniqueConstraint(
            "estimate_id", "position", name=op.f("uq_estimate_lines_estimate_id_position")
        ),
    )
    op.create_index("ix_estimate_lines_from", "estimate_lines", ["from_line_id"], unique=False)
    op.create_index("ix_estimate_lines_part", "estimate_lines", ["part_id"], unique=False)
    op.create_table(
        "claim_lines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("claim_id", KEY, nullable=False),
        sa.Column("line_id", KEY, nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_bp", sa.Integer(), nullable=False),
        sa.Column("removed", sa.String(length=200), nullable=False),
        sa.Column("fitted", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_claim_lines_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["service_claims.id"], name=op.f("fk_claim_lines_claim_id_service_claims")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["estimate_lines.id"], name=op.f("fk_claim_lines_line_id_estimate_lines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_lines")),
        sa.UniqueConstraint("claim_id", "line_id", name=op.f("uq_claim_lines_claim_id_line_id")),
    )
    op.create_table(
        "line_decisions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("line_id", KEY, nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("noted_by", sa.String(length=200), nullable=False),
        sa.Column("how", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["estimate_lines.id"],
            name=op.f("fk_line_decisions_line_id_estimate_lines"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_decisions")),
        sa.UniqueConstraint("line_id", name=op.f("uq_line_decisions_line_id")),
    )
    op.create_table(
        "part_needs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("line_id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kept BETWEEN 0 AND quantity", name=op.f("ck_part_needs_kept_of_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["estimate_lines.id"], name=op.f("fk_part_needs_line_id_estimate_lines")
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_part_needs_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_part_needs_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_needs")),
        sa.UniqueConstraint("line_id", name=op.f("uq_part_needs_line_id")),
    )
    op.create_index(
        "ix_part_needs_open",
        "part_needs",
        ["part_id", "id"],
        unique=False,
        sqlite_where=sa.text("kept < quantity AND ended_at IS NULL"),
        postgresql_where=sa.text("kept < quantity AND ended_at IS NULL"),
    )
    op.create_index("ix_part_needs_ticket", "part_needs", ["ticket_id", "id"], unique=False)
    op.create_table(
        "payer_shares",
        sa.Column("id", KEY, nullable=False),
        sa.Column("line_id", KEY, nullable=False),
        sa.Column("payer", sa.String(32), nullable=False),
        sa.Column("measure", sa.String(32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "measure <> 'percent' OR value BETWEEN 0 AND 10000",
            name=op.f("ck_payer_shares_percent_of"),
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_payer_shares_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["estimate_lines.id"], name=op.f("fk_payer_shares_line_id_estimate_lines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_shares")),
        sa.UniqueConstraint("line_id", "payer", name=op.f("uq_payer_shares_line_id_payer")),
    )
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)
    for table, state in _DRAFT_OF.items():
        for statement in _draft_triggers(table, state, dialect=dialect):
            op.execute(statement)
    for statement in _estimate_triggers(dialect):
        op.execute(statement)


def _draft_triggers(table: str, state: str, *, dialect: str) -> list[str]:
    """Rows of what was sent neither come, change nor go."""
    message = f"{table} of what was sent stay as they are"
    rows = {"INSERT": "NEW", "UPDATE": "OLD", "DELETE": "OLD"}
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER tr_{table}_draft_{verb.lower()} BEFORE {verb} ON {table} "
            f"WHEN {state.format(row=row)} <> 'draft' "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for verb, row in rows.items()
        ]
    return [
        statement
        for verb, row in rows.items()
        for statement in (
            f"CREATE FUNCTION keep_{table}_{verb.lower()}() RETURNS trigger "
            f"LANGUAGE plpgsql AS $$ BEGIN IF {state.format(row=row)} <> 'draft' "
            f"THEN RAISE EXCEPTION '{message}'; END IF; "
            f"RETURN {'OLD' if verb == 'DELETE' else 'NEW'}; END $$",
            f"CREATE TRIGGER tr_{table}_draft_{verb.lower()} BEFORE {verb} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION keep_{table}_{verb.lower()}()",
        )
    ]


def _estimate_triggers(dialect: str) -> list[str]:
    """What was sent keeps its content and does not go; what was decided is not taken back."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER tr_estimates_sent_stays BEFORE UPDATE ON estimates "
            f"WHEN ({_SENT_CHANGES}) OR ({_DECIDED_IS_TAKEN_BACK}) "
            "BEGIN SELECT RAISE(ABORT, 'a sent estimate stays as it is'); END",
            "CREATE TRIGGER tr_estimates_sent_no_delete BEFORE DELETE ON estimates "
            "WHEN OLD.state <> 'draft' "
            "BEGIN SELECT RAISE(ABORT, 'a sent estimate stays as it is'); END",
        ]
    return [
        "CREATE FUNCTION keep_sent_estimate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF ({_SENT_CHANGES}) OR ({_DECIDED_IS_TAKEN_BACK}) "
        "THEN RAISE EXCEPTION 'a sent estimate stays as it is'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_estimates_sent_stays BEFORE UPDATE ON estimates "
        "FOR EACH ROW EXECUTE FUNCTION keep_sent_estimate()",
        "CREATE TRIGGER tr_estimates_sent_no_delete BEFORE DELETE ON estimates "
        "FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_change()",
    ]

"""Trade-in: inspections, offers, what was taken over, margin scheme."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SENTENCE = "a robot that was taken in trade stays as it was taken"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column(
        "stores",
        sa.Column("margin_scheme", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    with op.batch_alter_table("checklists") as checklists:
        checklists.drop_constraint(op.f("ck_checklists_purpose_known"), type_="check")
        checklists.create_check_constraint(
            op.f("ck_checklists_purpose_known"), "purpose IN ('pdi', 'handover', 'trade_in')"
        )
    if dialect == "sqlite":  # there the table was made anew, and lost its guards
        for statement in refusing_triggers("checklists", dialect=dialect):
            op.execute(statement)
    _tables()
    for statement in _guards(dialect):
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "trade_in_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=True),
        sa.Column("grade", sa.String(32), nullable=False),
        sa.Column("start_bp", sa.Integer(), nullable=False),
        sa.Column("month_bp", sa.Integer(), nullable=False),
        sa.Column("hours_bp", sa.Integer(), nullable=False),
        sa.Column("least_bp", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "hours_bp BETWEEN 0 AND 10000", name=op.f("ck_trade_in_rules_hours_is_a_share")
        ),
        sa.CheckConstraint(
            "least_bp BETWEEN 0 AND start_bp", name=op.f("ck_trade_in_rules_least_below_start")
        ),
        sa.CheckConstraint(
            "month_bp BETWEEN 0 AND 10000", name=op.f("ck_trade_in_rules_month_is_a_share")
        ),
        sa.CheckConstraint(
            "start_bp BETWEEN 0 AND 10000", name=op.f("ck_trade_in_rules_start_is_a_share")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_trade_in_rules_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_trade_in_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_in_rules")),
    )
    op.create_index(
        "uq_trade_in_rules_every_model",
        "trade_in_rules",
        ["store_id", "grade"],
        unique=True,
        sqlite_where=sa.text("model_id IS NULL"),
        postgresql_where=sa.text("model_id IS NULL"),
    )
    op.create_index(
        "uq_trade_in_rules_model",
        "trade_in_rules",
        ["store_id", "model_id", "grade"],
        unique=True,
        sqlite_where=sa.text("model_id IS NOT NULL"),
        postgresql_where=sa.text("model_id IS NOT NULL"),
    )
    op.create_table(
        "trade_ins",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("checklist_id", KEY, nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(32), nullable=False),
        sa.Column("inspected_at", UtcDateTime(), nullable=False),
        sa.Column("inspected_by", sa.String(length=200), nullable=False),
        sa.Column("suggested_minor", sa.BigInteger(), nullable=False),
        sa.Column("offer_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("offer_reason", sa.String(length=200), nullable=False),
        sa.Column("offer_by", sa.String(length=200), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("is_tax_free", sa.Boolean(), nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("taken_by", sa.String(length=200), nullable=False),
        sa.Column("transfer_id", KEY, nullable=True),
        sa.Column("attempt_id", KEY, nullable=True),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("payout", sa.String(32), nullable=True),
        sa.Column("payout_minor", sa.BigInteger(), nullable=False),
        sa.Column("payout_note", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("end_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(attempt_id IS NULL) = (settled_minor = 0)",
            name=op.f("ck_trade_ins_settled_by_a_payment"),
        ),
        sa.CheckConstraint(
            "(taken_at IS NULL) = (transfer_id IS NULL) AND (taken_at IS NULL OR settled_minor + payout_minor = offer_minor)",
            name=op.f("ck_trade_ins_taken_is_settled"),
        ),
        sa.CheckConstraint("offer_minor > 0", name=op.f("ck_trade_ins_offer_positive")),
        sa.CheckConstraint(
            "payout_minor = 0 OR payout IS NOT NULL", name=op.f("ck_trade_ins_payout_has_a_way")
        ),
        sa.CheckConstraint(
            "settled_minor >= 0 AND payout_minor >= 0", name=op.f("ck_trade_ins_parts_not_negative")
        ),
        sa.CheckConstraint(
            "suggested_minor >= 0", name=op.f("ck_trade_ins_suggested_not_negative")
        ),
        sa.CheckConstraint(
            "taken_at IS NULL OR ended_at IS NULL", name=op.f("ck_trade_ins_taken_or_ended")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["payment_attempts.id"],
            name=op.f("fk_trade_ins_attempt_id_payment_attempts"),
        ),
        sa.ForeignKeyConstraint(
            ["checklist_id"], ["checklists.id"], name=op.f("fk_trade_ins_checklist_id_checklists")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_trade_ins_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_trade_ins_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_trade_ins_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_trade_ins_transfer_id_transfers")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_trade_ins_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_ins")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_trade_ins_store_id_number")),
    )
    op.create_index("ix_trade_ins_customer", "trade_ins", ["customer_id", "id"], unique=False)
    op.create_index("ix_trade_ins_newest", "trade_ins", ["store_id", "id"], unique=False)
    op.create_index("ix_trade_ins_order", "trade_ins", ["order_id"], unique=False)
    op.create_index("ix_trade_ins_unit", "trade_ins", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_trade_ins_open",
        "trade_ins",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("taken_at IS NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("taken_at IS NULL AND ended_at IS NULL"),
    )

    op.create_table(
        "unit_prices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_unit_prices_price_positive")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_unit_prices_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_unit_prices_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_prices")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_unit_prices_unit_id")),
    )


def _guards(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER tr_trade_ins_taken_no_{verb.lower()} BEFORE {verb} ON trade_ins "
            f"WHEN OLD.taken_at IS NOT NULL BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        "CREATE TRIGGER tr_trade_ins_taken_stays BEFORE UPDATE OR DELETE ON trade_ins "
        "FOR EACH ROW WHEN (OLD.taken_at IS NOT NULL) EXECUTE FUNCTION refuse_change()",
    ]

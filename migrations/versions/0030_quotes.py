"""Quotes, deposits, terms, pre-orders."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SENTENCE = "a quote that was sent stays as it was sent"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _options()
    _quotes()
    _orders()
    _terms()
    for statement in [*_guards(dialect), *refusing_triggers("dunning_notices", dialect=dialect)]:
        op.execute(statement)


def _options() -> None:
    op.create_table(
        "option_groups",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "least >= 0 AND most >= 1 AND least <= most",
            name=op.f("ck_option_groups_least_within_most"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_option_groups_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_option_groups_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_option_groups")),
        sa.UniqueConstraint(
            "store_id", "model_id", "name", name=op.f("uq_option_groups_store_id_model_id_name")
        ),
    )
    op.create_table(
        "option_choices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("product_id", KEY, nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["option_groups.id"],
            name=op.f("fk_option_choices_group_id_option_groups"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_option_choices_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_option_choices")),
        sa.UniqueConstraint("group_id", "name", name=op.f("uq_option_choices_group_id_name")),
    )
    op.create_table(
        "option_exclusions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("choice_id", KEY, nullable=False),
        sa.Column("other_id", KEY, nullable=False),
        sa.CheckConstraint("choice_id < other_id", name=op.f("ck_option_exclusions_lower_first")),
        sa.ForeignKeyConstraint(
            ["choice_id"],
            ["option_choices.id"],
            name=op.f("fk_option_exclusions_choice_id_option_choices"),
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["option_choices.id"],
            name=op.f("fk_option_exclusions_other_id_option_choices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_option_exclusions")),
        sa.UniqueConstraint(
            "choice_id", "other_id", name=op.f("uq_option_exclusions_choice_id_other_id")
        ),
    )


def _quotes() -> None:
    op.create_table(
        "quotes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "price_mode",
            sa.Enum("net", "gross", name="pricemode", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdraw_reason", sa.String(length=200), nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.CheckConstraint(
            "order_id IS NULL OR withdrawn_at IS NULL", name=op.f("ck_quotes_accepted_or_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_quotes_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_quotes_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_quotes_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
        sa.UniqueConstraint("order_id", name=op.f("uq_quotes_order_id")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_quotes_store_id_number")),
    )
    op.create_index("ix_quotes_customer", "quotes", ["customer_id", "id"], unique=False)
    op.create_index("ix_quotes_newest", "quotes", ["store_id", "id"], unique=False)
    op.create_table(
        "quote_versions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("quote_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("deposit_days", sa.Integer(), nullable=False),
        sa.Column("free_days", sa.Integer(), nullable=False),
        sa.Column("keep_bp", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_by", sa.String(length=200), nullable=False),
        sa.Column("document_id", KEY, nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_by", sa.String(length=200), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(sent_at IS NULL) = (document_id IS NULL)",
            name=op.f("ck_quote_versions_sent_with_its_document"),
        ),
        sa.CheckConstraint(
            "accepted_at IS NULL OR sent_at IS NOT NULL",
            name=op.f("ck_quote_versions_accepted_was_sent"),
        ),
        sa.CheckConstraint(
            "deposit_days BETWEEN 1 AND 365", name=op.f("ck_quote_versions_deposit_days_in_a_year")
        ),
        sa.CheckConstraint(
            "deposit_minor >= 0", name=op.f("ck_quote_versions_deposit_not_negative")
        ),
        sa.CheckConstraint(
            "free_days BETWEEN 0 AND 365", name=op.f("ck_quote_versions_free_days_in_a_year")
        ),
        sa.CheckConstraint(
            "keep_bp BETWEEN 0 AND 10000", name=op.f("ck_quote_versions_keep_is_a_share")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_quote_versions_document_id_issued_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quotes.id"], name=op.f("fk_quote_versions_quote_id_quotes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_versions")),
        sa.UniqueConstraint("quote_id", "version", name=op.f("uq_quote_versions_quote_id_version")),
    )
    op.create_index(
        "uq_quote_versions_accepted",
        "quote_versions",
        ["quote_id"],
        unique=True,
        sqlite_where=sa.text("accepted_at IS NOT NULL"),
        postgresql_where=sa.text("accepted_at IS NOT NULL"),
    )
    op.create_index(
        "uq_quote_versions_draft",
        "quote_versions",
        ["quote_id"],
        unique=True,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "quote_lines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("for_position", sa.Integer(), nullable=True),
        sa.Column("choice_id", KEY, nullable=True),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_reason", sa.String(length=200), nullable=False),
        sa.Column("discount_by", sa.String(length=200), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column(
            "tax_category",
            sa.Enum(
                "standard",
                "zero",
                "exempt",
                "reverse",
                "intra",
                "export",
                "outside",
                "margin",
                name="taxcategory",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "discount_minor >= 0 AND discount_minor <= unit_price_minor * quantity",
            name=op.f("ck_quote_lines_discount_within_price"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_quote_lines_quantity_positive")),
        sa.CheckConstraint(
            "unit_id IS NULL OR quantity = 1", name=op.f("ck_quote_lines_serialised_is_one")
        ),
        sa.CheckConstraint("unit_price_minor >= 0", name=op.f("ck_quote_lines_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["choice_id"],
            ["option_choices.id"],
            name=op.f("fk_quote_lines_choice_id_option_choices"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_quote_lines_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_quote_lines_unit_id_units")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["quote_versions.id"],
            name=op.f("fk_quote_lines_version_id_quote_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_lines")),
        sa.UniqueConstraint(
            "version_id", "position", name=op.f("uq_quote_lines_version_id_position")
        ),
    )
    op.create_index("ix_quote_lines_unit", "quote_lines", ["unit_id"], unique=False)
    op.create_table(
        "quote_links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("quote_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quotes.id"], name=op.f("fk_quote_links_quote_id_quotes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_quote_links_token_hash")),
    )
    op.create_index(
        "uq_quote_links_in_force",
        "quote_links",
        ["quote_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _orders() -> None:
    op.create_table(
        "order_deposits",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("asked_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("free_until", sa.Date(), nullable=True),
        sa.Column("keep_bp", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("kept_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("asked_minor > 0", name=op.f("ck_order_deposits_asked_positive")),
        sa.CheckConstraint(
            "ended_at IS NOT NULL OR kept_minor = 0", name=op.f("ck_order_deposits_kept_at_the_end")
        ),
        sa.CheckConstraint(
            "keep_bp BETWEEN 0 AND 10000", name=op.f("ck_order_deposits_keep_is_a_share")
        ),
        sa.CheckConstraint(
            "kept_minor >= 0 AND kept_minor <= asked_minor",
            name=op.f("ck_order_deposits_kept_within_asked"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_deposits_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_deposits")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_deposits_order_id")),
    )
    op.create_table(
        "pre_orders",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("order_line_id", KEY, nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("allocated_at", UtcDateTime(), nullable=True),
        sa.Column("allocated_by", sa.String(length=200), nullable=False),
        sa.Column("override_reason", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(unit_id IS NULL) = (allocated_at IS NULL)",
            name=op.f("ck_pre_orders_allocated_has_a_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_pre_orders_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_pre_orders_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_lines.id"],
            name=op.f("fk_pre_orders_order_line_id_order_lines"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_pre_orders_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_pre_orders_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pre_orders")),
    )
    op.create_index("ix_pre_orders_order", "pre_orders", ["order_id"], unique=False)
    op.create_index(
        "ix_pre_orders_queue",
        "pre_orders",
        ["store_id", "model_id", "ready_at", "id"],
        unique=False,
        sqlite_where=sa.text("unit_id IS NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("unit_id IS NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "uq_pre_orders_line",
        "pre_orders",
        ["order_line_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_pre_orders_unit",
        "pre_orders",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("unit_id IS NOT NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("unit_id IS NOT NULL AND ended_at IS NULL"),
    )


def _terms() -> None:
    op.create_index("ix_bills_customer", "bills", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_bills_due",
        "bills",
        ["store_id", "due_on", "id"],
        unique=False,
        sqlite_where=sa.text("due_on IS NOT NULL"),
        postgresql_where=sa.text("due_on IS NOT NULL"),
    )
    op.create_table(
        "credit_accounts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("term_days", sa.Integer(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("limit_minor >= 0", name=op.f("ck_credit_accounts_limit_not_negative")),
        sa.CheckConstraint(
            "term_days BETWEEN 1 AND 90", name=op.f("ck_credit_accounts_days_in_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_credit_accounts_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_credit_accounts_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_accounts")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_credit_accounts_customer_id")),
    )
    op.create_table(
        "dunning_notices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("bill_id", KEY, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_dunning_notices_level_known")),
        sa.CheckConstraint("open_minor > 0", name=op.f("ck_dunning_notices_something_is_open")),
        sa.ForeignKeyConstraint(
            ["bill_id"], ["bills.id"], name=op.f("fk_dunning_notices_bill_id_bills")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["issued_documents.id"],
            name=op.f("fk_dunning_notices_document_id_issued_documents"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_notices")),
        sa.UniqueConstraint("bill_id", "level", name=op.f("uq_dunning_notices_bill_id_level")),
    )


def _guards(dialect: str) -> list[str]:
    """Lines of a sent version never change; of the version itself only that it was accepted."""
    accepts = "NEW.accepted_at IS NOT NULL AND OLD.accepted_at IS NULL"
    if dialect == "sqlite":
        raises = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        sent = "(SELECT sent_at FROM quote_versions WHERE id = {row}.version_id) IS NOT NULL"
        return [
            "CREATE TRIGGER tr_quote_versions_sent_no_update BEFORE UPDATE ON quote_versions "
            f"WHEN OLD.sent_at IS NOT NULL AND NOT ({accepts}) {raises}",
            "CREATE TRIGGER tr_quote_versions_sent_no_delete BEFORE DELETE ON quote_versions "
            f"WHEN OLD.sent_at IS NOT NULL {raises}",
            *(
                f"CREATE TRIGGER tr_quote_lines_sent_no_{verb.lower()} BEFORE {verb} ON quote_lines "
                f"WHEN {sent.format(row='NEW' if verb == 'INSERT' else 'OLD')} {raises}"
                for verb in ("INSERT", "UPDATE", "DELETE")
            ),
        ]
    return [
        "CREATE FUNCTION refuse_sent_quote() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE "  # noqa: S608
        "of_version bigint; BEGIN IF TG_OP = 'INSERT' THEN of_version := NEW.version_id; "
        "ELSE of_version := OLD.version_id; END IF; "
        "IF (SELECT sent_at FROM quote_versions WHERE id = of_version) IS NOT NULL "
        f"THEN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = '23514'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_quote_lines_sent_stays BEFORE INSERT OR UPDATE OR DELETE ON quote_lines "
        "FOR EACH ROW EXECUTE FUNCTION refuse_sent_quote()",
        "CREATE TRIGGER tr_quote_versions_sent_no_update BEFORE UPDATE ON quote_versions "
        f"FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL AND NOT ({accepts})) "
        "EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER tr_quote_versions_sent_no_delete BEFORE DELETE ON quote_versions "
        "FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL) EXECUTE FUNCTION refuse_change()",
    ]

"""Data vouchers drawn down; voucher schemes ask for papers, and say who bears a rest."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _schemes()
    _vouchers()
    _papers()
    _entitlements()
    _moves()
    _grants()
    for statement in refusing_triggers("entitlement_moves", dialect=op.get_bind().dialect.name):
        op.execute(statement)


def _schemes() -> None:
    """A scheme's one model becomes the first of its several."""
    op.create_table(
        "scheme_models",
        sa.Column("scheme_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_scheme_models_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["voucher_schemes.id"],
            name=op.f("fk_scheme_models_scheme_id_voucher_schemes"),
        ),
        sa.PrimaryKeyConstraint("scheme_id", "model_id", name=op.f("pk_scheme_models")),
    )
    op.execute(
        "INSERT INTO scheme_models (scheme_id, model_id) "
        "SELECT id, model_id FROM voucher_schemes WHERE model_id IS NOT NULL"
    )
    with op.batch_alter_table("voucher_schemes") as schemes:
        schemes.drop_constraint(
            op.f("fk_voucher_schemes_model_id_robot_models"), type_="foreignkey"
        )
        schemes.drop_column("model_id")
        schemes.add_column(sa.Column("rest", sa.String(32), nullable=False, server_default="store"))
    with op.batch_alter_table("voucher_schemes") as schemes:
        schemes.alter_column("rest", existing_type=sa.String(32), server_default=None)


def _vouchers() -> None:
    with op.batch_alter_table("vouchers") as vouchers:
        vouchers.add_column(
            sa.Column("charged_minor", sa.BigInteger(), nullable=False, server_default="0")
        )
        vouchers.drop_constraint(op.f("ck_vouchers_no_more_than_claimed"), type_="check")
        vouchers.drop_constraint(op.f("ck_vouchers_parts_not_negative"), type_="check")
        vouchers.create_check_constraint(
            op.f("ck_vouchers_no_more_than_claimed"),
            "paid_minor + lost_minor + charged_minor <= amount_minor",
        )
        vouchers.create_check_constraint(
            op.f("ck_vouchers_parts_not_negative"),
            "paid_minor >= 0 AND lost_minor >= 0 AND charged_minor >= 0",
        )
    with op.batch_alter_table("vouchers") as vouchers:
        vouchers.alter_column("charged_minor", existing_type=sa.BigInteger(), server_default=None)
    is_waiting = sa.text("claim_id IS NULL")
    op.create_index(
        "ix_vouchers_waiting",
        "vouchers",
        ["scheme_id", "id"],
        sqlite_where=is_waiting,
        postgresql_where=is_waiting,
    )
    op.create_index("ix_vouchers_newest", "vouchers", ["store_id", "id"])


def _papers() -> None:
    op.create_table(
        "scheme_papers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("scheme_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["voucher_schemes.id"],
            name=op.f("fk_scheme_papers_scheme_id_voucher_schemes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_papers")),
        sa.UniqueConstraint("scheme_id", "name", name=op.f("uq_scheme_papers_scheme_id_name")),
        sa.UniqueConstraint(
            "scheme_id", "position", name=op.f("uq_scheme_papers_scheme_id_position")
        ),
    )
    op.create_table(
        "voucher_papers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("voucher_id", KEY, nullable=False),
        sa.Column("paper_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_voucher_papers_sha256_whole")),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["scheme_papers.id"],
            name=op.f("fk_voucher_papers_paper_id_scheme_papers"),
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["vouchers.id"], name=op.f("fk_voucher_papers_voucher_id_vouchers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_papers")),
        sa.UniqueConstraint(
            "voucher_id",
            "paper_id",
            "sha256",
            name=op.f("uq_voucher_papers_voucher_id_paper_id_sha256"),
        ),
    )


def _entitlements() -> None:
    op.create_table(
        "entitlements",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("granted_milli", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("granted_milli > 0", name=op.f("ck_entitlements_grants_something")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_entitlements_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_entitlements_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_entitlements_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlements")),
        sa.UniqueConstraint("source", name=op.f("uq_entitlements_source")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_entitlements_store_id_number")),
    )
    op.create_index("ix_entitlements_customer", "entitlements", ["customer_id", "id"], unique=False)


def _moves() -> None:
    op.create_table(
        "entitlement_moves",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entitlement_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("amount_milli", sa.BigInteger(), nullable=False),
        sa.Column("balance_milli", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reverses_id", KEY, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(kind = 'issued') = (number = 1)", name=op.f("ck_entitlement_moves_issued_first")
        ),
        sa.CheckConstraint(
            "(kind = 'reversed') = (reverses_id IS NOT NULL)",
            name=op.f("ck_entitlement_moves_reverses_one"),
        ),
        sa.CheckConstraint(
            "(kind IN ('issued', 'reversed')) = (amount_milli > 0)",
            name=op.f("ck_entitlement_moves_kind_has_its_sign"),
        ),
        sa.CheckConstraint("amount_milli <> 0", name=op.f("ck_entitlement_moves_moves_something")),
        sa.CheckConstraint(
            "balance_milli >= 0", name=op.f("ck_entitlement_moves_balance_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["entitlement_id"],
            ["entitlements.id"],
            name=op.f("fk_entitlement_moves_entitlement_id_entitlements"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["entitlement_moves.id"],
            name=op.f("fk_entitlement_moves_reverses_id_entitlement_moves"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement_moves")),
        sa.UniqueConstraint(
            "entitlement_id", "number", name=op.f("uq_entitlement_moves_entitlement_id_number")
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_entitlement_moves_reverses_id")),
    )


def _grants() -> None:
    op.create_table(
        "product_grants",
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("amount_milli", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_milli > 0", name=op.f("ck_product_grants_grants_something")),
        sa.CheckConstraint("days >= 0", name=op.f("ck_product_grants_days_not_negative")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_grants_product_id_products")
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_grants")),
    )

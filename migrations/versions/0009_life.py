"""Where robots go: loans, changes of hands, public passports; and search in any part of a key."""

import secrets

import sqlalchemy as sa
from alembic import op

from app.kernel import searchindex
from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SEARCHED = (
    ("units", "serial_key"),
    ("unit_components", "serial_key"),
    ("components", "serial_key"),
    ("customers", "name_key"),
)
CODE_SIGNS = "0123456789abcdefghjklmnpqrstuvwx"
OVERLAPS = """
    EXISTS (
        SELECT 1 FROM ownerships AS other
        WHERE other.unit_id = NEW.unit_id AND other.id IS DISTINCT FROM NEW.id
        AND (other.until IS NULL OR other.until > NEW.since)
        AND (NEW.until IS NULL OR other.since < NEW.until)
    )
"""


def upgrade() -> None:
    op.create_table(
        "loans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holding", sa.String(32), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("out_at", UtcDateTime(), nullable=False),
        sa.Column("out_by", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("condition_out", sa.Text(), nullable=False),
        sa.Column("in_at", UtcDateTime(), nullable=True),
        sa.Column("in_by", sa.String(length=200), nullable=False),
        sa.Column("condition_in", sa.Text(), nullable=False),
        sa.CheckConstraint("in_at IS NULL OR in_at >= out_at", name=op.f("ck_loans_in_order")),
        sa.CheckConstraint(
            "customer_id IS NOT NULL OR holder <> ''", name=op.f("ck_loans_with_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_loans_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_loans_store_id_stores")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_loans_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    op.create_index("ix_loans_due", "loans", ["store_id", "in_at", "due_on", "id"], unique=False)
    op.create_index("ix_loans_unit", "loans", ["unit_id", "out_at", "id"], unique=False)
    op.create_index(
        "uq_loans_out",
        "loans",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("in_at IS NULL"),
        postgresql_where=sa.text("in_at IS NULL"),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "from_customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "to_customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("wipe", sa.String(32), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_transfers_price_not_negative")),
        sa.CheckConstraint(
            "from_customer_id IS NOT NULL OR to_customer_id IS NOT NULL",
            name=op.f("ck_transfers_between_two"),
        ),
        sa.ForeignKeyConstraint(
            ["from_customer_id"],
            ["customers.id"],
            name=op.f("fk_transfers_from_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_transfers_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["to_customer_id"], ["customers.id"], name=op.f("fk_transfers_to_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_transfers_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_unit", "transfers", ["unit_id", "at", "id"], unique=False)
    op.create_table(
        "passport_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ownership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ownership_id"],
            ["ownerships.id"],
            name=op.f("fk_passport_links_ownership_id_ownerships"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_passport_links_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_passport_links_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passport_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_passport_links_token_hash")),
    )
    op.create_index("ix_passport_links_unit", "passport_links", ["unit_id", "id"], unique=False)
    op.add_column("units", sa.Column("passport_code", sa.String(length=32), nullable=True))
    op.create_index("uq_units_passport_code", "units", ["passport_code"], unique=True)
    _give_codes()
    dialect = op.get_bind().dialect.name
    for statement in refusing_triggers("transfers", dialect=dialect):
        op.execute(statement)
    _keep_owners_apart(dialect)
    _refuse(
        "units_sold_out_on_loan",
        "UPDATE OF state",
        "units",
        "NEW.state = 'sold' AND EXISTS "
        "(SELECT 1 FROM loans WHERE loans.unit_id = NEW.id AND loans.in_at IS NULL)",
        "a robot out on loan is not sold",
        dialect=dialect,
    )
    if dialect == "postgresql":
        op.execute(searchindex.GRAMS_FUNCTION)
    for table, column in SEARCHED:
        for statement in searchindex.index_statements(table, column, dialect=dialect):
            op.execute(statement)


def _give_codes() -> None:
    """Every unit that is here gets the address of its public page."""
    units = sa.table("units", sa.column("id"), sa.column("passport_code"))
    connection = op.get_bind()
    rows = [
        {"unit": unit_id, "code": "".join(secrets.choice(CODE_SIGNS) for _ in range(26))}
        for unit_id in connection.scalars(sa.select(units.c.id))
    ]
    if rows:
        connection.execute(
            sa.update(units)
            .where(units.c.id == sa.bindparam("unit"))
            .values(passport_code=sa.bindparam("code")),
            rows,
        )


def _keep_owners_apart(dialect: str) -> None:
    """Refuse owners at the same time, and an owner taken off the record."""
    told = OVERLAPS.replace("IS DISTINCT FROM", "IS NOT") if dialect == "sqlite" else OVERLAPS
    for verb, condition, sentence in (
        ("INSERT", told, "owners would overlap"),
        ("UPDATE", told, "owners would overlap"),
        ("DELETE", "TRUE", "owners are never deleted"),
    ):
        name = f"ownerships_{verb.lower()}"
        _refuse(name, verb, "ownerships", condition, sentence, dialect=dialect)


def _refuse(
    name: str, verb: str, table: str, condition: str, sentence: str, *, dialect: str
) -> None:
    """A trigger that refuses a row when `condition` holds."""
    if dialect == "sqlite":
        op.execute(
            f"CREATE TRIGGER tr_{name} BEFORE {verb} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
        return
    kept = "OLD" if verb == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; "
        f"RETURN {kept}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER tr_{name} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
    )

"""What is owed around robots: warranty, contracts, bulletins, documents, data."""

import re

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SERIAL_KEY = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")
SERIAL_ORDER = sa.String(400).with_variant(sa.String(400, collation="C"), "postgresql")
APPEND_ONLY = (
    "warranty_terms", "warranty_papers", "part_payers", "contract_visits", "bulletin_criteria",
    "bulletin_completions", "ai_classes", "data_records",
)  # fmt: skip
# Written once, and ended once: table, the column that says so, and what goes with it.
ENDED_ONCE = (
    ("bulletins", "withdrawn_at", ("withdrawn_by", "withdrawal_reason")),
    ("robot_documents", "withdrawn_at", ("withdrawn_by", "withdrawal_reason")),
    ("exclusion_evidence", "withdrawn_at", ("withdrawn_by", "withdrawal_reason")),
    ("model_figures", "withdrawn_at", ("withdrawn_by",)),
    ("document_requirements", "ended_at", ("ended_by",)),
    ("service_contracts", "ended_on", ("end_reason",)),
)
_DIGITS = re.compile(r"[0-9]+")


def upgrade() -> None:
    op.create_table(
        "bulletins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("code_key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawal_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "due_on IS NULL OR due_on >= issued_on", name=op.f("ck_bulletins_due_after_issue")
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_bulletins_maker_id_makers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_bulletins_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletins")),
    )
    op.create_index("ix_bulletins_newest", "bulletins", ["issued_on", "id"], unique=False)
    op.create_index(
        "uq_bulletins_code_live",
        "bulletins",
        ["maker_id", "code_key"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )

    op.create_table(
        "warranty_terms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("terms_key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("buyers", sa.String(32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["makers.id"], name=op.f("fk_warranty_terms_maker_id_makers")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_warranty_terms_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warranty_terms")),
        sa.UniqueConstraint(
            "maker_id",
            "terms_key",
            "version",
            name=op.f("uq_warranty_terms_maker_id_terms_key_version"),
        ),
    )
    op.create_table(
        "ai_classes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("risk", sa.String(32), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_ai_classes_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_ai_classes_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_classes")),
    )
    op.create_index("ix_ai_classes_model", "ai_classes", ["model_id", "id"], unique=False)

    op.create_table(
        "bulletin_criteria",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "bulletin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("serials", sa.Text(), nullable=False),
        sa.Column("revisions", sa.Text(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("part_number", sa.String(length=64), nullable=False),
        sa.Column("part_key", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("lot_key", SERIAL_KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["bulletin_id"],
            ["bulletins.id"],
            name=op.f("fk_bulletin_criteria_bulletin_id_bulletins"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["robot_models.id"],
            name=op.f("fk_bulletin_criteria_model_id_robot_models"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_criteria")),
        sa.UniqueConstraint(
            "bulletin_id", "position", name=op.f("uq_bulletin_criteria_bulletin_id_position")
        ),
    )
    op.create_table(
        "document_requirements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("market", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["robot_models.id"],
            name=op.f("fk_document_requirements_model_id_robot_models"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_document_requirements_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_requirements")),
    )
    op.create_index(
        "ix_document_requirements_market", "document_requirements", ["market", "id"], unique=False
    )

    op.create_table(
        "model_figures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_model_figures_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_model_figures_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_figures")),
    )
    op.create_index(
        "ix_model_figures_model", "model_figures", ["model_id", "name_key", "id"], unique=False
    )

    op.create_table(
        "bulletin_completions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "bulletin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "criterion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulletin_id"],
            ["bulletins.id"],
            name=op.f("fk_bulletin_completions_bulletin_id_bulletins"),
        ),
        sa.ForeignKeyConstraint(
            ["criterion_id"],
            ["bulletin_criteria.id"],
            name=op.f("fk_bulletin_completions_criterion_id_bulletin_criteria"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_bulletin_completions_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_bulletin_completions_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_completions")),
    )
    op.create_index(
        "ix_bulletin_completions_bulletin",
        "bulletin_completions",
        ["bulletin_id", "store_id", "unit_id"],
        unique=False,
    )
    op.create_index(
        "ix_bulletin_completions_unit",
        "bulletin_completions",
        ["unit_id", "bulletin_id"],
        unique=False,
    )

    op.create_table(
        "data_records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(kind = 'wipe') = (number IS NOT NULL)", name=op.f("ck_data_records_wipe_is_numbered")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_data_records_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_data_records_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_records")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_data_records_store_id_number")),
    )
    op.create_index("ix_data_records_unit", "data_records", ["unit_id", "id"], unique=False)

    op.create_table(
        "robot_documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("market", sa.String(length=2), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("kept_at", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawal_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(file_sha256 = '') = (media_type = '')", name=op.f("ck_robot_documents_file_has_type")
        ),
        sa.CheckConstraint(
            "file_sha256 <> '' OR kept_at <> ''", name=op.f("ck_robot_documents_is_somewhere")
        ),
        sa.CheckConstraint(
            "(model_id IS NULL) <> (unit_id IS NULL)", name=op.f("ck_robot_documents_of_one_thing")
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_robot_documents_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_robot_documents_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_robot_documents_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_robot_documents_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robot_documents")),
    )
    op.create_index(
        "ix_robot_documents_model", "robot_documents", ["model_id", "kind"], unique=False
    )
    op.create_index("ix_robot_documents_unit", "robot_documents", ["unit_id", "kind"], unique=False)

    op.create_table(
        "service_contracts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("component_classes", sa.Text(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("until >= since", name=op.f("ck_service_contracts_in_order")),
        sa.CheckConstraint(
            "visits IS NULL OR visits > 0", name=op.f("ck_service_contracts_visits_positive")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_service_contracts_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_service_contracts_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_contracts")),
        sa.UniqueConstraint(
            "store_id", "number", name=op.f("uq_service_contracts_store_id_number")
        ),
    )
    op.create_index(
        "ix_service_contracts_unit", "service_contracts", ["unit_id", "id"], unique=False
    )

    op.create_table(
        "warranty_papers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entitlement", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(kind = 'entitlement') = (entitlement <> '')",
            name=op.f("ck_warranty_papers_names_entitlement"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_warranty_papers_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_warranty_papers_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warranty_papers")),
    )
    op.create_index("ix_warranty_papers_unit", "warranty_papers", ["unit_id", "id"], unique=False)

    op.create_table(
        "contract_visits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "contract_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["service_contracts.id"],
            name=op.f("fk_contract_visits_contract_id_service_contracts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_visits")),
        sa.UniqueConstraint(
            "contract_id", "reference", name=op.f("uq_contract_visits_contract_id_reference")
        ),
    )
    op.create_table(
        "exclusion_evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawal_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slots.id"], name=op.f("fk_exclusion_evidence_slot_id_slots")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_exclusion_evidence_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_exclusion_evidence_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion_evidence")),
    )
    op.create_index(
        "ix_exclusion_evidence_unit", "exclusion_evidence", ["unit_id", "id"], unique=False
    )

    op.create_table(
        "part_payers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "occupant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("under_warranty", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["occupant_id"], ["occupants.id"], name=op.f("fk_part_payers_occupant_id_occupants")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_part_payers_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_payers")),
    )
    op.create_index("ix_part_payers_occupant", "part_payers", ["occupant_id", "id"], unique=False)

    op.create_index(
        "ix_occupants_part_now",
        "occupants",
        ["store_id", "part_key"],
        unique=False,
        sqlite_where=sa.text("until IS NULL AND part_key <> ''"),
        postgresql_where=sa.text("until IS NULL AND part_key <> ''"),
    )

    op.add_column(
        "units", sa.Column("serial_order", SERIAL_ORDER, server_default="", nullable=False)
    )
    op.create_index(
        "ix_units_built",
        "units",
        ["store_id", "model_id", "hardware_revision", "firmware"],
        unique=False,
    )
    op.create_index(
        "ix_units_serial_order",
        "units",
        ["store_id", "maker_id", "serial_order", "id"],
        unique=False,
    )

    _order_serials()
    for table in APPEND_ONLY:
        for statement in refusing_triggers(table, dialect=op.get_bind().dialect.name):
            op.execute(statement)
    for table, ended, with_it in ENDED_ONCE:
        _only_end(table, ended, with_it)


def _order_serials() -> None:
    """Give the units that are here their place in the order of serials."""
    units = sa.table("units", sa.column("id"), sa.column("serial_key"), sa.column("serial_order"))
    connection = op.get_bind()
    rows = [
        {"unit": unit_id, "order": _DIGITS.sub(_order_of_digits, key)}
        for unit_id, key in connection.execute(sa.select(units.c.id, units.c.serial_key))
    ]
    if rows:
        connection.execute(
            sa.update(units)
            .where(units.c.id == sa.bindparam("unit"))
            .values(serial_order=sa.bindparam("order")),
            rows,
        )


def _order_of_digits(run: re.Match[str]) -> str:
    digits = run[0].lstrip("0") or "0"
    return f"\x01{len(digits):03d}{digits}"


def _only_end(table: str, ended: str, with_it: tuple[str, ...]) -> None:
    """Refuse to delete, and every change but the one that ends the row."""
    connection = op.get_bind()
    free = {ended, *with_it}
    fixed = [
        column["name"]
        for column in sa.inspect(connection).get_columns(table)
        if column["name"] not in free
    ]
    sqlite = connection.dialect.name == "sqlite"
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f'NEW."{name}" {differs} OLD."{name}"' for name in fixed)
    condition = f"OLD.{ended} IS NOT NULL OR NEW.{ended} IS NULL OR {changed}"
    for verb, when in (("DELETE", "TRUE"), ("UPDATE", condition)):
        _refuse(table, verb, when, sqlite=sqlite)


def _refuse(table: str, verb: str, when: str, *, sqlite: bool) -> None:
    name = f"{table}_{verb.lower()}"
    sentence = f"rows of {table} only end, and only once"
    if sqlite:
        op.execute(
            f"CREATE TRIGGER tr_{name} BEFORE {verb} ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; "
        f"RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER tr_{name} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
    )

"""Catalogue of parts: further numbers, fit, successors, stand-ins, pictures; pieces on hand."""

import sqlalchemy as sa
from alembic import op

from app.kernel import searchindex
from app.kernel.db import UtcDateTime
from app.kernel.searchkeys import bare_key

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SERIAL_KEY = sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql")
# Of two that would do SQLite takes the one made last: so the widest comes first.
LISTS = {
    "ix_parts_in_use": "NOT archived",
    "ix_parts_archived": "archived",
    "ix_parts_core": "core_days IS NOT NULL AND NOT archived",
    "ix_parts_low": "minimum > 0 AND on_hand <= minimum AND NOT archived",
    "ix_parts_out": "minimum > 0 AND on_hand = 0 AND NOT archived",
}
# Pieces that a row of balances adds to what is on hand.
COUNTS = "CASE WHEN {row}.pickable THEN {row}.quantity ELSE 0 END"
RING = (
    "EXISTS (WITH RECURSIVE onward(part_id) AS (SELECT NEW.new_part_id "
    "UNION SELECT supersessions.new_part_id FROM supersessions "
    "JOIN onward ON onward.part_id = supersessions.old_part_id) "
    "SELECT 1 FROM onward WHERE onward.part_id = NEW.old_part_id)"
)


def upgrade() -> None:
    _extend_parts()
    _numbers()
    _fits()
    _successors()
    _pictures()
    dialect = op.get_bind().dialect.name
    for statement in searchindex.index_statements("part_texts", "key", dialect=dialect):
        op.execute(statement)
    _keep_texts(dialect)
    _keep_on_hand(dialect)
    _refuse_rings(dialect)


def _extend_parts() -> None:
    for column in (
        sa.Column("revision", sa.String(length=64), server_default="", nullable=False),
        sa.Column("bare_key", SERIAL_KEY, server_default="", nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("parts", column)
    _give_keys()
    op.execute(
        "UPDATE parts SET on_hand = (SELECT coalesce(sum(balances.quantity), 0) FROM balances "
        "WHERE balances.part_id = parts.id AND balances.pickable)"
    )
    op.create_index("uq_parts_bare_key", "parts", ["store_id", "bare_key"], unique=True)
    op.create_index("ix_parts_class", "parts", ["store_id", "slot_class", "name_key", "id"])
    for name, condition in LISTS.items():
        where = sa.text(condition)
        op.create_index(
            name,
            "parts",
            ["store_id", "name_key", "id"],
            sqlite_where=where,
            postgresql_where=where,
        )


def _give_keys() -> None:
    """Of two numbers that differ by dashes alone, the later keeps its dashes in the key."""
    parts = sa.table(
        "parts",
        *(sa.column(name) for name in ("id", "store_id", "number", "number_key", "bare_key")),
    )
    connection = op.get_bind()
    taken: set[tuple[int, str]] = set()
    rows = connection.execute(
        sa.select(parts.c.id, parts.c.store_id, parts.c.number, parts.c.number_key).order_by(
            parts.c.id
        )
    ).all()
    for part_id, store_id, number, number_key in rows:
        key = bare_key(number)
        if (store_id, key) in taken:
            key = number_key
        taken.add((store_id, key))
        connection.execute(sa.update(parts).where(parts.c.id == part_id).values(bare_key=key))


def _numbers() -> None:
    op.create_table(
        "part_numbers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("owner_key", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("bare_key", SERIAL_KEY, nullable=False),
        sa.CheckConstraint("length(bare_key) > 0", name=op.f("ck_part_numbers_number_not_empty")),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_part_numbers_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_part_numbers_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_numbers")),
        sa.UniqueConstraint(
            "store_id",
            "kind",
            "owner_key",
            "bare_key",
            name=op.f("uq_part_numbers_store_id_kind_owner_key_bare_key"),
        ),
    )
    op.create_index("ix_part_numbers_bare_key", "part_numbers", ["store_id", "bare_key", "part_id"])
    op.create_index("ix_part_numbers_part", "part_numbers", ["part_id", "id"])
    op.create_table(
        "part_texts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("number_id", KEY, nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number_id"], ["part_numbers.id"], name=op.f("fk_part_texts_number_id_part_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_part_texts_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_part_texts_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_texts")),
    )
    op.create_index("ix_part_texts_part", "part_texts", ["part_id", "number_id"])
    op.create_index("ix_part_texts_number", "part_texts", ["number_id"])
    op.execute(
        "INSERT INTO part_texts (store_id, part_id, key) "
        "SELECT store_id, id, bare_key || ' ' || name_key FROM parts ORDER BY id"
    )


def _fits() -> None:
    op.create_table(
        "part_fits",
        sa.Column("id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=False),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=True),
        sa.Column("part_revisions", sa.String(length=300), nullable=False),
        sa.Column("revisions", sa.String(length=300), nullable=False),
        sa.Column("firmware", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(slot_path <> '') <> (slot_class IS NOT NULL)",
            name=op.f("ck_part_fits_path_or_class"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_part_fits_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["parts.id"], name=op.f("fk_part_fits_part_id_parts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_fits")),
    )
    op.create_index("ix_part_fits_model", "part_fits", ["model_id", "part_id"])
    op.create_index("ix_part_fits_part", "part_fits", ["part_id", "id"])


def _successors() -> None:
    op.create_table(
        "supersessions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("old_part_id", KEY, nullable=False),
        sa.Column("new_part_id", KEY, nullable=False),
        sa.Column("both_ways", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "old_part_id <> new_part_id", name=op.f("ck_supersessions_not_by_itself")
        ),
        sa.ForeignKeyConstraint(
            ["new_part_id"], ["parts.id"], name=op.f("fk_supersessions_new_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["old_part_id"], ["parts.id"], name=op.f("fk_supersessions_old_part_id_parts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supersessions")),
        sa.UniqueConstraint("old_part_id", name=op.f("uq_supersessions_old_part_id")),
    )
    op.create_index("ix_supersessions_new", "supersessions", ["new_part_id"])
    op.create_table(
        "substitutions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("instead_of_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=True),
        sa.Column("slot_path", sa.String(length=160), nullable=False),
        sa.Column("slot_class", sa.String(32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "part_id <> instead_of_id", name=op.f("ck_substitutions_not_for_itself")
        ),
        sa.CheckConstraint(
            "slot_path = '' OR slot_class IS NULL", name=op.f("ck_substitutions_path_or_class")
        ),
        sa.ForeignKeyConstraint(
            ["instead_of_id"], ["parts.id"], name=op.f("fk_substitutions_instead_of_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_substitutions_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_substitutions_part_id_parts")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_substitutions_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitutions")),
    )
    op.create_index("ix_substitutions_instead_of", "substitutions", ["instead_of_id", "part_id"])
    op.create_index("ix_substitutions_part", "substitutions", ["part_id"])


def _pictures() -> None:
    op.create_table(
        "part_pictures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("preview_sha256", sa.String(length=64), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["parts.id"], name=op.f("fk_part_pictures_part_id_parts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_pictures")),
        sa.UniqueConstraint("part_id", "sha256", name=op.f("uq_part_pictures_part_id_sha256")),
    )
    op.create_index("ix_part_pictures_part", "part_pictures", ["part_id", "position", "id"])


def _keep_texts(dialect: str) -> None:
    """What a search looks through follows numbers and names."""
    _do(
        "parts_text_insert",
        "AFTER INSERT ON parts",
        "INSERT INTO part_texts (store_id, part_id, key) "
        "VALUES (NEW.store_id, NEW.id, NEW.bare_key || ' ' || NEW.name_key);",
        dialect=dialect,
    )
    _do(
        "parts_text_update",
        "AFTER UPDATE OF bare_key, name_key ON parts",
        "UPDATE part_texts SET key = NEW.bare_key || ' ' || NEW.name_key "
        "WHERE part_id = NEW.id AND number_id IS NULL;",
        dialect=dialect,
    )
    _do(
        "part_numbers_text_insert",
        "AFTER INSERT ON part_numbers",
        "INSERT INTO part_texts (store_id, part_id, number_id, key) "
        "VALUES (NEW.store_id, NEW.part_id, NEW.id, NEW.bare_key);",
        dialect=dialect,
    )
    _do(
        "part_numbers_text_delete",
        "BEFORE DELETE ON part_numbers",
        "DELETE FROM part_texts WHERE number_id = OLD.id;",
        dialect=dialect,
    )


def _keep_on_hand(dialect: str) -> None:
    """What a part has in pickable places follows its balances."""
    more = "UPDATE parts SET on_hand = on_hand + ({change}) WHERE id = {row}.part_id;"
    new, old = COUNTS.format(row="NEW"), COUNTS.format(row="OLD")
    _do(
        "balances_on_hand_insert",
        "AFTER INSERT ON balances",
        more.format(change=new, row="NEW"),
        condition="NEW.pickable AND NEW.quantity <> 0",
        dialect=dialect,
    )
    _do(
        "balances_on_hand_update",
        "AFTER UPDATE OF part_id, pickable, quantity ON balances",
        more.format(change=f"-({old})", row="OLD") + more.format(change=new, row="NEW"),
        condition=f"{new} <> {old} OR NEW.part_id <> OLD.part_id",
        dialect=dialect,
    )
    _do(
        "balances_on_hand_delete",
        "AFTER DELETE ON balances",
        more.format(change=f"-({old})", row="OLD"),
        condition="OLD.pickable AND OLD.quantity <> 0",
        dialect=dialect,
    )


def _refuse_rings(dialect: str) -> None:
    """No part comes to replace itself over others, and what was said of two parts stays."""
    ring, change = "parts would replace each other in a ring", "supersessions do not change"
    if dialect == "sqlite":
        _do("supersessions_ring", "BEFORE INSERT ON supersessions",
            f"SELECT RAISE(ABORT, '{ring}');", condition=RING, dialect=dialect)  # fmt: skip
        _do("supersessions_change", "BEFORE UPDATE ON supersessions",
            f"SELECT RAISE(ABORT, '{change}');", dialect=dialect)  # fmt: skip
        return
    # Each waits for the others, then looks at what they have committed.
    _do("supersessions_ring", "BEFORE INSERT ON supersessions",
        f"PERFORM pg_advisory_xact_lock(80, 0); IF {RING} THEN "
        f"RAISE EXCEPTION '{ring}' USING ERRCODE = '23514'; END IF;", dialect=dialect)  # fmt: skip
    _do("supersessions_change", "BEFORE UPDATE ON supersessions",
        f"RAISE EXCEPTION '{change}' USING ERRCODE = '23514';", dialect=dialect)  # fmt: skip


def _do(name: str, moment: str, body: str, *, dialect: str, condition: str = "") -> None:
    """A trigger for each row; the same SQL on both engines."""
    when = f" WHEN ({condition})" if condition else ""
    if dialect == "sqlite":
        op.execute(f"CREATE TRIGGER tr_{name} {moment} FOR EACH ROW{when} BEGIN {body} END")
        return
    kept = "OLD" if "DELETE" in moment else "NEW"
    op.execute(
        f"CREATE FUNCTION do_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{body} RETURN {kept}; END $$"
    )
    op.execute(f"CREATE TRIGGER tr_{name} {moment} FOR EACH ROW{when} EXECUTE FUNCTION do_{name}()")

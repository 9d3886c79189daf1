"""Migrations build what the models say, and lose nothing of what a store has by then."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import product
from pathlib import Path
from typing import Any, Self

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    String,
    Table,
    Time,
    func,
    inspect,
    literal,
    select,
    table,
    union_all,
)
from sqlalchemy.exc import DBAPIError

from app import tables
from app.kernel import migrating
from app.kernel.db import open_engine
from tests.kernel.tables import all_constraints, all_triggers

ALEMBIC_OWN = "alembic_version"
REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory.from_config(migrating.config("")).walk_revisions()))
]
ANOTHER = '''
"""A migration of next year: every table is rebuilt, as SQLite needs it for many changes."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None


def upgrade():
    with op.batch_alter_table("stores", recreate={recreate!r}) as stores:
        stores.add_column(sa.Column("colour", sa.String(8), nullable=True))
'''


# The first of the words that a column's rule allows.
WORDS = {
    f"{each.name}.{column}": word
    for each in tables.metadata.sorted_tables
    for rule in each.constraints
    if isinstance(rule, CheckConstraint)
    for column, word in re.findall(r"(\w+) IN \('([^']+)'", str(rule.sqltext))
}
# Where rules tie columns to each other.
HINTS: dict[str, object] = {
    "payment_attempts.change_minor": 0,
    "payment_attempts.rounding_minor": 0,
    "payment_attempts.state": "captured",
    "payment_attempts.tender": "cash",
    "products.kind": "item",
    "products.model_id": None,
    "order_lines.discount_minor": 0,
    "tickets.comeback_of_id": None,
    "estimates.state": "draft",
    "service_claims.state": "draft",
    "survey_rules.least_answers": 5,
    "surveys.occasion": "handover",
    "surveys.ticket_id": None,
    "surveys.expires_at": datetime(2026, 2, 1, tzinfo=UTC),
    "surveys.revoked_at": None,
    "surveys.revoked_by": "",
    "follow_ups.done_at": None,
    "follow_ups.done_by": "",
    "follow_ups.outcome": None,
    "talk_messages.by": "",
}


# What guards in the place of a guard whose column went elsewhere with its values.
MOVED = {
    "voucher_schemes.fk_voucher_schemes_model_id_robot_models": (
        "scheme_models.fk_scheme_models_model_id_robot_models"
    ),
}


# Parents before their children.
ORDER = {each.name: place for place, each in enumerate(tables.metadata.sorted_tables)}


@dataclass(frozen=True, slots=True)
class Trial:
    """A table without a row, as far as it decides whether one fits."""

    table: str
    columns: tuple[tuple[str, bool | None], ...]
    parents: frozenset[str]

    @classmethod
    def of(cls, table: Table, filled: set[str]) -> Self:
        columns = tuple((column.name, column.nullable) for column in table.columns)
        parents = {key.target_fullname.partition(".")[0] for key in table.foreign_keys}
        return cls(table.name, columns, frozenset(parents & filled))


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is in a database, by name: rows of each table, and everything that guards them."""

    rows: dict[str, int]
    guards: frozenset[str]


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """A database that has seen no migration."""
    engine = open_engine(database_url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    yield database_url


def test_migrations_build_what_the_models_say(database_url: str) -> None:
    command.check(migrating.config(database_url))


def test_there_is_one_newest_migration_and_one_way_to_it() -> None:
    scripts = ScriptDirectory.from_config(migrating.config(""))

    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_no_migration_loses_rows_or_guards(empty_url: str) -> None:
    """DB-05, DB-07: a row in each table that takes one, carried from the first to the newest."""
    config, before, refusals = migrating.config(empty_url), Inventory({}, frozenset()), set[Trial]()
    for revision in REVISIONS:
        command.upgrade(config, revision)
        after = inventory(empty_url)

        assert before.rows.items() <= after.rows.items(), revision
        lost = {one for one in before.guards - after.guards if MOVED.get(one) not in after.guards}
        assert not lost, f"{revision}: {lost}"
        before = Inventory(fill(empty_url, refusals), after.guards)
    filled = sum(count > 0 for count in before.rows.values())
    assert filled > len(before.rows) * 4 // 5


def test_a_migration_that_rebuilds_a_parent_keeps_its_children(
    database_url: str, tmp_path: Path
) -> None:
    """DB-05: with foreign keys on, SQLite would empty them."""
    fill(database_url)
    before = inventory(database_url)

    command.upgrade(one_more_migration(database_url, tmp_path), "head")

    assert has_colour(database_url)
    assert inventory(database_url) == before
    assert before.rows["stores"] == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database_url: str, tmp_path: Path
) -> None:
    fill(database_url)
    before = inventory(database_url)
    config = one_more_migration(
        database_url, tmp_path, then="    op.execute('INSERT INTO nowhere VALUES (1)')\n"
    )

    with pytest.raises(DBAPIError):
        command.upgrade(config, "head")

    assert not has_colour(database_url)
    assert inventory(database_url) == before
    assert migrating.is_current(database_url)


def has_colour(url: str) -> bool:
    engine = open_engine(url, writing=False)
    try:
        return "colour" in {column["name"] for column in inspect(engine).get_columns("stores")}
    finally:
        engine.dispose()


def one_more_migration(url: str, folder: Path, then: str = "") -> Config:
    """Alembic's configuration with our migrations and one that comes after them."""
    versions = folder / "later"
    versions.mkdir()
    recreate = "always" if url.startswith("sqlite") else "never"
    script = ANOTHER.format(head=REVISIONS[-1], recreate=recreate) + then
    (versions / "9999_later.py").write_text(script)
    config = migrating.config(url)
    ours = migrating.ROOT / "migrations" / "versions"
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{ours}\n{versions}")
    return config


def inventory(url: str) -> Inventory:
    reader = open_engine(url, writing=False)
    try:
        with reader.connect() as connection:
            return Inventory(rows_in(connection), guards_in(connection))
    finally:
        reader.dispose()


def rows_in(connection: Connection) -> dict[str, int]:
    """Rows of each table, counted in one statement."""
    names = [
        name
        for name in inspect(connection).get_table_names()
        if name != ALEMBIC_OWN and not name.startswith(("fts_", "sqlite_"))
    ]
    counts = [
        select(literal(name).label("name"), func.count().label("rows")).select_from(table(name))
        for name in names
    ]
    return dict(connection.execute(union_all(*counts)).all()) if names else {}


def guards_in(connection: Connection) -> frozenset[str]:
    """Constraints, indexes and triggers as `table.name`."""
    return frozenset(all_constraints(connection) | all_triggers(connection))


def fill(url: str, refusals: set[Trial] | None = None) -> dict[str, int]:
    """One row into each empty table that takes one; what its rules refuse stays empty, and is not
    tried again while it and its parents are as they were.
    """
    refused = set[Trial]() if refusals is None else refusals
    engine, known = open_engine(url), MetaData()
    try:
        with engine.connect() as connection:
            rows = rows_in(connection)
            filled = {name for name, count in rows.items() if count}
            known.reflect(connection, only=[*(rows.keys() - filled)], resolve_fks=False)
            for each in sorted(known.tables.values(), key=lambda one: ORDER.get(one.name, 0)):
                trial = Trial.of(each, filled)
                if trial in refused:
                    continue
                if _fill_one(connection, each):
                    filled.add(each.name)
                else:
                    refused.add(trial)
            connection.commit()
            return rows_in(connection)
    finally:
        engine.dispose()


def _fill_one(connection: Connection, table: Table) -> bool:
    """Try with and without what may be empty, and with other numbers, until its rules agree."""
    for number, filled in product((1, 0, 2), (True, False)):
        row = {
            column.name: value_for(column, number)
            for column in table.columns
            if filled or not column.nullable
        }
        try:
            with connection.begin_nested():
                connection.execute(table.insert().values(row))
        except DBAPIError:
            continue
        return True
    return False


def value_for(column: Column[Any], number: int) -> object:
    """Something of the column's type; keys lead to row 1, which is the parent's only one."""
    name = f"{column.table.name}.{column.name}"
    if name in HINTS:
        return HINTS[name]
    if column.primary_key or column.foreign_keys:
        return 1
    kinds: list[tuple[type, object]] = [
        (Boolean, True),
        (DateTime, datetime(2026, 1, 1, tzinfo=UTC)),
        (Date, date(2026, 1, 1)),
        (Time, time(3)),
        (LargeBinary, b"x"),
        (String, WORDS.get(name, "x")),
    ]
    return next((value for kind, value in kinds if isinstance(column.type, kind)), number)

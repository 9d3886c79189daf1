"""What a database holds besides rows, and a way round it for tests of who notices."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session


@contextmanager
def without_triggers(session: Session, table: str) -> Iterator[None]:
    """Somebody owns the database and takes the guards of one table away; commits what they do."""
    session.commit()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    else:
        for name in triggers_of(session, table):
            session.execute(text(f"DROP TRIGGER {name}"))
    yield
    session.commit()


def drop_triggers(session: Session) -> None:
    """Nothing of an SQLite database is guarded any more, as if somebody had its file open."""
    names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    for name in names.all():
        session.execute(text(f"DROP TRIGGER {name}"))


def triggers_of(session: Session, table: str) -> list[str]:
    """Names of the triggers on a table."""
    if session.get_bind().dialect.name == "postgresql":
        query = (
            "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) "
            "AND NOT tgisinternal ORDER BY tgname"
        )
    else:
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table "
            "ORDER BY name"
        )
    return list(session.scalars(text(query), {"table": table}))


def all_triggers(connection: Connection) -> set[str]:
    """Every trigger as `table.name`."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal"
        )
    else:
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    return {f"{table}.{name}" for table, name in connection.execute(text(query))}


def all_constraints(connection: Connection) -> set[str]:
    """Every named check, unique and foreign key and every index as `table.name`."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT relname, conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid "
            "WHERE contype IN ('c', 'f', 'u') AND relnamespace = 'public'::regnamespace "
            "UNION SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public'"
        )
        return {f"{table}.{name}" for table, name in connection.execute(text(query))}
    query = "SELECT tbl_name, type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    return {
        f"{table}.{each}"
        for table, kind, name, sql in connection.execute(text(query))
        for each in ([name] if kind == "index" else _CONSTRAINT.findall(sql))
    }


# What is said of a table when it is made; keys are no guards of their own.
_CONSTRAINT = re.compile(r'CONSTRAINT "?(?!pk_)(\w+)')

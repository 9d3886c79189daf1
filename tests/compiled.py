"""Statements of SQL, put into words once for a process and not once for each test.

Each test opens its database anew, and SQLAlchemy keeps what it has worded beside one opened
database: a third of a test's time would go into wording again what the test before had worded.
What a statement says depends on the dialect alone, and all databases of a run have the same two.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

MOST_STATEMENTS = 5000


def share_compiled() -> None:
    """Let all engines of a dialect, in this process, share what any of them has compiled."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        _share(dialect)


def _share(dialect: type[Any]) -> None:
    shared: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)

    def engine_created(_dialect: type[Any], engine: Engine) -> None:
        engine._compiled_cache = shared

    ways: dict[str, object] = {
        "engine_created": classmethod(engine_created),
        # the dialect is part of each statement's key, here and in the mappers' own caches
        "__hash__": _hash,
        "__eq__": _equal,
    }
    for name, way in ways.items():
        setattr(dialect, name, way)


def _hash(dialect: object) -> int:
    return hash(type(dialect))


def _equal(dialect: object, other: object) -> bool:
    return type(dialect) is type(other)

"""What a database is asked: each statement, the rows it writes, and what it costs exactly."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from app.kernel.db import Database

_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)")
_SET = re.compile(r"\bSET\s+(.*?)\s+WHERE\b", re.DOTALL)
_TRANSACTION = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT pg_advisory")
_IDENTITY = {"staff", "staff_sessions", "terminals", "api_tokens"}
DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Write:
    """Rows that went into a table, or columns of one row of it that changed."""

    verb: str
    table: str
    rows: list[dict[str, Any]]


@dataclass(slots=True)
class Heard:
    """Statements by what they serve, rows written, and exact counters.

    `ticks` are SQLite's steps as far as its progress handler sees them (each jump of a loop),
    `buffers` the pages of 8 KB that PostgreSQL touched.
    """

    statements: Counter[str] = field(default_factory=Counter)
    writes: list[Write] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    ticks: int = 0
    buffers: int = 0

    @property
    def domain(self) -> int:
        return self.statements[DOMAIN]

    @property
    def total(self) -> int:
        return sum(self.statements.values()) - self.statements["transaction"]


@contextmanager
def listening(database: Database, *, explain: bool = False) -> Iterator[Heard]:
    """Hear what a database is asked while the block lasts.

    With `explain` PostgreSQL runs each statement twice, the first time to count its buffers.
    """
    heard = Heard()

    def before(*seen: Any) -> None:
        _connection, cursor, statement, parameters, context, many = seen
        heard.statements[_serves(statement)] += 1
        heard.texts.append(statement)
        written = _written(statement, context)
        if written is not None:
            heard.writes.append(written)
        if explain and not many and not database.is_sqlite:
            heard.buffers += _buffers(cursor, statement, parameters)

    def tick() -> None:
        heard.ticks += 1

    def count(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        if isinstance(dbapi_connection, sqlite3.Connection):
            dbapi_connection.set_progress_handler(tick, 1)

    engines = (database.writer, database.reader)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "checkout", count)
    try:
        yield heard
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", before)
            event.remove(engine, "checkout", count)


def _serves(statement: str) -> str:
    if statement.startswith(_TRANSACTION):
        return "transaction"
    table = _table(statement)
    if table in _IDENTITY:
        return "identity"
    return {"kept_answers": "idempotency", "audit_entries": "audit"}.get(table, DOMAIN)


def _table(statement: str) -> str:
    found = _TABLE.search(statement)
    return found[1] if found else ""


def _written(statement: str, context: Any) -> Write | None:
    if context is None or not (context.isinsert or context.isupdate):
        return None
    rows = [dict(row) for row in context.compiled_parameters]
    if context.isinsert:
        return Write("insert", _table(statement), rows)
    changed = _SET.search(statement)
    names = re.findall(r'"?(\w+)"?\s*=', changed[1]) if changed else []
    return Write(
        "update", _table(statement), [{name: row.get(name) for name in names} for row in rows]
    )


def _buffers(cursor: Any, statement: str, parameters: Any) -> int:
    """Pages that a statement touches, by PostgreSQL's own account; its effect is undone."""
    if not statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
        return 0
    own = cursor.connection.cursor()
    own.execute("SAVEPOINT bench")
    own.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
    (told,) = own.fetchone()
    own.execute("ROLLBACK TO SAVEPOINT bench")
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])

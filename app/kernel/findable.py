"""Things that a code may name beyond those that the counter knows: each domain tells its own.

The one box for everything asks them after its own tables; who is asked stands in `app.wiring`.
Whether a table knows a code at all is asked of all tables at once (`which`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, literal, select, true
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.base import ExecutableOption

from app.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: `code` is what to scan to mean just this, `page` where it is looked at."""

    kind: str
    label: str
    detail: str
    code: str
    page: str


Finder = Callable[[Session, Actor, str], Iterable[Found]]
# The rows that a code names; None where it can name none, or this actor may not see them.
Query = Callable[[Actor, str], "Select[Any] | None"]
_ONE = select(literal(1)).subquery()
_finders: dict[str, Finder] = {}
_queries: dict[str, Query] = {}


def tell(kind: str, finder: Finder, *, known_by: Query | None = None) -> None:
    """Have `finder` say what a code names exactly; the same kind again replaces it.

    With `known_by` it is asked only where that finds a row; without, always.
    """
    _finders[kind] = finder
    _queries.pop(kind, None)
    if known_by is not None:
        _queries[kind] = known_by


def queries(actor: Actor, code: str) -> dict[str, Select[Any] | None]:
    """The queries of those kinds that were told with one."""
    return {kind: query(actor, code) for kind, query in _queries.items()}


@dataclass(frozen=True, slots=True)
class Known:
    """Which kinds know a code, and the rows that it names of those kinds that were loaded."""

    kinds: set[str]
    rows: Mapping[str, list[Any]]


def which(
    session: Session,
    queries: Mapping[str, Select[Any] | None],
    *,
    loaded: Mapping[str, Callable[[Any], Sequence[ExecutableOption]]],
) -> Known:
    """Which of those queries find anything; one statement for all of them. The rows of the kinds
    in `loaded` come along, each with what is said there of its table.
    """
    asked = {name: query for name, query in queries.items() if query is not None}
    tables = {
        name: aliased(query.column_descriptions[0]["entity"], query.subquery(name))
        for name, query in asked.items()
        if name in loaded
    }
    others = [name for name in asked if name not in tables]
    # one row at least, whatever is found
    statement = select(*(asked[name].exists() for name in others)).select_from(_ONE)
    for name, table in tables.items():
        joined = statement.add_columns(table).outerjoin(table, true())
        statement = joined.options(*loaded[name](table))
    found = session.execute(statement).all()
    rows = {
        name: list(dict.fromkeys(row[place] for row in found if row[place] is not None))
        for place, name in enumerate(tables, start=len(others))
    }
    kinds = {name for name, is_there in zip(others, found[0], strict=False) if is_there}
    return Known(kinds | {name for name, things in rows.items() if things}, rows)


def named(session: Session, actor: Actor, code: str, *, known: set[str]) -> list[Found]:
    """Everything that a code names, of all kinds that were told. `known`: what `which` found."""
    return [
        found
        for kind, finder in _finders.items()
        if kind in known or kind not in _queries
        for found in finder(session, actor, code)
    ]

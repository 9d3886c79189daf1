"""Things that a code may name beyond those that the counter knows: each domain tells its own.

The one box for everything asks them after its own tables; who is asked stands in `app.wiring`.
Whether a table knows a code at all is asked of all tables at once (`which`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

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


def which(session: Session, queries: Mapping[str, Select[Any] | None]) -> set[str]:
    """The names of those queries that find anything; one statement for all of them."""
    asked = {name: query for name, query in queries.items() if query is not None}
    if not asked:
        return set()
    row = session.execute(select(*(query.exists() for query in asked.values()))).one()
    return {name for name, found in zip(asked, row, strict=True) if found}


def named(session: Session, actor: Actor, code: str, *, known: set[str]) -> list[Found]:
    """Everything that a code names, of all kinds that were told. `known`: what `which` found."""
    return [
        found
        for kind, finder in _finders.items()
        if kind in known or kind not in _queries
        for found in finder(session, actor, code)
    ]

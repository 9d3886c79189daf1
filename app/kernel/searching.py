"""Finding a piece of a key anywhere in it, by an index on both engines.

Keys are cut into pieces of one to three characters, and an index leads from a piece to the rows
that have it: on SQLite FTS5 (its trigrams, and beside them a table of shorter pieces, since the
trigrams cannot find one or two Chinese signs), on PostgreSQL GIN over `search_grams(key)`. Signs
such as % _ " * mean themselves.
"""

from typing import TypeVarTuple

from sqlalchemy import Select, Text, cast, column, func, literal_column, table
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.searchindex import SIZE
from app.kernel.searchkeys import like_pattern

Columns = TypeVarTuple("Columns")


def containing(
    session: Session,
    query: Select[*Columns],
    *,
    within: InstrumentedAttribute[str],
    key: str,
) -> Select[*Columns]:
    """`query` kept to the rows whose indexed column has `key` in it, the newest rows first.

    The query selects from the column's table; `key` is a search key of the column's kind, and
    not empty. With a LIMIT the search ends when that many are found.
    """
    row_id = within.class_.id
    if session.get_bind().dialect.name == "postgresql":
        has_pieces = func.search_grams(within).op("@>")(cast(array(_pieces(key)), ARRAY(Text)))
        query = query.where(has_pieces, within.like(like_pattern(key), escape="\\"))
        return query.order_by(row_id.desc())
    name, wanted = _match(within, key)
    pieces = table(name, column("rowid"), column(name))
    # The plus keeps SQLite from asking the index row by row: it is read once, newest first.
    met = row_id == literal_column(f"+{name}.rowid")
    query = query.join(pieces, met).where(pieces.c[name].op("MATCH")(wanted))
    return query.order_by(pieces.c.rowid.desc())


def _pieces(key: str) -> list[str]:
    last = max(len(key) - SIZE, 0)
    return sorted({key[start : start + SIZE] for start in range(last + 1)})


def _match(within: InstrumentedAttribute[str], key: str) -> tuple[str, str]:
    """The search table for a key of this length, and the key in its language."""
    name = f"fts_{within.class_.__tablename__}"
    if len(key) < SIZE:
        return f"{name}_short", key.encode().hex()
    doubled = key.replace('"', '""')
    return name, f'"{doubled}"'

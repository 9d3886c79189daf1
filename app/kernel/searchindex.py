"""The SQL that migrations run so that `searching` finds a piece of a key anywhere in it.

SQLite's search tables follow their table by triggers; whoever rebuilds that table makes them anew.
"""
# ruff: noqa: S608 - the names in these statements are those of our own tables

SIZE = 3


def index_statements(table_name: str, column_name: str, *, dialect: str) -> list[str]:
    """SQL that indexes a column for `containing`, with the rows that stand in its table already."""
    if dialect == "postgresql":
        return [
            f"CREATE INDEX gin_{table_name}_{column_name} ON {table_name} "
            f"USING gin (search_grams({column_name})) WITH (fastupdate = off)"
        ]
    whole, short = f"fts_{table_name}", f"fts_{table_name}_short"
    return [
        f"CREATE VIRTUAL TABLE {whole} USING fts5({column_name}, content='{table_name}', "
        "content_rowid='id', tokenize='trigram case_sensitive 1')",
        f"CREATE VIRTUAL TABLE {short} USING fts5(pieces, content='', detail='none', columnsize=0)",
        f"INSERT INTO {whole}({whole}) VALUES ('rebuild')",
        f"INSERT INTO {short}(rowid, pieces) SELECT id, "
        f"{_short_pieces(f'{table_name}.{column_name}')} FROM {table_name}",
        *_following(table_name, column_name),
    ]


GRAMS_FUNCTION = (
    "CREATE FUNCTION search_grams(said text) RETURNS text[] "
    "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ "
    "SELECT coalesce(array_agg(DISTINCT substr(said, place, size)), '{}') "
    f"FROM generate_series(1, length(said)) AS place, generate_series(1, {SIZE}) AS size "
    "WHERE place + size - 1 <= length(said) $$"
)


def _short_pieces(key: str) -> str:
    """SQLite's expression for every one and two characters of `key`, in hexadecimal words."""
    return (
        "(SELECT group_concat("
        f"hex(substr({key}, place, 1)) || ' ' || hex(substr({key}, place, 2)), ' ') "
        "FROM (WITH RECURSIVE places(place) AS "
        f"(SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < length({key})) "
        "SELECT place FROM places))"
    )


def _following(table_name: str, column_name: str) -> list[str]:
    """Triggers that keep both search tables in step with their table."""
    whole, short = f"fts_{table_name}", f"fts_{table_name}_short"
    new, old = f"new.{column_name}", f"old.{column_name}"
    put_in = (
        f"INSERT INTO {whole}(rowid, {column_name}) VALUES (new.id, {new}); "
        f"INSERT INTO {short}(rowid, pieces) VALUES (new.id, {_short_pieces(new)}); "
    )
    take_out = (
        f"INSERT INTO {whole}({whole}, rowid, {column_name}) VALUES ('delete', old.id, {old}); "
        f"INSERT INTO {short}({short}, rowid, pieces) "
        f"VALUES ('delete', old.id, {_short_pieces(old)}); "
    )
    return [
        f"CREATE TRIGGER {whole}_insert AFTER INSERT ON {table_name} BEGIN {put_in}END",
        f"CREATE TRIGGER {whole}_delete AFTER DELETE ON {table_name} BEGIN {take_out}END",
        f"CREATE TRIGGER {whole}_update AFTER UPDATE OF {column_name} ON {table_name} "
        f"WHEN {new} <> {old} BEGIN {take_out}{put_in}END",
    ]

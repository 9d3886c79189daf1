"""How a migration meets a database: named constraints, foreign keys off and checked on SQLite."""

from alembic import context
from sqlalchemy import Connection, Enum, text

from app import tables
from app.kernel.db import UtcDateTime, open_engine
from app.settings import Settings

target_metadata = tables.metadata


def _render(kind: str, thing: object, _context: object) -> str | bool:
    """Migrations name our own column types as plain ones of SQLAlchemy."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(thing, Enum):
        return "sa.String(32)"
    return False


def _include(*about: object) -> bool:
    """What searches belongs to one database's engine: its migration alone makes it."""
    _thing, name, kind, *_ = about
    return not (kind in {"table", "index"} and str(name).startswith(("fts_", "gin_")))


def run() -> None:
    url = context.config.attributes.get("url") or Settings().database
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            _on(connection)
    finally:
        engine.dispose()


def _on(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # Rebuilding a table with foreign keys on would empty its children.
        raw = connection.connection.dbapi_connection
        if raw is not None:
            raw.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        render_as_batch=sqlite,
        render_item=_render,
        include_object=_include,
        compare_type=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"rows without their parent after migrating: {broken[:5]}")
        connection.commit()


run()

"""Bringing a database to the newest shape."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from app.kernel.db import open_engine

ROOT = Path(__file__).parents[2]


def config(url: str) -> Config:
    """Alembic's configuration for one database, whatever the working directory."""
    settings = Config(ROOT / "alembic.ini")
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.attributes["url"] = url
    return settings


def upgrade(url: str) -> None:
    """Run every migration that this database has not seen."""
    command.upgrade(config(url), "head")


def is_current(url: str) -> bool:
    """Does the database stand at the newest migration?"""
    newest = _head()
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _version(connection) == newest
    finally:
        engine.dispose()


def _head() -> str | None:
    return ScriptDirectory.from_config(config("")).get_current_head()


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()

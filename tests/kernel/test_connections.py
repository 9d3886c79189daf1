"""A connection that died while it lay in the pool is replaced before anybody uses it."""

import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.db import Database, open_engine

pytestmark = pytest.mark.only_on("postgresql")


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch, database: Database) -> Database:
    """A database whose pools hold a connection each, for longer than is trusted."""
    for opened in (database.reading(), database.writing()):
        with opened as session:
            session.execute(text("SELECT 1"))
    monkeypatch.setattr(db, "_ALIVE_FOR_S", 0.0)
    return database


def test_after_the_server_dropped_idle_connections_nobody_notices(idle: Database) -> None:
    # given
    killer = open_engine(idle.url.render_as_string(hide_password=False))
    with killer.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    killer.dispose()
    # when, then
    for opened in (idle.reading(), idle.writing()):
        with opened as session:
            assert session.scalar(text("SELECT 2")) == 2


def test_a_busy_connection_is_not_asked_whether_it_lives(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    # given
    def refuse(_connection: object) -> bool:
        raise AssertionError("nobody had to ask")

    monkeypatch.setattr(database.writer.dialect, "do_ping", refuse)
    # when, then
    for _ in range(3):
        with database.writing() as session:
            assert session.scalar(text("SELECT 1")) == 1

"""Two ways to a database, and what each keeps."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.kernel.outbox import OutboxItem
from app.stores.models import Store
from tests.makers.stores import a_store


def stores(session: Session) -> int:
    return session.scalar(select(func.count(Store.id))) or 0


def test_a_savepoint_rolled_back_leaves_nothing(session: Session) -> None:
    """DB-03: also when nothing was written before it."""
    savepoint = session.begin_nested()
    a_store(session)
    savepoint.rollback()
    session.commit()

    assert stores(session) == 0


def test_the_whole_goes_back_with_what_a_savepoint_kept(session: Session) -> None:
    with session.begin_nested():
        a_store(session)
    session.rollback()

    assert stores(session) == 0


def test_what_a_savepoint_kept_is_committed_with_the_rest(session: Session) -> None:
    with session.begin_nested():
        a_store(session)
    session.commit()
    session.rollback()

    assert stores(session) == 1


def test_who_reads_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(DBAPIError):
        a_store(session)


def test_a_block_that_fails_keeps_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError), database.transaction() as session:
        _a_store_and_a_defect(session)

    with database.reading() as session:
        assert stores(session) == 0


def _a_store_and_a_defect(session: Session) -> None:
    a_store(session)
    session.execute(text("INSERT INTO nowhere VALUES (1)"))


def test_after_a_failure_the_next_writer_gets_through(database: Database) -> None:
    """The gate is left whatever happened inside."""
    for _ in range(3):
        with pytest.raises(DBAPIError), database.transaction() as session:
            session.execute(text("INSERT INTO nowhere VALUES (1)"))
    with database.transaction() as session:
        a_store(session)

    with database.reading() as session:
        assert stores(session) == 1


def test_a_time_comes_back_aware_and_equal(session: Session) -> None:
    """DB-09: on both engines, whatever zone it was said in."""
    store = a_store(session)
    said = datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=timezone(timedelta(hours=8)))
    item = OutboxItem(store_id=store.id, kind="x", payload="{}", due_at=said)
    session.add(item)
    session.commit()
    session.expire_all()

    assert item.due_at == said
    assert item.due_at.tzinfo is UTC
    assert session.scalar(select(OutboxItem.id).where(OutboxItem.due_at <= said)) == item.id
    assert session.scalar(select(OutboxItem.id).where(OutboxItem.due_at < said)) is None


def test_a_time_without_a_zone_is_refused_at_the_door(session: Session) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - that is the point
    store = a_store(session)
    session.add(OutboxItem(store_id=store.id, kind="x", payload="{}", due_at=naive))
    with pytest.raises(StatementError, match="time zone"):
        session.flush()


@pytest.mark.only_on("sqlite")
def test_sqlite_keeps_what_it_committed_and_knows_its_keys(database: Database) -> None:
    for engine in (database.writer, database.reader):
        with engine.connect() as connection:
            said = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        # 2 is FULL: a committed sale survives a power cut
        assert said == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 5000,
        }


@pytest.mark.only_on("sqlite")
def test_another_process_that_writes_is_waited_for_and_then_named(database_url: str) -> None:
    first, second = Database(database_url), Database(database_url)
    with first.transaction() as session:
        a_store(session)
        session.flush()
        with second.writer.connect() as waiting:
            raw = waiting.connection.dbapi_connection
            assert raw is not None
            waiting.rollback()
            raw.execute("PRAGMA busy_timeout=10")
            with pytest.raises(DBAPIError, match="locked"):
                waiting.execute(text("SELECT 1"))
    with second.transaction() as session:
        assert stores(session) == 1
    first.close()
    second.close()

"""Entries are chained when they are recorded and written when the transaction is committed."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.kernel.db import Database
from app.stores.models import Store
from tests.makers.stores import a_store


def test_entries_of_a_transaction_are_written_in_one_statement(
    session: Session, database: Database
) -> None:
    # given
    actor = _actor(a_store(session))
    statements: list[str] = []
    event.listen(database.writer, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    # when
    for action in ("one.done", "two.done", "three.done"):
        audit.record(session, actor, action, subject="thing:1")
    session.commit()
    # then
    assert len([one for one in statements if one.startswith("INSERT INTO audit_entries")]) == 1
    assert _actions(session) == ["one.done", "two.done", "three.done"]
    assert list(audit.breaches(session)) == []


def test_a_savepoint_rolled_back_takes_its_own_entries_along(session: Session) -> None:
    # given
    actor = _actor(a_store(session))
    audit.record(session, actor, "before.done", subject="thing:1")
    # when
    savepoint = session.begin_nested()
    audit.record(session, actor, "within.done", subject="thing:1")
    with session.begin_nested():
        audit.record(session, actor, "deeper.done", subject="thing:1")
    savepoint.rollback()
    audit.record(session, actor, "after.done", subject="thing:1")
    session.commit()
    # then
    assert _actions(session) == ["before.done", "after.done"]
    assert list(audit.breaches(session)) == []


def test_a_refused_row_within_a_savepoint_takes_no_older_entry_along(session: Session) -> None:
    # given
    store = a_store(session)
    actor = _actor(store)
    audit.record(session, actor, "before.done", subject="thing:1")
    # when
    savepoint = session.begin_nested()
    audit.record(session, actor, "within.done", subject="thing:1")
    session.add(_twin_of(store))
    with pytest.raises(IntegrityError):
        session.flush()
    savepoint.rollback()
    session.commit()
    # then
    assert _actions(session) == ["before.done"]


def test_what_was_rolled_back_was_never_recorded(session: Session) -> None:
    # given
    actor = _actor(a_store(session))
    session.commit()
    audit.record(session, actor, "lost.done", subject="thing:1")
    # when
    session.rollback()
    audit.record(session, actor, "kept.done", subject="thing:1")
    session.commit()
    # then
    assert _actions(session) == ["kept.done"]
    assert list(audit.breaches(session)) == []


def test_entries_can_be_read_before_the_commit_once_they_are_written(session: Session) -> None:
    # given
    actor = _actor(a_store(session))
    audit.record(session, actor, "one.done", subject="thing:1")
    # when
    audit.write(session)
    audit.record(session, actor, "two.done", subject="thing:1")
    # then
    assert _actions(session) == ["one.done"]
    session.commit()
    assert _actions(session) == ["one.done", "two.done"]
    assert list(audit.breaches(session)) == []


def _actor(store: Store) -> Actor:
    return Actor(store_id=store.id, name="Petra Krause", role="manager")


def _twin_of(store: Store) -> Store:
    return Store(
        code=store.code,
        name="Twin",
        legal_name="Twin GmbH",
        country="DE",
        currency="EUR",
        price_mode=store.price_mode,
    )


def _actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)))

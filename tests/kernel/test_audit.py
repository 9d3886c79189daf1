"""The chain of what was done: whoever edits it later is found."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from tests.kernel.tables import without_triggers
from tests.makers.stores import a_store


@pytest.fixture
def clerk(session: Session) -> Actor:
    return Actor(store_id=a_store(session).id, name="Jana Voss", role="sales")


def written(session: Session, actor: Actor, count: int = 4) -> None:
    for number in range(1, count + 1):
        audit.record(session, actor, "order.paid", subject=f"order:{number}", reason="müde 机")
    session.commit()


def tampered(session: Session, statement: str) -> list[str]:
    """What the proof says after somebody who owns the database changed it."""
    with without_triggers(session, "audit_entries"):
        session.execute(text(statement))
    session.expire_all()
    return list(audit.breaches(session))


def test_an_untouched_chain_is_sound(session: Session, clerk: Actor) -> None:
    written(session, clerk)

    assert list(audit.breaches(session)) == []


def test_an_edited_entry_is_found_and_named(session: Session) -> None:
    for index, change in enumerate(
        (
            "body = replace(body, 'Voss', 'Vosz')",
            "body = '[]'",
            "actor = 'Somebody else'",
            "action = 'order.cancelled'",
            "subject = 'order:99'",
            "hash = previous_hash",
            "previous_hash = hash",
            "at = '2020-01-01 00:00:00+00:00'",
        )
    ):
        store_id = a_store(session, f"S{index}").id
        written(session, Actor(store_id=store_id, name="Jana Voss", role="sales"))
        assert list(audit.breaches(session)) == []

        here = f"position = 2 AND store_id = {store_id}"
        found = tampered(session, f"UPDATE audit_entries SET {change} WHERE {here}")

        assert found == [f"audit: store {store_id}: entry 2 does not fit the chain"], change
        with without_triggers(session, "audit_entries"):
            session.execute(text("DELETE FROM audit_entries"))
        session.expunge_all()


def test_a_missing_entry_is_found(session: Session, clerk: Actor) -> None:
    """CASH-09: the verifier reports the gap, and the next sale goes on."""
    written(session, clerk)

    found = tampered(session, "DELETE FROM audit_entries WHERE position = 2")
    written(session, clerk, count=1)

    assert found == [f"audit: store {clerk.store_id}: entry 3 does not fit the chain"]
    assert list(audit.breaches(session)) == found


def test_a_chain_without_its_hashes_still_takes_entries(session: Session, clerk: Actor) -> None:
    """CASH-09: a predecessor with no hash."""
    written(session, clerk)

    found = tampered(session, "UPDATE audit_entries SET hash = '' WHERE position = 4")
    written(session, clerk, count=1)

    assert found == [f"audit: store {clerk.store_id}: entry 4 does not fit the chain"]
    assert list(audit.breaches(session)) == found


def test_each_store_has_a_chain_of_its_own(session: Session, clerk: Actor) -> None:
    other = Actor(store_id=a_store(session, "BER").id, name="Ben Ott", role="sales")
    for actor in (clerk, other, clerk, other):
        written(session, actor, count=1)

    assert list(audit.breaches(session)) == []
    assert audit.head(session, clerk.store_id) != audit.head(session, other.store_id)


def test_an_entry_says_who_what_when_where_and_why(session: Session) -> None:
    actor = Actor(
        store_id=a_store(session).id,
        name="Petra Krause",
        role="manager",
        staff_id=7,
        terminal_name="Counter 1",
    )
    audit.record(
        session,
        actor,
        "order.discounted",
        subject="order:5",
        before={"discount": 0},
        after={"discount": 100},
        reason="scratch",
    )
    session.commit()

    body = session.scalar(text("SELECT body FROM audit_entries")) or ""
    for fact in (
        '"actor":"Petra Krause"',
        '"actor_key":"staff:7"',
        '"role":"manager"',
        '"terminal":"Counter 1"',
        '"before":{"discount":0}',
        '"after":{"discount":100}',
        '"reason":"scratch"',
    ):
        assert fact in body


def test_what_has_no_one_writing_is_not_recorded(session: Session, clerk: Actor) -> None:
    for value in (1.5, object(), {1, 2}):
        with pytest.raises(TypeError, match="no canonical writing"):
            audit.record(session, clerk, "x.done", subject="x:1", after={"value": value})

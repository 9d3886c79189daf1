"""Work after the commit: never before it, never not at all, perhaps twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock, outbox
from app.kernel.db import Database
from app.kernel.outbox import OutboxItem
from tests.makers.stores import a_store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KIND = "test.letter"


class Postman:
    """Delivers, or does not as often as it is told."""

    def __init__(self) -> None:
        self.delivered: list[dict[str, object]] = []
        self.fails = 0

    def deliver(self, database: Database, payload: dict[str, object]) -> None:
        assert database is not None
        if self.fails:
            self.fails -= 1
            raise OSError("the printer is out of paper")
        self.delivered.append(payload)


@pytest.fixture
def postman() -> Postman:
    made = Postman()
    outbox.deliver_by(KIND, made.deliver)
    return made


@pytest.fixture
def store_id(session: Session) -> int:
    made = a_store(session).id
    session.commit()
    return made


def post(session: Session, store_id: int, kind: str = KIND) -> None:
    with clock.set_to(NOW):
        outbox.post(session, store_id=store_id, kind=kind, payload={"to": "Müller", "n": 1})


def round_at(database: Database, moment: datetime) -> int:
    with clock.set_to(moment):
        return outbox.deliver_due(database)


def test_what_is_not_committed_is_not_delivered(
    session: Session, database: Database, store_id: int, postman: Postman
) -> None:
    """POS-07: no receipt of a sale that the server does not have."""
    post(session, store_id)
    session.flush()
    session.rollback()

    assert round_at(database, NOW) == 0
    assert postman.delivered == []


def test_what_is_committed_is_delivered_once_all_is_well(
    session: Session, database: Database, store_id: int, postman: Postman
) -> None:
    post(session, store_id)
    session.commit()

    assert [round_at(database, NOW), round_at(database, NOW)] == [1, 0]
    assert postman.delivered == [{"to": "Müller", "n": 1}]


def test_a_failure_is_tried_again_and_waits_longer_each_time(
    session: Session, database: Database, store_id: int, postman: Postman
) -> None:
    postman.fails = 2
    post(session, store_id)
    session.commit()

    assert round_at(database, NOW) == 1
    assert round_at(database, NOW + timedelta(seconds=1)) == 0
    assert round_at(database, NOW + timedelta(seconds=2)) == 1
    assert round_at(database, NOW + timedelta(seconds=5)) == 0
    assert round_at(database, NOW + timedelta(seconds=6)) == 1
    assert len(postman.delivered) == 1


def test_a_delivery_that_was_cut_off_before_its_note_happens_again(
    session: Session,
    database: Database,
    store_id: int,
    postman: Postman,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At least once: who is killed between the paper and the note prints again."""
    post(session, store_id)
    session.commit()
    with monkeypatch.context() as power_cut:
        power_cut.setattr(database, "transaction", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            round_at(database, NOW)

    assert round_at(database, NOW) == 1
    assert len(postman.delivered) == 2


def test_one_that_cannot_be_delivered_hinders_no_other_and_says_why(
    session: Session, database: Database, store_id: int, postman: Postman
) -> None:
    post(session, store_id, "test.nobody")
    post(session, store_id)
    session.commit()

    round_at(database, NOW)

    assert len(postman.delivered) == 1
    item = session.scalars(select(OutboxItem).where(OutboxItem.kind == "test.nobody")).one()
    assert (item.done_at, item.last_error) == (None, "nobody delivers test.nobody")


def test_a_defect_of_a_delivery_hinders_no_other(
    session: Session, database: Database, store_id: int, postman: Postman
) -> None:
    def broken(_database: Database, _payload: dict[str, object]) -> None:
        raise AttributeError("a defect of ours")

    outbox.deliver_by("test.broken", broken)
    post(session, store_id, "test.broken")
    post(session, store_id)
    session.commit()

    for later in range(3):
        round_at(database, NOW + timedelta(seconds=later))

    assert len(postman.delivered) == 1

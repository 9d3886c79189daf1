"""The stream of news: what changed is told, by whatever worker it was changed, and nothing else."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session
from starlette.requests import Request

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import NotFound, Refused
from app.kernel.text import msg
from app.robots import timeline
from app.stores.models import Store
from app.web import live
from app.wiring import connect
from tests.makers.robots import a_unit
from tests.robots.conftest import a_store, bearer, manager, signed_in, store

__all__ = ["bearer", "manager", "signed_in", "store"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    connect()
    monkeypatch.setattr(live, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)


class Reader(Request):
    """Somebody who stays."""

    async def is_disconnected(self) -> bool:
        return False


def following(
    database: Database, actor: Actor, topics: str, *, still_there: Callable[[], bool] = lambda: True
) -> AsyncIterator[bytes]:
    wanted, shown = live.read_topics(topics)
    return live.stream(
        Reader({"type": "http"}), database, actor, wanted, seen=shown, still_there=still_there
    )


def test_a_change_by_anybody_is_told_once(
    database: Database, session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store)
    session.commit()
    topic = f"robot:{unit.id}"

    async def follow() -> list[bytes]:
        heard = []
        async with aclosing(following(database, manager, f"{topic}=0")) as news:  # type: ignore[type-var]
            async for said in news:
                heard.append(said)
                if len(heard) == 2:  # quiet so far: now something happens, through another session
                    timeline.note(session, unit.id, kind="part", summary=msg("Knee fitted"))
                    session.commit()
                if b"changed" in said:
                    heard.append(await anext(news))
                    return heard
        return heard

    # when
    heard = asyncio.run(asyncio.wait_for(follow(), 20))
    # then
    assert heard[0] == b"retry: 2000\n\n"
    assert heard[1] == b": here\n\n"
    change = next(said for said in heard if b"event: changed" in said)
    assert f"data: {topic}\n\n".encode() in change
    assert heard[-1] == b": here\n\n"


def test_what_changed_before_the_stream_began_is_told_at_once(
    database: Database, session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store)
    timeline.note(session, unit.id, kind="part", summary=msg("Knee fitted"))
    session.commit()

    async def second() -> bytes:
        news = following(database, manager, f"robot:{unit.id}=0")
        await anext(news)
        return await anext(news)

    assert b"event: changed" in asyncio.run(asyncio.wait_for(second(), 20))


def test_the_stream_ends_with_the_right_to_read(
    database: Database, session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store)
    session.commit()

    async def all_of_it() -> list[bytes]:
        topics = f"robot:{unit.id}=0"
        return [
            said async for said in following(database, manager, topics, still_there=lambda: False)
        ]

    assert asyncio.run(asyncio.wait_for(all_of_it(), 20)) == [b"retry: 2000\n\n"]


@pytest.mark.parametrize("topics", ["", "nonsense:1", "robot:", "robot", ",", "robot:" + "1" * 101])
def test_strange_topics_are_refused(topics: str) -> None:
    with pytest.raises(Refused):
        live.read_topics(topics)
    with pytest.raises(Refused):
        live.read_topics(",".join(f"robot:{number}" for number in range(11)))


@pytest.mark.parametrize("key", ["0", "x", "²", "9" * 18, "-1", "1=2"])
def test_nobody_follows_what_is_not_there(session: Session, manager: Actor, key: str) -> None:
    with pytest.raises(NotFound):
        timeline.mark(session, manager, key)


def test_nobody_follows_another_stores_robot(
    session: Session, signed_in: Callable[[Role], TestClient]
) -> None:
    far = a_unit(session, a_store(session, "BER"))
    browser = signed_in(Role.SALES)
    assert browser.get(f"/live?topics=robot:{far.id}").status_code == 404
    assert browser.get("/live?topics=x").status_code == 422
    browser.cookies.clear()
    answer = browser.get(f"/live?topics=robot:{far.id}", follow_redirects=False)
    assert answer.status_code in (303, 401)


def test_marks_survive_the_readers_absence() -> None:
    assert live.marks_written("robot:1=7&robot:2=x") == {"robot:1": "7", "robot:2": "x"}
    assert live.marks_written("nonsense") == {}


def test_a_process_that_stops_ends_its_streams(
    database: Database,
    session: Session,
    store: Store,
    manager: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unit = a_unit(session, store)
    session.commit()
    monkeypatch.setattr(live, "_closed", threading.Event())

    async def all_of_it() -> list[bytes]:
        heard = []
        async for said in following(database, manager, f"robot:{unit.id}=0"):
            heard.append(said)
            live.close()
        return heard

    assert len(asyncio.run(asyncio.wait_for(all_of_it(), 20))) == 1

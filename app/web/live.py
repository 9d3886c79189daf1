"""One stream of news for each visible tab: what it shows has changed, fetch it again.

Each kind of topic (`robot:12`) has a mark in the database that moves when the thing changes; all
workers see the same mark, and nothing is kept in a process that another would need. The stream says
`changed` and no more, so that permissions stay where the page is fetched.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session
from starlette.requests import Request

from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.web.turns import reading_turn

MOST_TOPICS = 10
_LONGEST_KEY = 100
_LOOK_EVERY_S = 1.0
HEARTBEAT_S = 15.0
_RETRY_MS = 2000
# A stream ends by itself: who was signed out or lost a role in between is asked again.
LONGEST_S = 600.0

Marker = Callable[[Session, Actor, str], str]
_markers: dict[str, Marker] = {}
_turn = asynccontextmanager(reading_turn)
_closed = threading.Event()


def watch(kind: str, marker: Marker) -> None:
    """Have `marker` tell the present mark of a topic of this kind; it raises what a page would.

    A mark is a short text without line breaks; the same kind again replaces it.
    """
    _markers[kind] = marker


def close() -> None:
    """This process is about to stop: its streams end, and their readers turn to another."""
    _closed.set()


def is_over(began: float) -> bool:
    """Whether a stream that began then (monotonic) is to end: it is long enough, or we stop."""
    return time.monotonic() - began >= LONGEST_S or _closed.is_set()


def read_topics(text: str) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """`robot:12=7,robot:13` as pairs of kind and key, and the marks that the page showed.

    Raises Refused for others.
    """
    topics, shown = [], {}
    for written in dict.fromkeys(filter(None, text.split(","))):
        topic, equals, mark = written.partition("=")
        kind, _, key = topic.partition(":")
        if equals:
            shown[topic] = mark
        if kind not in _markers or not 0 < len(key) <= _LONGEST_KEY:
            raise Refused(msg("There is nothing to follow under this name."), field="topics")
        topics.append((kind, key))
    if not 1 <= len(topics) <= MOST_TOPICS:
        raise Refused(msg("Follow between 1 and {most} things.", most=MOST_TOPICS), field="topics")
    return topics, shown


def marks(session: Session, actor: Actor, topics: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The present mark of each topic."""
    return {f"{kind}:{key}": _markers[kind](session, actor, key) for kind, key in topics}


async def stream(
    request: Request,
    database: Database,
    actor: Actor,
    topics: Sequence[tuple[str, str]],
    *,
    seen: Mapping[str, str],
    still_there: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """Server-sent events (HTML Living Standard, 9.2): `changed` with the topics that did.

    `seen` are the marks that the reader knows; `still_there` tells whether the reader may go on.
    Between two looks the stream holds no thread and no connection.
    """
    known = dict(seen)
    began = said = time.monotonic()
    yield f"retry: {_RETRY_MS}\n\n".encode()
    while not is_over(began):
        async with _turn():
            now = await run_in_threadpool(_look, database, actor, topics)
        changed = [topic for topic, mark in now.items() if known.get(topic) != mark]
        known = now
        if changed:
            said = time.monotonic()
            yield f"id: {_written(now)}\nevent: changed\ndata: {','.join(changed)}\n\n".encode()
        elif time.monotonic() - said >= HEARTBEAT_S:
            said = time.monotonic()
            if not await run_in_threadpool(still_there):
                return
            yield b": here\n\n"
        await asyncio.sleep(_LOOK_EVERY_S)
        if await request.is_disconnected():
            return


def marks_written(text: str) -> dict[str, str]:
    """The marks in a `Last-Event-ID`; nothing for what is none."""
    pairs = (pair.partition("=") for pair in text[:2000].split("&"))
    return {topic: mark for topic, equals, mark in pairs if equals}


def _written(known: Mapping[str, str]) -> str:
    return "&".join(f"{topic}={mark}" for topic, mark in known.items())


def _look(database: Database, actor: Actor, topics: Sequence[tuple[str, str]]) -> dict[str, str]:
    with database.reading() as session:
        return marks(session, actor, topics)

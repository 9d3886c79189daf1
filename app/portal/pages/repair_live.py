"""News of repairs for their customers' pages: that something changed, and no more.

One look at the database a second serves everybody who follows a repair in this process. A page that
gets no stream asks now and then for the mark, at the same address.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from app.kernel.db import Database
from app.portal import following
from app.portal.following import Known
from app.portal.pages import together
from app.portal.pages.opening import opened
from app.web import live
from app.web.sessions import database_of
from app.web.turns import reading_turn
from app.web.unlisted import unlisted

router = APIRouter()

_LOOK_EVERY_S = 1.0
_RETRY_MS = 3000
# Streams of one process, and of one repair: whoever is over asks now and then instead.
_MOST, _MOST_OF_ONE = 1_000, 20
_turn = asynccontextmanager(reading_turn)


@dataclass
class Watch:
    """Who follows which repair of a database, and what was last seen of each."""

    followers: Counter[int] = field(default_factory=Counter)
    marks: dict[int, str] = field(default_factory=dict)
    looking: asyncio.Task[None] | None = None

    def is_full(self, ticket_id: int) -> bool:
        return self.followers[ticket_id] >= _MOST_OF_ONE or sum(self.followers.values()) >= _MOST


@dataclass(frozen=True, slots=True)
class Followed:
    """What a stream is about, and the key that it was opened by."""

    token: str
    ticket_id: int


_watches: WeakKeyDictionary[Database, Watch] = WeakKeyDictionary()


async def news(request: Request) -> Response:
    """Hundreds of times a second, so without what FastAPI does for others; the figures count it,
    and the log tells of it only when it is refused.
    """
    request.state.is_routine = True
    seen = request.query_params.get("seen", "")
    return await follow(request, token=request.path_params["token"], seen=seen)


router.add_route("/s/{token}/live", news, methods=["GET"], include_in_schema=False)


async def follow(request: Request, *, token: str, seen: str = "") -> Response:
    """The stream, or the mark as text for whoever asks for no stream. Full: 204, come no more."""
    database = database_of(request)
    asked = await together.ask(database, token)
    if asked is None:
        asked = await run_in_threadpool(_opened, request, token)
    now, ticket_id = asked.mark, asked.ticket_id
    if "text/event-stream" not in request.headers.get("accept", ""):
        return unlisted(PlainTextResponse(now))
    watch = _watches.setdefault(database, Watch())
    if watch.is_full(ticket_id):
        return unlisted(Response(status_code=204))
    known = request.headers.get("last-event-id", "") or seen or now
    stream = _stream(request, database, watch, Followed(token, ticket_id), known=known)
    answer = StreamingResponse(stream, media_type="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    return unlisted(answer)


def _opened(request: Request, token: str) -> Known:
    """The slow way, for a key that opened nothing: a wrong one is counted, and refused."""
    with database_of(request).reading() as session:
        ticket = opened(request, session, token)
        return Known(ticket.id, following.mark(session, ticket.id))


async def _stream(
    request: Request, database: Database, watch: Watch, followed: Followed, *, known: str
) -> AsyncIterator[bytes]:
    """Between two looks it holds no thread and no connection. It ends by itself after a while, and
    when its key opens nothing any more.
    """
    began = said = time.monotonic()
    ticket_id = followed.ticket_id
    watch.followers[ticket_id] += 1
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        while not live.is_over(began):
            _look_along(database, watch)
            now = watch.marks.get(ticket_id, known)
            if now != known:
                known, said = now, time.monotonic()
                opens = await together.ask(database, followed.token) is not None
                yield f"id: {now}\nevent: changed\ndata: {now}\n\n".encode()
                if not opens:
                    return
            elif time.monotonic() - said >= live.HEARTBEAT_S:
                said = time.monotonic()
                yield b": here\n\n"
            await asyncio.sleep(_LOOK_EVERY_S)
            if await request.is_disconnected():
                return
    finally:
        watch.followers[ticket_id] -= 1
        if not watch.followers[ticket_id]:
            del watch.followers[ticket_id]
            watch.marks.pop(ticket_id, None)


def _look_along(database: Database, watch: Watch) -> None:
    """Have somebody look while anybody follows; one task for all of this event loop."""
    if watch.looking is None or watch.looking.done():
        watch.looking = asyncio.get_running_loop().create_task(_look(database, watch))


async def _look(database: Database, watch: Watch) -> None:
    while watch.followers:
        with suppress(Exception):  # a database that is busy now is looked at again
            async with _turn():
                found = await run_in_threadpool(_marks, database, set(watch.followers))
            watch.marks.update({one: mark for one, mark in found.items() if one in watch.followers})
        await asyncio.sleep(_LOOK_EVERY_S)


def _marks(database: Database, ticket_ids: set[int]) -> dict[int, str]:
    with database.reading() as session:
        return following.marks(session, ticket_ids)

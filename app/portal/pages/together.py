"""Questions that come at nearly the same time are answered by one look at the database.

Hundreds of customers may ask every second whether their repair has moved, while tills sell. Each
would take a thread, a connection and statements of its own; together they take one of each. Nobody
is told what was true before they asked.
"""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from anyio.lowlevel import RunVar
from fastapi.concurrency import run_in_threadpool

from app.kernel.db import Database
from app.portal import following
from app.portal.following import Known
from app.web.turns import reading_turn

# How long a look waits for others who ask: nobody sees it, and it halves what ten polls cost.
_GATHER_S = 0.1
_turn = asynccontextmanager(reading_turn)


@dataclass(eq=False)
class _Look:
    """A look that has not begun yet: who asks, and what they will be told."""

    answer: asyncio.Future[dict[str, Known]]
    tokens: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


# per event loop, as the turns are
_gathering: RunVar["WeakKeyDictionary[Database, _Look]"] = RunVar("quatrefoil_looks")
# Those who ask have one thread and one connection between them, however slow a look is: the tills
# keep the others.
_looking: RunVar[asyncio.Lock] = RunVar("quatrefoil_looking")


async def ask(database: Database, token: str) -> Known | None:
    """The repair that a key opens, and its mark; None for a key that opens nothing."""
    looks = _looks()
    look = looks.get(database)
    if look is None:
        loop = asyncio.get_running_loop()
        look = looks[database] = _Look(loop.create_future())
        look.task = loop.create_task(_run(database, look))
    look.tokens.add(token)
    return (await asyncio.shield(look.answer)).get(token)


async def _run(database: Database, look: _Look) -> None:
    await asyncio.sleep(_GATHER_S)
    async with _one_at_a_time(), _turn():
        del _looks()[database]  # who comes from here on is told by the next look
        try:
            found = await run_in_threadpool(_found, database, look.tokens)
        except Exception as error:
            look.answer.set_exception(error)
        else:
            look.answer.set_result(found)


def _found(database: Database, tokens: set[str]) -> dict[str, Known]:
    with database.reading() as session:
        return following.by_keys(session, tokens)


def _looks() -> "WeakKeyDictionary[Database, _Look]":
    kept = _gathering.get(None)
    if kept is None:
        kept = WeakKeyDictionary()
        _gathering.set(kept)
    return kept


def _one_at_a_time() -> asyncio.Lock:
    kept = _looking.get(None)
    if kept is None:
        kept = asyncio.Lock()
        _looking.set(kept)
    return kept

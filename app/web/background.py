"""Work beside the requests: the outbox emptied, old answers forgotten, files read, and so on."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import structlog

from app.kernel import idempotency, outbox
from app.kernel.db import Database
from app.settings import Settings

log = structlog.get_logger("background")
_HOUR_S = 3600.0
Done = TypeVar("Done")
# Work of a domain: does what is due and says whether there was any; leaves off when the event is
# set, and finds its way back the next time.
Work = Callable[[Database, threading.Event], bool]
_works: dict[str, tuple[Work, float | None]] = {}


def also(name: str, work: Work, *, every_s: float | None = None) -> None:
    """Have `work` done beside the requests; the same name again replaces it. With `every_s` it is
    looked for that often only, for what nobody waits for.
    """
    _works[name] = work, every_s


@asynccontextmanager
async def running(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Keep the background work going for the life of the application."""
    stopping = threading.Event()
    tasks = [
        asyncio.create_task(_empty_outbox(database, every_s=settings.outbox_seconds)),
        asyncio.create_task(_forget_answers(database)),
        *(
            asyncio.create_task(
                _go_on(name, database, stopping, every_s=every_s or settings.outbox_seconds)
            )
            for name, (_, every_s) in _works.items()
        ),
    ]
    try:
        yield
    finally:
        stopping.set()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _empty_outbox(database: Database, *, every_s: float) -> None:
    while True:
        try:
            delivered = await _to_its_end(outbox.deliver_due, database)
        except Exception:
            log.exception("outbox round failed")
            delivered = 0
        if delivered == 0:
            await asyncio.sleep(every_s)


async def _go_on(
    name: str, database: Database, stopping: threading.Event, *, every_s: float
) -> None:
    def work(opened: Database) -> bool:
        return _works[name][0](opened, stopping)

    if _works[name][1] is not None:
        await asyncio.sleep(every_s)
    while True:
        try:
            was_due = await _to_its_end(work, database)
        except Exception:
            log.exception("work broke", work=name)
            was_due = False
        if not was_due:
            await asyncio.sleep(every_s)


async def _forget_answers(database: Database) -> None:
    while True:
        await asyncio.sleep(_HOUR_S)
        try:
            await _to_its_end(_forget, database)
        except Exception:
            log.exception("could not forget old answers")


async def _to_its_end(work: Callable[[Database], Done], database: Database) -> Done:
    """Run `work` in a thread; a service that stops meanwhile waits for it.

    A thread cannot be cancelled, and would be left with a connection in hand.
    """
    round_ = asyncio.ensure_future(asyncio.to_thread(work, database))
    try:
        return await asyncio.shield(round_)
    except asyncio.CancelledError:
        await asyncio.wait([round_])
        raise


def _forget(database: Database) -> None:
    with database.transaction() as session:
        idempotency.forget_old(session)

"""Whose turn it is: how many requests of one process are between their first statement and commit.

Each step of a request (guard, endpoint) borrows one of the 40 threads of FastAPI's pool, and waits
in it: for a connection, for the store's queue of writers. Without turns a crowd of waiting requests
takes every thread, and the one request that they wait for finds none for its next step. With
turns the crowd waits here, in order of arrival, without a thread and without a connection.
"""

from asyncio import Semaphore
from collections.abc import AsyncIterator
from typing import Annotated

from anyio.lowlevel import RunVar
from fastapi import Depends

# Together well below the threads there are, so that whoever has a turn always gets a thread.
# Writers of one store follow each other anyway; more of them would only hold connections.
READING_AT_ONCE = 24
WRITING_AT_ONCE = 8

# per event loop, as the threads are
_reading: RunVar[Semaphore] = RunVar("quatrefoil_reading_turns")
_writing: RunVar[Semaphore] = RunVar("quatrefoil_writing_turns")


async def reading_turn() -> AsyncIterator[None]:
    async with _turns(_reading, READING_AT_ONCE):
        yield


async def writing_turn() -> AsyncIterator[None]:
    async with _turns(_writing, WRITING_AT_ONCE):
        yield


ReadingTurn = Annotated[None, Depends(reading_turn, scope="function")]
WritingTurn = Annotated[None, Depends(writing_turn, scope="function")]


def _turns(kept: RunVar[Semaphore], number: int) -> Semaphore:
    found = kept.get(None)
    if found is None:
        found = Semaphore(number)
        kept.set(found)
    return found

"""One request, one session; one writing request, one transaction.

The only place in the house that commits for the web, and it does so before the answer leaves.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.kernel.db import Database
from app.web.turns import ReadingTurn, WritingTurn


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def open_read_session(
    request: Request,
    turn: ReadingTurn,  # noqa: ARG001 - held as long as the session
) -> AsyncIterator[Session]:
    session = database_of(request).reading()
    try:
        yield session
    finally:
        await run_in_threadpool(session.close)


async def open_write_session(
    request: Request,
    turn: WritingTurn,  # noqa: ARG001 - held until the commit
) -> AsyncIterator[Session]:
    """Commits when the endpoint is done, rolls back when it raises.

    A page that shows a refused form again calls `session.rollback()` itself; nothing is then left
    to commit.
    """
    session = database_of(request).writing()
    try:
        yield session
        await run_in_threadpool(session.commit)
    except BaseException:
        await run_in_threadpool(session.close)
        raise
    # after the commit it holds no connection, so closing it waits for nothing
    session.close()


ReadSession = Annotated[Session, Depends(open_read_session, scope="function")]
WriteSession = Annotated[Session, Depends(open_write_session, scope="function")]

"""One request, one session; one writing request, one transaction.

The only place in the house that commits for the web, and it does so before the answer leaves.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.web.turns import ReadingTurn, WritingTurn


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def open_read_session(
    request: Request,
    turn: ReadingTurn,  # noqa: ARG001 - held as long as the session
) -> Iterator[Session]:
    with database_of(request).reading() as session:
        yield session


def open_write_session(
    request: Request,
    turn: WritingTurn,  # noqa: ARG001 - held until the commit
) -> Iterator[Session]:
    """Commits when the endpoint is done, rolls back when it raises.

    A page that shows a refused form again calls `session.rollback()` itself; nothing is then left
    to commit.
    """
    with database_of(request).writing() as session:
        yield session
        session.commit()


ReadSession = Annotated[Session, Depends(open_read_session, scope="function")]
WriteSession = Annotated[Session, Depends(open_write_session, scope="function")]

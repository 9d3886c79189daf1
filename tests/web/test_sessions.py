"""One request, one transaction, committed before the answer leaves."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import FastAPI, Form, Request
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.stores.models import Store
from app.web.forms import StoreForm
from app.web.sessions import ReadSession, WriteSession
from tests.makers.stores import a_store

HERE = "/api/test"


class Listener:
    """ASGI middleware that notes when the answer begins to leave."""

    def __init__(self, app: ASGIApp, order: list[str]) -> None:
        self.app, self.order = app, order

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.order.append(f"answer {message['status']}")
            await send(message)

        await self.app(scope, receive, noted)


@pytest.fixture
def order() -> list[str]:
    """What happened, in order."""
    return []


@pytest.fixture
def visitor(app: FastAPI, order: list[str]) -> Iterator[TestClient]:
    """A service with four endpoints more."""

    @app.post(f"{HERE}/saved")
    def saved(session: WriteSession) -> dict[str, bool]:
        event.listen(session, "after_commit", lambda _session: order.append("committed"))
        a_store(session)
        return {"saved": True}

    @app.post(f"{HERE}/lost")
    def lost(session: WriteSession) -> dict[str, bool]:
        def fail(_session: Session) -> None:
            raise OperationalError("COMMIT", {}, Exception("disk full"))

        a_store(session)
        event.listen(session, "before_commit", fail)
        return {"saved": True}

    @app.post(f"{HERE}/refused")
    def refused(session: WriteSession) -> dict[str, bool]:
        a_store(session)
        raise Refused(msg("No."))

    @app.post(f"{HERE}/shown-again")
    def shown_again(session: WriteSession, form: Annotated[StoreForm, Form()]) -> Response:
        a_store(session)
        session.rollback()
        return Response(form.token, 422)

    @app.get(f"{HERE}/peeked")
    def peeked(session: ReadSession, request: Request) -> dict[str, bool]:
        a_store(session)
        return {"saved": bool(request)}

    app.add_middleware(Listener, order=order)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def stores(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(Store.id))) or 0


def test_an_answer_leaves_after_the_commit(
    visitor: TestClient, database: Database, order: list[str]
) -> None:
    assert visitor.post(f"{HERE}/saved").json() == {"saved": True}

    assert order == ["committed", "answer 200"]
    assert stores(database) == 1


def test_a_commit_that_fails_is_never_answered_with_yes(
    visitor: TestClient, database: Database, order: list[str]
) -> None:
    """DB-01: with the commit after the answer, the client had read 200 and the data was gone."""
    answer = visitor.post(f"{HERE}/lost")

    assert answer.status_code == 500
    assert "Nothing was saved" in answer.json()["detail"]
    assert "committed" not in order
    assert "answer 200" not in order
    assert stores(database) == 0


@pytest.mark.parametrize("path", ["refused", "shown-again"])
def test_a_refusal_keeps_nothing(visitor: TestClient, database: Database, path: str) -> None:
    assert visitor.post(f"{HERE}/{path}").status_code == 422
    assert stores(database) == 0


def test_a_page_that_reads_cannot_write(visitor: TestClient, database: Database) -> None:
    assert visitor.get(f"{HERE}/peeked").status_code == 500
    assert stores(database) == 0


def test_after_all_that_the_next_one_gets_through(visitor: TestClient, database: Database) -> None:
    for path in ("lost", "refused", "lost"):
        visitor.post(f"{HERE}/{path}")

    assert visitor.post(f"{HERE}/saved").status_code == 200
    assert stores(database) == 1

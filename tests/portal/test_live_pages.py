"""The stream of a repair's news: it comes after a change, ends with its key, and is one of few."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from fastapi import FastAPI, Request
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from app.portal import talks
from app.portal.pages import repair_live, together
from app.service import links
from app.service.models import Ticket
from tests.makers.service import Workshop, a_ticket

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the next look, and one stream of a repair is all there may be."""
    monkeypatch.setattr(repair_live, "_LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(together, "_GATHER_S", 0.0)
    monkeypatch.setattr(repair_live, "_MOST_OF_ONE", 1)


def test_news_come_and_end_with_the_key_and_streams_are_few(
    app: FastAPI, session: Session, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    token = links.new(session, shop.technician, ticket)
    session.commit()

    asyncio.run(_followed(app, session, shop, ticket, token))


async def _followed(
    app: FastAPI, session: Session, shop: Workshop, ticket: Ticket, token: str
) -> None:
    stream = await _opened(app, token)
    assert (await anext(stream)).startswith(b"retry: ")
    full = await repair_live.follow(_asking(app), token=token)
    assert full.status_code == HTTPStatus.NO_CONTENT

    talks.answer(session, shop.technician, ticket, text="Soon.", token="a")
    session.commit()
    assert b"event: changed" in await anext(stream)

    links.rotate(session, shop.manager, ticket)
    session.commit()
    assert b"event: changed" in await anext(stream)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert not repair_live._watches[app.state.database].followers


async def _opened(app: FastAPI, token: str) -> AsyncIterator[bytes]:
    answer = await repair_live.follow(_asking(app), token=token)
    assert isinstance(answer, StreamingResponse)
    return answer.body_iterator  # type: ignore[return-value]


def _asking(app: FastAPI) -> Request:
    """A browser that asks for a stream, and stays."""

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    headers = [(b"accept", b"text/event-stream")]
    scope = {"type": "http", "app": app, "headers": headers, "method": "GET", "path": "/"}
    return Request(scope, receive)

"""The stream of a repair's news: it comes after a change, ends with its key, and is one of few."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from app.identity.secrets import token_hash
from app.kernel import clock
from app.portal import talks
from app.portal.pages import repair_live, together
from app.service import links
from app.service.models import Ticket, TicketLink
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


def test_a_key_that_ended_tells_nothing_from_the_next_question_on(
    app: FastAPI, session: Session, shop: Workshop
) -> None:
    """And who guesses is locked out, but never the one who has a key."""
    ticket = a_ticket(session, shop)
    revoked, expired, good = (links.new(session, shop.technician, ticket) for _ in range(3))
    session.commit()
    client = TestClient(app)
    keys = {row.token_hash: row for row in session.scalars(select(TicketLink))}

    def told(token: str) -> int:
        return client.get(f"/s/{token}/live").status_code

    assert [told(token) for token in (revoked, expired, good)] == [HTTPStatus.OK] * 3
    links.revoke(session, shop.manager, ticket, keys[token_hash(revoked)].id)
    keys[token_hash(expired)].expires_at = clock.now()
    session.commit()
    assert [told(token) for token in (revoked, expired)] == [HTTPStatus.NOT_FOUND] * 2

    guesses = {told("a" * 43) for _ in range(20)}
    assert guesses == {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
    assert told(good) == HTTPStatus.OK


def _asking(app: FastAPI) -> Request:
    """A browser that asks for a stream, and stays."""

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    headers = [(b"accept", b"text/event-stream")]
    scope = {"type": "http", "app": app, "headers": headers, "method": "GET", "path": "/"}
    return Request(scope, receive)

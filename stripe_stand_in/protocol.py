"""Hanging up: ending a connection without an answer, which no ordinary web framework offers."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_NAME = "abort_connection"


class AbortableProtocol(H11Protocol):
    """Uvicorn's HTTP, with the means to break a request's connection handed to the request."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, _NAME: self._abort}, _loop)

    def _abort(self) -> None:
        self.transport.abort()


class _Silence(Response):
    """An answer of no bytes at all, not even a status."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send


async def hang_up(request: Request) -> Response:
    """Break the connection; what is returned sends nothing."""
    getattr(request.state, _NAME)()
    # uvicorn answers 500 for an application that says nothing, until it knows that nobody listens
    while not await request.is_disconnected():
        await asyncio.sleep(0)
    return _Silence()

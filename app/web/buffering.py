"""Writing requests are read whole before anything happens.

So a body over the cap is refused early, its hash is known to the idempotency check, and the request
can be run again when PostgreSQL asks for that.
"""

import asyncio
import hashlib
import random

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.db import should_retry
from app.kernel.errors import TooLarge
from app.kernel.text import msg
from app.web.errors import answer_to

FORM_CAP = 1_000_000
UPLOAD_CAP = 25_000_000
# What is over a cap is still heard out up to here, and forgotten at once: a browser that is cut off
# in the middle of sending shows its own page in place of our answer.
_HEARD_OUT = 300_000_000
_READING = {"GET", "HEAD", "OPTIONS"}
_TRIES = 6


class TooLong(Exception):
    """The body is over the cap."""


class CutOff(Exception):
    """The sender went away in the middle: a beginning of a form may say another amount."""


class BufferedWrites:
    """ASGI middleware; stands just outside the routes and their error map."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING:
            await self.app(scope, receive, send)
            return
        try:
            body = await _read(receive, cap=_cap_of(scope))
        except TooLong:
            await _too_large(scope)(scope, receive, send)
            return
        except CutOff:
            refusal = PlainTextResponse("The request was cut off.", 400)
            await refusal(scope, receive, send)
            return
        scope.setdefault("state", {})["body_sha256"] = hashlib.sha256(body).hexdigest()
        scope["state"]["raw_body"] = body
        await self._run(scope, body, receive, send)

    async def _run(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                await self.app(scope, _replay(body, receive), send)
            except Exception as error:
                if attempt == _TRIES or not should_retry(error):
                    raise
                # jitter, so that two that collided do not collide again
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
            else:
                return


def _too_large(scope: Scope) -> Response:
    """Here, outside the error map, as it would have been said there."""
    refused = TooLarge(
        msg(
            "This is larger than the store accepts: at most {most} MB at once. Go back: what you "
            "typed is still there.",
            most=_cap_of(scope) // 10**6,
        )
    )
    if "app" not in scope:  # nobody there to draw a page
        return PlainTextResponse(str(refused), 413)
    return answer_to(Request(scope), refused)


def _cap_of(scope: Scope) -> int:
    content_type = dict(scope["headers"]).get(b"content-type", b"")
    return UPLOAD_CAP if content_type.startswith(b"multipart/") else FORM_CAP


async def _read(receive: Receive, *, cap: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TooLong if size > cap else CutOff
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > cap:
            chunks.clear()
        else:
            chunks.append(chunk)
        is_whole = not message.get("more_body", False)
        if size > _HEARD_OUT or (is_whole and size > cap):
            raise TooLong
        if is_whole:
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once, then whatever the connection says next (a disconnect)."""
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed

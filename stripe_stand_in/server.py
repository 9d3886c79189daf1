"""The web server: addresses, outages, and the two tasks that run beside the requests."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from stripe_stand_in import pay_page
from stripe_stand_in.agenda import Agenda
from stripe_stand_in.api import Api
from stripe_stand_in.control import ControlDesk, outage
from stripe_stand_in.errors import StripeRefusal
from stripe_stand_in.pay_page import PayPage
from stripe_stand_in.protocol import AbortableProtocol, hang_up
from stripe_stand_in.setup import Setup
from stripe_stand_in.state import State
from stripe_stand_in.webhooks import Postman

Endpoint = Callable[[Request], Awaitable[Response]]

_BACKLOG = 128
_GREETING = """\
This is Quatrefoil's stand-in for Stripe. No money moves here.
API: /v1/...   payment pages: /pay/{id}   control desk: /_control/state
"""


def build(state: State, setup: Setup) -> Starlette:
    """Return the application over an opened state."""
    postman, agenda = Postman(state), Agenda(state)
    state.on_commit += [postman.alarm.ring, agenda.alarm.ring]
    setup.start(state)
    page, desk = PayPage(state), ControlDesk(state, postman, setup)

    def reachable(endpoint: Endpoint) -> Endpoint:
        return _unless_out(state, endpoint)

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(postman.run()), asyncio.create_task(agenda.run())]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        state.close()

    api = reachable(Api(state, postman).answer)
    return Starlette(
        routes=[
            Route("/v1/{rest:path}", api, methods=["GET", "POST", "DELETE"]),
            Route("/pay/{id}", reachable(page.show), methods=["GET"]),
            Route("/pay/{id}", reachable(page.pay), methods=["POST"]),
            Route("/pay.css", pay_page.style),
            Route("/_control/{name:path}", desk.answer, methods=["GET", "POST"]),
            Route("/", _greet),
        ],
        lifespan=running,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that already takes connections; port 0 finds a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would not switch off the waiting that costs 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(_BACKLOG)
    return listening


def serve(app: Starlette, listening: socket.socket) -> None:
    """Serve until told to stop."""
    config = uvicorn.Config(
        app,
        http=AbortableProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _unless_out(state: State, endpoint: Endpoint) -> Endpoint:
    """Let nothing through during an outage; the control desk stays reachable."""

    async def answer(request: Request) -> Response:
        mode = outage(state)
        if mode == "refuse":
            return await hang_up(request)
        if mode == "503":
            refusal = StripeRefusal(503, "Stripe is currently unavailable.", kind="api_error")
            return JSONResponse(json.loads(json.dumps(refusal.body())), refusal.status)
        return await endpoint(request)

    return answer


async def _greet(_request: Request) -> Response:
    return PlainTextResponse(_GREETING)

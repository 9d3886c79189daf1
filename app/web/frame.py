"""Around every request: an id, a log line, figures, and the headers that keep browsers strict."""

import secrets
import time
from urllib.parse import urlsplit, urlunsplit

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("request")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'; media-src 'self'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}

_FIRST_REFUSAL = 400

REGISTRY = CollectorRegistry()
_ANSWERS = Counter(
    "quatrefoil_answers_total",
    "Answers by route and status",
    ["route", "status"],
    registry=REGISTRY,
)
_SECONDS = Histogram(
    "quatrefoil_answer_seconds",
    "Time to answer by route",
    ["route"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class RequestFrame:
    """ASGI middleware; the outermost of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                keep_strict(headers, request_id)
                if "location" in headers:
                    headers["location"] = _without_our_host(headers["location"], scope)
            await send(message)

        try:
            await self.app(scope, receive, framed)
        finally:
            _account(scope, status=status, seconds=time.perf_counter() - started)


def keep_strict(headers: MutableHeaders, request_id: str) -> None:
    """The headers of each answer of ours; the page of a defect, made outside, asks for them too."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-Id"] = request_id


def _without_our_host(location: str, scope: Scope) -> str:
    """A redirect to ourselves as a path: behind a proxy that speaks https for us it would else say
    http, and send whoever holds a key through the open.
    """
    there = urlsplit(location)
    host = Headers(scope=scope).get("host", "")
    if not host or (there.scheme, there.netloc) != (scope["scheme"], host):
        return location
    path = urlunsplit(("", "", there.path, there.query, there.fragment))
    return location if path.startswith("//") else path or "/"


def _account(scope: Scope, *, status: int, seconds: float) -> None:
    """Count and log by route pattern: addresses can hold tokens, which never reach the log."""
    route = getattr(scope.get("route"), "path", "unknown")
    _ANSWERS.labels(route, str(status)).inc()
    _SECONDS.labels(route).observe(seconds)
    is_routine = status < _FIRST_REFUSAL and scope["state"].get("is_routine", False)
    (log.debug if is_routine else log.info)(
        "answered",
        request_id=scope["state"]["request_id"],
        method=scope["method"],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
    )

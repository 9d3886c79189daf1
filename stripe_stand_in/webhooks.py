"""Sending events to the endpoints that listen: signed, one by one, again until they are taken."""

import asyncio
import hashlib
import hmac
import json
import random
from collections.abc import Collection
from contextlib import suppress
from typing import Literal
from urllib.parse import urlsplit

from stripe_stand_in import clock, events
from stripe_stand_in.alarm import Alarm
from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject, invalid, missing_parameter
from stripe_stand_in.ids import new_id
from stripe_stand_in.state import Delivery, State

Order = Literal["created", "reversed", "shuffled"]

_PATIENCE_S = 10.0
_GOODBYE_S = 1.0
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 300.0
_MOST_ATTEMPTS = 16
_OK = range(200, 300)


def create_endpoint(call: Call) -> StripeObject:
    """Register an endpoint; only this answer shows its secret."""
    params = call.params
    params.allow("api_version", "connect", "description", "enabled_events", "metadata", "url")
    url = params.needed_text("url")
    if urlsplit(url).scheme not in ("http", "https"):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.", param="url"
        )
    enabled = params.texts("enabled_events")
    if not enabled:
        raise missing_parameter("enabled_events")
    endpoint = put_endpoint(
        call.state,
        new_id("we"),
        url=url,
        secret=new_id("whsec", 32),
        enabled_events=enabled,
        description=params.text("description"),
        metadata=params.metadata(),
    )
    return {**endpoint, "secret": _secret(call.state, endpoint["id"])}


def delete_endpoint(call: Call) -> StripeObject:
    """Take an endpoint away; what it is still owed is never sent."""
    endpoint = call.subject("webhook_endpoint")
    call.state.remove(endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def put_endpoint(
    state: State,
    endpoint_id: str,
    *,
    url: str,
    secret: str,
    enabled_events: list[str],
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> StripeObject:
    """Store an endpoint and, apart from it, the secret that its messages are signed with."""
    endpoint = state.put(
        {
            "id": endpoint_id,
            "object": "webhook_endpoint",
            "api_version": None,
            "application": None,
            "created": clock.stamp(),
            "description": description,
            "enabled_events": enabled_events,
            "livemode": False,
            "metadata": metadata or {},
            "status": "enabled",
            "url": url,
        }
    )
    state.change_setting(_secret_name(endpoint_id), secret)
    return endpoint


def signature(body: bytes, secret: str, *, at: int) -> str:
    """Return the `Stripe-Signature` of a body: HMAC-SHA256 over `time.body`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send a body and return the status of the answer.

    Errors: OSError, TimeoutError, or ValueError when what answers does not speak HTTP.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    async with asyncio.timeout(_PATIENCE_S):
        reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure or None)
        try:
            writer.write("\r\n".join(lines).encode() + body)
            await writer.drain()
            version, _, rest = (await reader.readline()).partition(b" ")
            await _hear_out(reader)
        finally:
            writer.close()
    if not version.startswith(b"HTTP/"):
        raise ValueError("the endpoint does not speak HTTP")
    return int(rest[:3])


async def _hear_out(reader: asyncio.StreamReader) -> None:
    """Read what nobody needs, so that the endpoint can finish; one that does not hang up may not
    make us wait, as its status has come.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_GOODBYE_S):
            await reader.read()


class Postman:
    """Carries what is owed, one round at a time, so that nothing is sent twice by mistake."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._round = asyncio.Lock()
        self.alarm = Alarm()

    async def run(self) -> None:
        """Carry for ever."""
        while True:
            await self.deliver_due()
            waiting = self._state.waiting_deliveries()
            held = events.plan(self._state).hold
            await self.alarm.wait_until(waiting[0].due if waiting and not held else None)

    async def deliver_due(self) -> None:
        """Send what is due, unless messages are held."""
        async with self._round:
            if not events.plan(self._state).hold:
                now = clock.now()
                due = [item for item in self._state.waiting_deliveries() if item.due <= now]
                await self._carry(due)

    async def release(
        self, *, order: Order = "created", types: Collection[str] = ()
    ) -> list[Delivery]:
        """Send all that waits, due or held, in an order of choice; return how it went.

        With `types`, what is of another type keeps waiting.
        """
        async with self._round:
            chosen = sorted(
                (item for item in self._state.waiting_deliveries() if self._is_of(item, types)),
                key=lambda item: item.id,
                reverse=order == "reversed",
            )
            if order == "shuffled":
                random.shuffle(chosen)
            await self._carry(chosen)
        sent = {item.id for item in chosen}
        return [item for item in self._state.deliveries() if item.id in sent]

    async def resend(self, event_id: str, *, copies: int) -> list[str]:
        """Send an old event again to all that listen, so many times at once; return the answers."""
        event = self._state.get("event", event_id)
        endpoints = list(self._state.newest_first("webhook_endpoint"))
        if event is None:
            raise ValueError(f"no event {event_id!r}")
        return await asyncio.gather(
            *(self._send(event, endpoint) for endpoint in endpoints for _ in range(copies))
        )

    async def _carry(self, deliveries: list[Delivery]) -> None:
        if events.plan(self._state).parallel:
            await asyncio.gather(*(self._deliver(item) for item in deliveries))
            return
        for item in deliveries:
            await self._deliver(item)

    async def _deliver(self, delivery: Delivery) -> None:
        event = self._state.get("event", delivery.event)
        endpoint = self._state.get("webhook_endpoint", delivery.endpoint)
        if event is None or endpoint is None:
            self._note(delivery, "given_up", "the event or its endpoint is gone")
            return
        copies = events.plan(self._state).copies
        answers = await asyncio.gather(*(self._send(event, endpoint) for _ in range(copies)))
        taken = [answer for answer in answers if answer.isdigit() and int(answer) in _OK]
        if taken:
            self._note(delivery, "delivered", taken[0])
        elif delivery.attempts + 1 >= _MOST_ATTEMPTS:
            self._note(delivery, "given_up", answers[0])
        else:
            self._note(delivery, "waiting", answers[0])

    async def _send(self, event: StripeObject, endpoint: StripeObject) -> str:
        body = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Accept": "*/*; q=0.5, application/xml",
            "Stripe-Signature": signature(
                body, _secret(self._state, endpoint["id"]), at=clock.stamp()
            ),
        }
        try:
            return str(await post(endpoint["url"], body, headers))
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            return f"{type(error).__name__}: {error}"

    def _note(self, delivery: Delivery, state: str, answer: str) -> None:
        wait_s = min(_FIRST_RETRY_S * 2**delivery.attempts, _LONGEST_RETRY_S)
        with self._state.transaction():
            self._state.note_delivery(
                delivery, state=state, answer=answer, due=clock.now() + wait_s
            )
            event = self._state.get("event", delivery.event)
            if event and state != "waiting":
                event["pending_webhooks"] -= 1
                self._state.put(event)

    def _is_of(self, delivery: Delivery, types: Collection[str]) -> bool:
        event = self._state.get("event", delivery.event)
        return not types or (event is not None and event["type"] in types)


def _secret(state: State, endpoint_id: str) -> str:
    return str(state.setting(_secret_name(endpoint_id), ""))


def _secret_name(endpoint_id: str) -> str:
    return f"secret of {endpoint_id}"

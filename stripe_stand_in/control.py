"""The control desk under `/_control/`: steering what goes wrong, and reading what happened.

Everything is JSON. A body is only read as `application/json`, which no foreign web page can send
to this server without being asked.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stripe_stand_in import charges, events, outcomes, readers, refunds, settling
from stripe_stand_in.cards import Approve, decline_for
from stripe_stand_in.errors import StripeObject, StripeRefusal
from stripe_stand_in.setup import Setup
from stripe_stand_in.state import State
from stripe_stand_in.webhooks import Postman

OUTAGES = ("off", "refuse", "503")
_OUTAGE = "outage"
_KINDS = {
    "charges": "charge",
    "payment_intents": "payment_intent",
    "refunds": "refund",
    "checkout_sessions": "checkout.session",
    "readers": "terminal.reader",
    "disputes": "dispute",
    "events": "event",
    "webhook_endpoints": "webhook_endpoint",
}


def outage(state: State) -> str:
    """Return how Stripe is out of reach: `off` (it is not), `refuse`, `503`."""
    return str(state.setting(_OUTAGE, "off"))


class ControlDesk:
    """The desk. Each verb takes the JSON that was sent and returns the JSON of its answer."""

    def __init__(self, state: State, postman: Postman, setup: Setup) -> None:
        self._state = state
        self._postman = postman
        self._setup = setup
        self._reading: dict[str, Callable[[], Any]] = {
            "state": self._everything,
            "requests": state.requests,
            "deliveries": lambda: [asdict(item) for item in state.deliveries()],
        }
        self._writing: dict[str, Callable[[StripeObject], Any]] = {
            "next": lambda body: asdict(outcomes.push(state, body)),
            "clear": self._clear,
            "outage": self._outage,
            "webhooks": lambda body: asdict(events.change_plan(state, body)),
            "readers": self._readers,
            "settle": self._settle,
            "disputes": self._dispute,
            "reset": self._reset,
        }
        self._carrying: dict[str, Callable[[StripeObject], Awaitable[Any]]] = {
            "webhooks/release": self._release,
            "webhooks/resend": self._resend,
        }

    async def answer(self, request: Request) -> Response:
        """Answer a request to the desk; what it does not understand is 400 with the reason."""
        name = request.path_params["name"]
        try:
            return JSONResponse(await self._do(request, name))
        except StripeRefusal as refusal:
            return JSONResponse(refusal.body(), refusal.status)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    async def _do(self, request: Request, name: str) -> Any:
        if request.method == "GET":
            if name in _KINDS:
                return list(self._state.newest_first(_KINDS[name]))
            return self._reading[name]()
        body = await _json(request)
        if name in self._carrying:
            return await self._carrying[name](body)
        with self._state.transaction():
            return self._writing[name](body)

    def _everything(self) -> StripeObject:
        state = self._state
        found: StripeObject = {
            name: list(state.newest_first(kind)) for name, kind in _KINDS.items()
        }
        return found | {
            "account": next(state.newest_first("account")),
            "requests": state.requests(),
            "deliveries": [asdict(item) for item in state.deliveries()],
            "next": [asdict(entry) for entry in outcomes.queue(state)],
            "outage": outage(state),
            "webhooks": asdict(events.plan(state)),
            "habits": asdict(readers.habits(state)),
        }

    def _clear(self, _body: StripeObject) -> StripeObject:
        outcomes.clear(self._state)
        return {"next": []}

    def _outage(self, body: StripeObject) -> StripeObject:
        if body["mode"] not in OUTAGES:
            raise ValueError(f"mode is one of {', '.join(OUTAGES)}")
        self._state.change_setting(_OUTAGE, body["mode"])
        return {"mode": body["mode"]}

    def _readers(self, body: StripeObject) -> StripeObject:
        """Change the customers' habits, and with `status` switch readers on or off."""
        status, which = body.pop("status", None), body.pop("reader", None)
        if status not in (None, "online", "offline"):
            raise ValueError("status is online or offline")
        for reader in self._state.newest_first("terminal.reader") if status else ():
            if which in (None, reader["id"]):
                self._state.put(reader | {"status": status})
        return asdict(readers.change_habits(self._state, body))

    def _settle(self, body: StripeObject) -> StripeObject:
        """Let a pending payment or refund come out now; `outcome` is approve or decline."""
        approved = {"approve": True, "decline": False}[body.get("outcome", "approve")]
        refund = self._state.get("refund", body["id"])
        if refund:
            return refunds.settle(self._state, refund, "succeeded" if approved else "failed")
        intent = self._state.get("payment_intent", body["id"])
        if intent is None:
            raise ValueError(f"no payment intent or refund {body['id']!r}")
        verdict = Approve() if approved else decline_for(body.get("code", ""))
        return settling.settle_payment(self._state, intent, verdict)

    def _dispute(self, body: StripeObject) -> StripeObject:
        charge = self._state.get("charge", body["charge"])
        if charge is None:
            raise ValueError(f"no charge {body['charge']!r}")
        return charges.dispute(self._state, charge, reason=body.get("reason", "fraudulent"))

    def _reset(self, _body: StripeObject) -> StripeObject:
        """Start anew: the account and what the command line ordered stay, all else goes."""
        outcomes.clear(self._state)
        self._state.change_setting(_OUTAGE, "off")
        self._setup.start_anew(self._state)
        return {"reset": True}

    async def _release(self, body: StripeObject) -> list[StripeObject]:
        sent = await self._postman.release(
            order=body.get("order", "created"), types=body.get("types", ())
        )
        return [asdict(item) for item in sent]

    async def _resend(self, body: StripeObject) -> list[str]:
        return await self._postman.resend(body["event"], copies=int(body.get("copies", 1)))


async def _json(request: Request) -> StripeObject:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ValueError("send application/json")
    body = json.loads(await request.body() or b"{}")
    if not isinstance(body, dict):
        raise TypeError("send a JSON object")
    return body

"""What happened, as objects of their own: each is kept, and owed to every endpoint that listens."""

import random
from dataclasses import asdict, dataclass
from typing import Any

from stripe_stand_in import clock
from stripe_stand_in.errors import StripeObject
from stripe_stand_in.ids import new_id
from stripe_stand_in.state import State

API_VERSION = "2026-10-28.endive"
"""The version whose shapes this server speaks; events and answers name it."""

_SETTING = "webhooks"
_SHUFFLED_WITHIN_S = 0.5


@dataclass(frozen=True)
class Plan:
    """How webhooks travel; the control desk changes it to make life hard for a receiver."""

    hold: bool = False
    shuffle: bool = False
    parallel: bool = False
    copies: int = 1
    late_s: float = 0.0
    send_first: bool = False


def plan(state: State) -> Plan:
    """Return how webhooks travel at present."""
    return Plan(**state.setting(_SETTING, {}))


def change_plan(state: State, changes: dict[str, Any]) -> Plan:
    """Change some of the plan's fields; an unknown one is a TypeError."""
    changed = Plan(**{**asdict(plan(state)), **changes})
    state.change_setting(_SETTING, asdict(changed))
    return changed


def announce(
    state: State, kind: str, subject: StripeObject, *, before: StripeObject | None = None
) -> StripeObject:
    """Keep an event about an object as it now is, and owe it to those who listen.

    `before` are the former values of what changed, as Stripe adds them to some events.
    """
    listeners = [
        endpoint
        for endpoint in state.newest_first("webhook_endpoint")
        if {kind, "*"} & set(endpoint["enabled_events"])
    ]
    data: StripeObject = {"object": subject}
    if before is not None:
        data["previous_attributes"] = before
    event = state.put(
        {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": clock.stamp(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(listeners),
            "request": {
                "id": state.cause.request_id,
                "idempotency_key": state.cause.idempotency_key,
            },
            "type": kind,
        }
    )
    travel = plan(state)
    for endpoint in reversed(listeners):
        strewn = random.uniform(0, _SHUFFLED_WITHIN_S) if travel.shuffle else 0  # noqa: S311
        state.add_delivery(event["id"], endpoint["id"], due=clock.now() + travel.late_s + strewn)
    return event

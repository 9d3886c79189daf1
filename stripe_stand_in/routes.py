"""The table of addresses: which verb of which module answers what."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stripe_stand_in import (
    account,
    checkout,
    intents,
    reader_inputs,
    readers,
    refunds,
    webhooks,
)
from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject, StripeRefusal
from stripe_stand_in.lists import page_of, paged, refunds_of

Handler = Callable[[Call], StripeObject]


@dataclass(frozen=True)
class Route:
    """One operation: `payment_intents.confirm` is `POST /v1/payment_intents/{id}/confirm`."""

    operation: str
    method: str
    pattern: re.Pattern[str]
    handler: Handler


def match(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Return the operation that an address means, and the id in it; else refuse with 404."""
    for route in _ROUTES:
        found = route.pattern.fullmatch(path)
        if found and route.method == method:
            return route, found.groupdict()
    raise StripeRefusal(
        404,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/.",
    )


def _route(operation: str, method: str, path: str, handler: Handler) -> Route:
    pattern = re.compile(path.replace("{id}", r"(?P<id>[^/]+)"))
    return Route(operation, method, pattern, handler)


def _reading(noun: str, kind: str, *filters: str) -> list[Route]:
    """Return the list and the single view that nearly every kind of object has."""
    path = "/v1/" + noun.replace(".", "/")
    return [
        _route(f"{noun}.list", "GET", path, lambda call: page_of(call, kind, filters)),
        _route(f"{noun}.retrieve", "GET", f"{path}/{{id}}", lambda call: _show(call, kind)),
    ]


def _show(call: Call, kind: str) -> StripeObject:
    call.params.allow("client_secret")
    return call.subject(kind)


def _show_account(call: Call) -> StripeObject:
    call.params.allow()
    return account.show_own(call)


def _list_events(call: Call) -> StripeObject:
    params = call.params
    params.allow("delivery_success", "ending_before", "limit", "starting_after", "type", "types")
    kinds = set(params.texts("types"))
    if "type" in params:
        kinds.add(params.needed_text("type"))
    delivered = params.yes("delivery_success") if "delivery_success" in params else None
    return paged(
        call,
        (
            event
            for event in call.state.newest_first("event")
            if (not kinds or event["type"] in kinds)
            and delivered in (None, event["pending_webhooks"] == 0)
        ),
    )


def _list_refunds_of_charge(call: Call) -> StripeObject:
    charge = call.subject("charge")
    call.params.allow("ending_before", "limit", "starting_after")
    return paged(call, refunds_of(call.state, charge))


def _verb(noun: str, verb: str, handler: Handler, *, prefix: str = "/v1/") -> Route:
    path = f"{prefix}{noun.replace('.', '/')}/{{id}}/{verb}"
    return _route(f"{noun}.{verb}", "POST", path, handler)


def _creation(noun: str, handler: Handler) -> Route:
    return _route(f"{noun}.create", "POST", "/v1/" + noun.replace(".", "/"), handler)


_HELPERS = "/v1/test_helpers/"

_ROUTES = [
    _creation("payment_intents", intents.create),
    _verb("payment_intents", "confirm", intents.confirm),
    _verb("payment_intents", "capture", intents.capture),
    _verb("payment_intents", "cancel", intents.cancel),
    _route("payment_intents.update", "POST", "/v1/payment_intents/{id}", intents.update),
    *_reading("payment_intents", "payment_intent", "customer"),
    *_reading("payment_methods", "payment_method", "customer", "type"),
    *_reading("charges", "charge", "customer", "payment_intent", "transfer_group"),
    _route("charges.refunds", "GET", "/v1/charges/{id}/refunds", _list_refunds_of_charge),
    _creation("refunds", refunds.create),
    *_reading("refunds", "refund", "charge", "payment_intent"),
    *_reading("balance_transactions", "balance_transaction", "currency", "source", "type"),
    *_reading("disputes", "dispute", "charge", "payment_intent"),
    _route("events.list", "GET", "/v1/events", _list_events),
    *_reading("events", "event"),
    _creation("customers", account.create_customer),
    *_reading("customers", "customer", "email"),
    _route("account.retrieve", "GET", "/v1/account", _show_account),
    *_reading("accounts", "account"),
    _creation("terminal.locations", readers.create_location),
    *_reading("terminal.locations", "terminal.location"),
    _creation("terminal.readers", readers.create),
    *_reading(
        "terminal.readers", "terminal.reader", "device_type", "location", "serial_number", "status"
    ),
    _route("terminal.readers.update", "POST", "/v1/terminal/readers/{id}", readers.update),
    _route("terminal.readers.delete", "DELETE", "/v1/terminal/readers/{id}", readers.delete),
    _verb("terminal.readers", "process_payment_intent", readers.process),
    _verb("terminal.readers", "cancel_action", readers.cancel_action),
    _verb("terminal.readers", "collect_inputs", reader_inputs.collect),
    _verb(
        "terminal.readers",
        "present_payment_method",
        readers.present_payment_method,
        prefix=_HELPERS,
    ),
    _verb("terminal.readers", "succeed_input_collection", reader_inputs.succeed, prefix=_HELPERS),
    _verb("terminal.readers", "timeout_input_collection", reader_inputs.time_out, prefix=_HELPERS),
    _creation("checkout.sessions", checkout.create),
    _verb("checkout.sessions", "expire", checkout.expire),
    *_reading("checkout.sessions", "checkout.session", "customer", "payment_intent", "status"),
    _route(
        "checkout.sessions.line_items",
        "GET",
        "/v1/checkout/sessions/{id}/line_items",
        checkout.show_line_items,
    ),
    _creation("webhook_endpoints", webhooks.create_endpoint),
    _route(
        "webhook_endpoints.delete", "DELETE", "/v1/webhook_endpoints/{id}", webhooks.delete_endpoint
    ),
    *_reading("webhook_endpoints", "webhook_endpoint"),
]

"""Lists, filters and paging, and the objects that may be written out inside others (`expand`)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject, StripeRefusal, invalid
from stripe_stand_in.forms import Params
from stripe_stand_in.state import State

_DEFAULT_LIMIT = 10
_LARGEST_LIMIT = 100
_DEEPEST = 4
_EXPANDABLE = frozenset(
    (
        "balance_transaction",
        "charge",
        "customer",
        "latest_charge",
        "location",
        "payment_intent",
        "payment_method",
        "source",
    )
)
Filter = Callable[[StripeObject], bool]


def page_of(call: Call, kind: str, filters: Sequence[str] = ()) -> StripeObject:
    """Return one page of a kind, the newest first, narrowed by equal fields and by `created`."""
    call.params.allow("created", "ending_before", "limit", "starting_after", *filters)
    wanted = {name: call.params.text(name) for name in filters if name in call.params}
    created = _created_within(call.params)
    matches = (
        item
        for item in call.state.newest_first(kind)
        if created(item) and all(item.get(name) == value for name, value in wanted.items())
    )
    return paged(call, matches)


def paged(call: Call, matches: Iterable[StripeObject]) -> StripeObject:
    """Cut the page out of everything that matches that `limit` and the cursors name."""
    limit = call.params.whole("limit")
    size = _DEFAULT_LIMIT if limit is None else limit
    if not 1 <= size <= _LARGEST_LIMIT:
        raise invalid(
            f"This value must be between 1 and {_LARGEST_LIMIT}.",
            param="limit",
            code="parameter_invalid_integer",
        )
    items = iter(matches)
    after, before = call.params.text("starting_after"), call.params.text("ending_before")
    if after:
        _up_to(items, after, "starting_after")
    if before:
        newer = _up_to(items, before, "ending_before")
        return list_object(newer[-size:], call.path, more=len(newer) > size)
    page = list(islice(items, size + 1))
    return list_object(page[:size], call.path, more=len(page) > size)


def list_object(items: list[StripeObject], url: str, *, more: bool = False) -> StripeObject:
    """Return a list in Stripe's shape."""
    return {"object": "list", "data": items, "has_more": more, "url": url}


def expand(state: State, body: StripeObject, paths: Sequence[str]) -> StripeObject:
    """Write out the objects that `expand` names (`latest_charge.balance_transaction`)."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST + (parts[0] == "data"):
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property.")
        _expand(state, body, parts, path)
    return body


def refunds_of(state: State, charge: StripeObject) -> list[StripeObject]:
    """Return what was given back of a charge, the newest first."""
    return [item for item in state.newest_first("refund") if item["charge"] == charge["id"]]


def line_items_of(state: State, session: StripeObject) -> list[StripeObject]:
    """Return what a Checkout session sells."""
    kept = state.find(line_items_id(session["id"])) or {"data": []}
    items: list[StripeObject] = kept["data"]
    return items


def line_items_id(session_id: str) -> str:
    """Return the id under which a session's lines are kept, as they are not part of it."""
    return f"lines_of_{session_id}"


def _included(state: State, body: StripeObject, name: str) -> bool:
    """Add a list that an object only shows when asked; tell whether there is one."""
    if (body.get("object"), name) == ("charge", "refunds"):
        found = refunds_of(state, body)
        body["refunds"] = list_object(
            found[:_DEFAULT_LIMIT],
            f"/v1/charges/{body['id']}/refunds",
            more=len(found) > _DEFAULT_LIMIT,
        )
        return True
    if (body.get("object"), name) == ("checkout.session", "line_items"):
        url = f"/v1/checkout/sessions/{body['id']}/line_items"
        body["line_items"] = list_object(line_items_of(state, body), url)
        return True
    return False


def _expand(state: State, body: StripeObject, parts: list[str], path: str) -> None:
    name, deeper = parts[0], parts[1:]
    if name not in body and not _included(state, body, name):
        raise _cannot_expand(path)
    match _written_out(state, body, name):
        case None:
            return
        case list(items) if deeper:
            for item in items:
                _expand(state, item, deeper, path)
        case dict(inner) if deeper:
            _expand(state, inner, deeper, path)
        case {"object": _}:
            return
        case _:
            raise _cannot_expand(path)


def _written_out(state: State, body: StripeObject, name: str) -> object:
    """Put the object itself where its id stands; return what stands there now."""
    value = body[name]
    if isinstance(value, str) and name in _EXPANDABLE:
        body[name] = state.find(value) or value
    return body[name]


def _cannot_expand(path: str) -> StripeRefusal:
    return invalid(
        f"This property cannot be expanded ({path}). You may want to try expanding a different "
        "property.",
        param="expand",
    )


def _up_to(items: Iterator[StripeObject], object_id: str, param: str) -> list[StripeObject]:
    """Read on until an object has been passed; return what came before it."""
    passed: list[StripeObject] = []
    for item in items:
        if item["id"] == object_id:
            return passed
        passed.append(item)
    raise invalid(f"No such object: '{object_id}'", param=param, code="resource_missing")


def _created_within(params: Params) -> Filter:
    if isinstance(params.tree.get("created"), str):
        moment = params.whole("created")
        return lambda item: bool(item["created"] == moment)
    bounds = params.group("created")
    bounds.allow("gt", "gte", "lt", "lte")
    after, since = bounds.whole("gt"), bounds.whole("gte")
    before, until = bounds.whole("lt"), bounds.whole("lte")

    def within(item: StripeObject) -> bool:
        created = int(item.get("created", 0))
        return (
            (after is None or created > after)
            and (since is None or created >= since)
            and (before is None or created < before)
            and (until is None or created <= until)
        )

    return within

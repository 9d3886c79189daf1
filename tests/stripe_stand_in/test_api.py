"""What holds for every request: keys, addresses, paging, expansion, outages."""

import base64
import json
from http.client import HTTPConnection
from typing import Any

import pytest
from stripe import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    InvalidRequestError,
    RateLimitError,
    StripeClient,
)

from tests.stripe_server import StripeStandIn


def ask(
    stand_in: StripeStandIn, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, Any]:
    """Send a request that Stripe's client would not send."""
    host = stand_in.url.removeprefix("http://")
    connection = HTTPConnection(host, timeout=5)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def make(stripe: StripeClient, number: int) -> list[str]:
    """Make intents; return their ids, the newest first."""
    made = [
        stripe.v1.payment_intents.create({"amount": 100 + n, "currency": "eur"}).id
        for n in range(number)
    ]
    return made[::-1]


@pytest.mark.parametrize("key", ["", "sk_live_secret", "pk_test_open", "nonsense"])
def test_without_a_test_key_nothing_is_answered(stand_in: StripeStandIn, key: str) -> None:
    status, body = ask(stand_in, "GET", "/v1/account", Authorization=f"Bearer {key}")

    assert status == 401
    assert body["error"]["type"] == "invalid_request_error"
    assert "secret" not in body["error"]["message"]


def test_stripes_client_understands_the_refusal(stand_in: StripeStandIn) -> None:
    stranger = StripeClient("sk_live_0", base_addresses={"api": stand_in.url})

    with pytest.raises(AuthenticationError):
        stranger.v1.accounts.retrieve_current()


def test_a_key_may_be_a_user_name(stand_in: StripeStandIn) -> None:
    basic = base64.b64encode(b"sk_test_stand_in:").decode()

    assert ask(stand_in, "GET", "/v1/account", Authorization=f"Basic {basic}")[0] == 200


def test_an_unknown_address_is_404(stand_in: StripeStandIn) -> None:
    status, body = ask(stand_in, "GET", "/v1/unicorns", Authorization="Bearer sk_test_1")

    assert status == 404
    assert body["error"]["message"].startswith("Unrecognized request URL (GET: /v1/unicorns)")


def test_json_is_not_understood(stand_in: StripeStandIn) -> None:
    status, body = ask(
        stand_in,
        "POST",
        "/v1/payment_intents",
        '{"amount": 100}',
        **{"Authorization": "Bearer sk_test_1", "Content-Type": "application/json"},
    )

    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


def test_an_unknown_object_is_resource_missing(stripe: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.payment_intents.retrieve("pi_none")

    assert refusal.value.http_status == 404
    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "intent")
    assert refusal.value.user_message == "No such payment_intent: 'pi_none'"
    assert str(refusal.value.request_id).startswith("req_")


def test_the_account_can_take_money(stripe: StripeClient) -> None:
    account = stripe.v1.accounts.retrieve_current()

    assert account.id.startswith("acct_")
    assert (account.country, account.default_currency) == ("DE", "eur")
    assert account.charges_enabled


def test_lists_are_paged_newest_first(stripe: StripeClient) -> None:
    ids = make(stripe, 5)

    first = stripe.v1.payment_intents.list({"limit": 2})
    before = stripe.v1.payment_intents.list({"limit": 2, "ending_before": ids[4]})
    every = [intent.id for intent in first.auto_paging_iter()]

    assert ([intent.id for intent in first], first.has_more) == (ids[:2], True)
    assert ([intent.id for intent in before], before.has_more) == (ids[2:4], True)
    assert every == ids


def test_a_list_is_narrowed_by_time(stripe: StripeClient) -> None:
    ids = make(stripe, 1)
    made = stripe.v1.payment_intents.retrieve(ids[0]).created

    now = stripe.v1.payment_intents.list({"created": {"gte": made}})
    earlier = stripe.v1.payment_intents.list({"created": {"lt": made}})

    assert ([intent.id for intent in now], list(earlier)) == (ids, [])


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_1_to_100_items(stripe: StripeClient, limit: int) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        stripe.v1.charges.list({"limit": limit})

    assert refusal.value.param == "limit"


def test_objects_are_written_out_inside_others(stripe: StripeClient) -> None:
    paid = stripe.v1.payment_intents.create(
        {
            "amount": 100,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "expand": ["latest_charge.balance_transaction", "payment_method"],
        }
    )
    listed = stripe.v1.payment_intents.list({"expand": ["data.latest_charge"]})

    charge: Any = paid.latest_charge
    assert charge.balance_transaction.net == 100 - charge.balance_transaction.fee
    method: Any = paid.payment_method
    assert method.card.last4 == "4242"
    again: Any = listed.data[0].latest_charge
    assert again.id == charge.id


@pytest.mark.parametrize("path", ["amount", "colour", "data"])
def test_what_is_no_object_cannot_be_written_out(stripe: StripeClient, path: str) -> None:
    ids = make(stripe, 1)

    with pytest.raises(InvalidRequestError, match="cannot be expanded"):
        stripe.v1.payment_intents.retrieve(ids[0], {"expand": [path]})


def test_customers_are_kept(stripe: StripeClient) -> None:
    made = stripe.v1.customers.create({"name": "Ada", "email": "ada@example.com"})

    found = stripe.v1.customers.list({"email": "ada@example.com"})

    assert [customer.id for customer in found] == [made.id]


def test_metadata_is_laid_over_and_taken_away(stripe: StripeClient) -> None:
    made = stripe.v1.payment_intents.create(
        {"amount": 100, "currency": "eur", "metadata": {"0": "a", "b": "c"}}
    )

    changed = stripe.v1.payment_intents.update(made.id, {"metadata": {"0": "", "d": "ü€"}})

    assert changed.metadata.to_dict() == {"b": "c", "d": "ü€"}
    with pytest.raises(InvalidRequestError, match="500"):
        stripe.v1.payment_intents.update(made.id, {"metadata": {"long": "x" * 501}})


def test_while_stripe_is_out_nothing_is_answered(
    stripe: StripeClient, stand_in: StripeStandIn
) -> None:
    stand_in.outage("refuse")
    with pytest.raises(APIConnectionError):
        make(stripe, 1)
    stand_in.outage("503")
    with pytest.raises(APIError) as refusal:
        make(stripe, 1)
    stand_in.outage("off")

    assert refusal.value.http_status == 503
    assert len(make(stripe, 1)) == 1
    assert len(stand_in.read("payment_intents")) == 1


def test_too_many_requests(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    stand_in.next("rate_limit", on=["*"], times=2)

    for _ in range(2):
        with pytest.raises(RateLimitError):
            stripe.v1.payment_intents.list()
    assert stripe.v1.payment_intents.list().data == []


def test_the_desk_refuses_what_it_does_not_know(stand_in: StripeStandIn) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("next", {"outcome": "miracle"}),
        ("next", {"outcome": "decline", "colour": "red"}),
        ("outage", {"mode": "rain"}),
        ("webhooks", {"speed": 2}),
        ("settle", {"id": "pi_none"}),
        ("nonsense", {}),
    ]

    for verb, body in wrong:
        with pytest.raises(ValueError, match="error"):
            stand_in.control(verb, **body)


def test_a_foreign_page_cannot_work_the_desk(stand_in: StripeStandIn) -> None:
    status, _ = ask(stand_in, "POST", "/_control/reset", "{}", **{"Content-Type": "text/plain"})

    assert status == 400


def test_a_reset_leaves_the_account_alone(stripe: StripeClient, stand_in: StripeStandIn) -> None:
    account = stripe.v1.accounts.retrieve_current().id
    make(stripe, 1)
    stand_in.next("decline")

    stand_in.reset()

    state = stand_in.read("state")
    assert (state["payment_intents"], state["next"], state["requests"]) == ([], [], [])
    assert state["account"]["id"] == account


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/payment_intents", "amount[x]=1&currency=eur"),
        ("/v1/payment_intents", "amount=100&currency[0]=eur"),
        ("/v1/payment_intents", "amount=100&currency=eur&metadata=text"),
        ("/v1/payment_intents", "amount=100&currency=eur&metadata[a][b]=c"),
        ("/v1/payment_intents", "amount=100&amount[x]=1&currency=eur"),
        ("/v1/payment_intents", "amount=100&currency=eur&expand=latest_charge"),
        ("/v1/payment_intents", "amount=100&currency=eur&expand[0]=colour"),
        ("/v1/payment_intents", "amount=100&currency=eur&confirm=perhaps"),
        ("/v1/payment_intents", "amount=100&currency=eur&payment_method=pm_none&confirm=true"),
        ("/v1/payment_intents", "amount=100&currency=eur&=&[]=&[[]]=x"),
        ("/v1/payment_intents", "amount=99999999999999999999999&currency=eur"),
        ("/v1/refunds", ""),
        ("/v1/refunds", "payment_intent[x]=1"),
        ("/v1/checkout/sessions", "line_items=text"),
        ("/v1/checkout/sessions", "line_items[0]=text"),
        ("/v1/checkout/sessions", "line_items[0][price_data]=text"),
        ("/v1/terminal/locations", "address=text&display_name=A"),
        ("/v1/terminal/readers", "registration_code="),
        ("/v1/webhook_endpoints", "url=here&enabled_events[]=*"),
        ("/v1/payment_intents?created[gte]=x", ""),
        ("/v1/payment_intents?limit=x", ""),
        ("/v1/payment_intents?starting_after=pi_none", ""),
    ],
)
def test_nonsense_is_refused_and_leaves_nothing_behind(
    stand_in: StripeStandIn, path: str, form: str
) -> None:
    method = "GET" if "?" in path else "POST"
    headers = {
        "Authorization": "Bearer sk_test_1",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    status, body = ask(stand_in, method, path, form, **headers)

    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    state = stand_in.read("state")
    assert state["payment_intents"] == state["checkout_sessions"] == state["readers"] == []

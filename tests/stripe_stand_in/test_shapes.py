"""Our objects beside Stripe's own samples: the same fields, and the same types in them.

The samples are outside data; without them these tests skip.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from stripe import StripeClient
from stripe.terminal import Reader

from tests.stripe_server import eventually

Sample = dict[str, Any]

# Fields of the samples that Stripe itself only sends when asked to, or not any more.
NOT_SENT = {"charge": {"refunds"}}
# Fields that the samples of Stripe's list still lack.
ADDED = {
    "payment_intent": {"allowed_payment_method_types"},
    "checkout.session": {"allowed_payment_method_types"},
}
# What an own account says of itself depends on the account.
FREE_INSIDE = {
    "account": {"capabilities"},
    "checkout.session": {"payment_method_options"},
    "event": {"data"},
    "payment_intent": {"payment_method_options", "metadata"},
    "charge": {"payment_method_details", "metadata"},
    "terminal.reader": {"action"},
    "dispute": {"evidence_details", "payment_method_details"},
}


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    shared = Path(os.environ.get("QUATREFOIL_SHARED", Path(__file__).parents[3] / "shared"))
    file = shared / "data" / "stripe" / "fixtures3.json"
    if not file.exists():
        pytest.skip("Stripe's sample objects are not here")
    found: dict[str, Sample] = json.loads(file.read_text())["resources"]
    return found


@pytest.fixture
def made(stripe: StripeClient, reader: Reader) -> dict[str, Sample]:
    """One object of each kind, as the API returns it."""
    v1 = stripe.v1
    intent = v1.payment_intents.create(
        {
            "amount": 100_00,
            "currency": "eur",
            "payment_method": "pm_card_createDispute",
            "confirm": True,
        }
    )
    at_reader = v1.payment_intents.create(
        {"amount": 5_00, "currency": "eur", "allowed_payment_method_types": ["card_present"]}
    )
    v1.terminal.readers.process_payment_intent(reader.id, {"payment_intent": at_reader.id})
    eventually(lambda: v1.payment_intents.retrieve(at_reader.id).status == "succeeded")
    refund = v1.refunds.create({"payment_intent": at_reader.id, "amount": 1_00})
    return {
        name: json.loads(str(found))
        for name, found in {
            "account": v1.accounts.retrieve_current(),
            "payment_intent": intent,
            "charge": v1.charges.retrieve(str(intent.latest_charge)),
            "refund": refund,
            "balance_transaction": v1.balance_transactions.list().data[0],
            "payment_method": v1.payment_methods.retrieve(str(intent.payment_method)),
            "dispute": v1.disputes.list().data[0],
            "event": v1.events.list().data[0],
            "customer": v1.customers.create({"name": "Ada", "address": {"country": "DE"}}),
            "checkout.session": _session(stripe),
            "terminal.location": v1.terminal.locations.list().data[0],
            "terminal.reader": v1.terminal.readers.retrieve(reader.id),
            "webhook_endpoint": _endpoint(stripe),
        }.items()
    }


def _session(stripe: StripeClient) -> object:
    return stripe.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://shop.example/paid",
            "line_items": [
                {
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 100,
                        "product_data": {"name": "A"},
                    },
                    "quantity": 1,
                }
            ],
        }
    )


def _endpoint(stripe: StripeClient) -> object:
    made = stripe.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/none", "enabled_events": ["charge.failed"]}
    )
    return stripe.v1.webhook_endpoints.retrieve(made.id)


def test_every_kind_has_stripes_fields(made: dict[str, Sample], samples: dict[str, Sample]) -> None:
    for kind, ours in made.items():
        wanted = samples[kind].keys() - NOT_SENT.get(kind, set())
        assert ours.keys() - ADDED.get(kind, set()) == wanted, kind


def test_every_field_has_stripes_type(made: dict[str, Sample], samples: dict[str, Sample]) -> None:
    for kind, ours in made.items():
        for path, mine, theirs in _both(ours, samples[kind], FREE_INSIDE.get(kind, set())):
            assert type(mine) is type(theirs), f"{kind} {path}: {mine!r} and {theirs!r}"


def test_the_fields_inside_are_stripes_too(
    made: dict[str, Sample], samples: dict[str, Sample]
) -> None:
    for kind, ours in made.items():
        for path, mine, theirs in _both(ours, samples[kind], FREE_INSIDE.get(kind, set())):
            if isinstance(mine, dict) and path != "metadata":
                assert mine.keys() >= theirs.keys(), f"{kind} {path}"


def test_a_charged_card_has_stripes_fields(
    made: dict[str, Sample], samples: dict[str, Sample]
) -> None:
    ours = made["charge"]["payment_method_details"]["card"]

    assert ours.keys() == samples["charge"]["payment_method_details"]["card"].keys()


def test_a_readers_action_has_stripes_fields(
    made: dict[str, Sample], samples: dict[str, Sample]
) -> None:
    action = made["terminal.reader"]["action"]

    assert action.keys() - {"process_payment_intent"} == samples["terminal.reader"]["action"].keys()


def _both(ours: Sample, theirs: Sample, free: set[str], within: str = "") -> Any:
    """Yield path and both values of each field that is filled on both sides."""
    for name in ours.keys() & theirs.keys() - free:
        mine, sample = ours[name], theirs[name]
        if mine is not None and sample is not None:
            yield f"{within}{name}", mine, sample
            if isinstance(mine, dict) and isinstance(sample, dict):
                yield from _both(mine, sample, set(), f"{within}{name}.")

"""One server for all these tests, emptied before each; Stripe's own client talks to it."""

from collections.abc import Iterator

import pytest
from stripe import StripeClient
from stripe.terminal import Reader

from tests.stripe_server import StripeStandIn, running_stripe_stand_in
from tests.stripe_stand_in.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def running_stand_in() -> Iterator[StripeStandIn]:
    with running_stripe_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running_stand_in: StripeStandIn) -> StripeStandIn:
    running_stand_in.reset()
    return running_stand_in


@pytest.fixture
def stripe(stand_in: StripeStandIn) -> StripeClient:
    return stand_in.client()


@pytest.fixture
def reader(stripe: StripeClient) -> Reader:
    location = stripe.v1.terminal.locations.create(
        {"display_name": "Counter", "address": {"country": "DE", "city": "Ulm"}}
    )
    return stripe.v1.terminal.readers.create(
        {"registration_code": "simulated-wpe", "label": "Till 1", "location": location.id}
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver

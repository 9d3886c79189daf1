"""A counter with a card reader, on a local server that speaks Stripe's HTTP."""

from collections.abc import Iterator

import pytest

from app.kernel.db import Database
from app.settings import Settings
from tests.payments.counter import WEBHOOK_SECRET, Counter, counter_at
from tests.stripe_server import StripeStandIn, running_stripe_stand_in


@pytest.fixture(scope="module")
def one_stripe() -> Iterator[StripeStandIn]:
    with running_stripe_stand_in(auto_present=False) as stripe:
        yield stripe


@pytest.fixture
def stripe(one_stripe: StripeStandIn) -> StripeStandIn:
    """Stripe, having forgotten the test before; customers present cards only when told to."""
    one_stripe.control("clear")
    one_stripe.outage("off")
    one_stripe.reset()
    return one_stripe


@pytest.fixture
def settings(database_url: str, stripe: StripeStandIn) -> Settings:
    return Settings(
        database_url=database_url,
        stripe_secret_key=stripe.key,
        stripe_api_base=stripe.url,
        stripe_webhook_secret=WEBHOOK_SECRET,
        stripe_account="acct_ours",
    )


@pytest.fixture
def counter(database: Database, settings: Settings, stripe: StripeStandIn) -> Counter:
    """An open till with a simulated reader, and a bill of 100.00."""
    return counter_at(database, settings, stripe)

"""The one door to Stripe. Nothing here knows the database; nothing else imports the SDK.

Never call these inside a transaction: an answer may take as long as `PATIENCE_S`, twice.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

import stripe

from app.kernel.db import Database
from app.kernel.errors import Unavailable
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import failures
from app.payments.cardamounts import provider_amount
from app.payments.errors import CardServiceRefused, CardServiceSilent
from app.payments.intents import (
    CheckoutReport,
    IntentReport,
    ReaderReport,
    RefundReport,
    checkout_report,
    intent_report,
    reader_report,
    refund_report,
)
from app.settings import Settings

PATIENCE_S = 8.0
_CONNECT_S = 3.0
# One more try with the same idempotency key: most lost answers are found by it.
_RETRIES = 1
_ANY_KEY = "sk_test_quatrefoil"
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """What a payment page shows and where it leads; `expires_at` in seconds since 1970."""

    amount: Money
    name: str
    success_url: str
    cancel_url: str
    expires_at: int
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a store's readers stand; `store` is our own word for it."""

    store: str
    name: str
    country: str
    street: str
    city: str
    postcode: str


class ReaderOffline(CardServiceRefused):
    reason = failures.READER_OFFLINE


class ReaderBusy(CardServiceRefused):
    reason = failures.READER_BUSY


class StripeGate:
    """One Stripe account, as the till needs it. Errors: CardServiceSilent, CardServiceRefused."""

    def __init__(
        self, key: str, *, api_base: str = "", account: str = "", webhook_secret: str = ""
    ) -> None:
        self.livemode = key.startswith(("sk_live_", "rk_live_"))
        self.account = account
        self.webhook_secret = webhook_secret
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=_RETRIES,
            http_client=stripe.RequestsClient(timeout=(_CONNECT_S, PATIENCE_S)),
        )

    def create_intent(
        self, *, amount: Money, key: str, description: str, metadata: dict[str, str]
    ) -> IntentReport:
        """A payment to be made at a reader; the same `key` gives the same one again."""
        with _translated():
            made = self._client.v1.payment_intents.create(
                {
                    "amount": provider_amount(amount),
                    "currency": amount.currency.lower(),
                    "allowed_payment_method_types": ["card_present"],
                    "capture_method": "automatic",
                    "description": description,
                    "metadata": metadata,
                },
                {"idempotency_key": key},
            )
            return intent_report(made.to_dict())

    def intent(self, intent_id: str) -> IntentReport:
        """A payment as it stands now, with the card's facts when it was charged."""
        with _translated():
            found = self._client.v1.payment_intents.retrieve(
                intent_id, {"expand": ["latest_charge"]}
            )
            return intent_report(found.to_dict())

    def cancel_intent(self, intent_id: str) -> None:
        """Make sure that no money can come of it; refused when it has, or is just being asked."""
        with _translated():
            self._client.v1.payment_intents.cancel(intent_id)

    def create_checkout(self, order: CheckoutOrder, *, key: str) -> CheckoutReport:
        """A page on which a customer pays; the same `key` gives the same one again.

        By which ways (cards, Alipay, WeChat Pay) is set in the account, by currency and country.
        """
        with _translated():
            made = self._client.v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "price_data": {
                                "currency": order.amount.currency.lower(),
                                "unit_amount": provider_amount(order.amount),
                                "product_data": {"name": order.name},
                            },
                            "quantity": 1,
                        }
                    ],
                    "success_url": order.success_url,
                    "cancel_url": order.cancel_url,
                    "expires_at": order.expires_at,
                    "metadata": order.metadata,
                    "payment_intent_data": {
                        "description": order.name,
                        "metadata": order.metadata,
                    },
                },
                {"idempotency_key": key},
            )
            return checkout_report(made.to_dict())

    def checkout(self, checkout_id: str) -> CheckoutReport:
        with _translated():
            found = self._client.v1.checkout.sessions.retrieve(checkout_id)
            return checkout_report(found.to_dict())

    def expire_checkout(self, checkout_id: str) -> CheckoutReport:
        """Close a page that nobody has paid; refused when somebody has."""
        with _translated():
            return checkout_report(self._client.v1.checkout.sessions.expire(checkout_id).to_dict())

    def create_refund(
        self, intent_id: str, amount: Money, *, key: str, metadata: dict[str, str]
    ) -> RefundReport:
        """Give back a part of a payment; the same `key` gives the same refund again."""
        with _translated():
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": intent_id,
                    "amount": provider_amount(amount),
                    "metadata": metadata,
                },
                {"idempotency_key": key},
            )
            return refund_report(made.to_dict())

    def refund(self, refund_id: str) -> RefundReport:
        with _translated():
            return refund_report(self._client.v1.refunds.retrieve(refund_id).to_dict())

    def refunds_of(self, intent_id: str) -> list[RefundReport]:
        """Every refund of a payment, the newest first."""
        with _translated():
            page = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
            return [refund_report(one.to_dict()) for one in page.auto_paging_iter()]

    def intents_since(self, since: int, until: int, *, most: int) -> list[IntentReport]:
        """Payments made in a stretch of time (seconds since 1970), the newest first."""
        with _translated():
            page = self._client.v1.payment_intents.list(
                {
                    "created": {"gte": since, "lt": until},
                    "limit": 100,
                    "expand": ["data.latest_charge"],
                }
            )
            found = itertools.islice(page.auto_paging_iter(), most)
            return [intent_report(one.to_dict()) for one in found]

    def refunds_since(self, since: int, until: int, *, most: int) -> list[RefundReport]:
        """Refunds made in a stretch of time (seconds since 1970), the newest first."""
        with _translated():
            page = self._client.v1.refunds.list(
                {"created": {"gte": since, "lt": until}, "limit": 100}
            )
            found = itertools.islice(page.auto_paging_iter(), most)
            return [refund_report(one.to_dict()) for one in found]

    def present(self, reader_id: str, intent_id: str, *, key: str) -> ReaderReport:
        """Let a reader ask the customer for a card."""
        with _translated():
            reader = self._client.v1.terminal.readers.process_payment_intent(
                reader_id,
                {
                    "payment_intent": intent_id,
                    "process_config": {"enable_customer_cancellation": True},
                },
                {"idempotency_key": key},
            )
            return reader_report(reader.to_dict())

    def reader(self, reader_id: str) -> ReaderReport:
        with _translated():
            return reader_report(self._client.v1.terminal.readers.retrieve(reader_id).to_dict())

    def clear_reader(self, reader_id: str) -> None:
        """Take what it asks off the reader's screen."""
        with _translated():
            self._client.v1.terminal.readers.cancel_action(reader_id)

    def readers(self) -> list[ReaderReport]:
        """The account's first hundred readers."""
        with _translated():
            page = self._client.v1.terminal.readers.list({"limit": 100})
            return [reader_report(reader.to_dict()) for reader in page.data]

    def place_of(self, place: Place) -> str:
        """The id of the place where a store's readers stand; made the first time."""
        with _translated():
            page = self._client.v1.terminal.locations.list({"limit": 100})
            for known in page.auto_paging_iter():
                if (known.to_dict().get("metadata") or {}).get("store") == place.store:
                    return str(known.id)
            made = self._client.v1.terminal.locations.create(
                {
                    "display_name": place.name,
                    "address": {
                        "country": place.country,
                        "line1": place.street or place.name,
                        "city": place.city,
                        "postal_code": place.postcode,
                    },
                    "metadata": {"store": place.store},
                }
            )
            return str(made.id)

    def register_reader(self, code: str, label: str, *, place: str) -> ReaderReport:
        """A reader by the words that it shows on its screen."""
        with _translated():
            made = self._client.v1.terminal.readers.create(
                {"registration_code": code, "label": label, "location": place}
            )
            return reader_report(made.to_dict())

    def rename_reader(self, reader_id: str, label: str) -> None:
        with _translated():
            self._client.v1.terminal.readers.update(reader_id, {"label": label})

    def remove_reader(self, reader_id: str) -> None:
        with _translated():
            self._client.v1.terminal.readers.delete(reader_id)

    def add_simulated_reader(self, label: str, *, country: str) -> ReaderReport:
        """A reader of Stripe's test mode, at a place of its own: for the demo."""
        with _translated():
            location = self._client.v1.terminal.locations.create(
                {"display_name": label, "address": {"country": country, "line1": label}}
            )
            reader = self._client.v1.terminal.readers.create(
                {"registration_code": "simulated-wpe", "label": label, "location": location.id}
            )
            return reader_report(reader.to_dict())


# Which card service belongs to which database: set once, when the service or a command starts.
_gates: WeakKeyDictionary[Database, StripeGate] = WeakKeyDictionary()


def connect(database: Database, settings: Settings) -> None:
    """Let card payments on this database go where the settings say; nowhere without them."""
    key = settings.stripe_secret_key.get_secret_value()
    if not key and not settings.stripe_api_base:
        return
    _gates[database] = StripeGate(
        key or _ANY_KEY,
        api_base=settings.stripe_api_base,
        account=settings.stripe_account,
        webhook_secret=settings.stripe_webhook_secret.get_secret_value(),
    )


def gate_of(database: Database) -> StripeGate:
    """The card service of this database; raises Unavailable when none is set up."""
    gate = _gates.get(database)
    if gate is None:
        raise Unavailable(
            msg("No card service is set up here. Take cash or a bank transfer instead.")
        )
    return gate


def is_connected(database: Database) -> bool:
    return database in _gates


_DEFINITE: dict[str, Callable[..., CardServiceRefused]] = {
    "terminal_reader_offline": ReaderOffline,
    "terminal_reader_busy": ReaderBusy,
}
# The reader may have heard all the same, or somebody is doing this very thing now.
_OPEN = frozenset({"terminal_reader_timeout", "idempotency_key_in_use", "lock_timeout"})


@contextmanager
def _translated() -> Iterator[None]:
    """The SDK's errors as ours, told apart by one question: can it have been done?"""
    try:
        yield
    except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
        raise _silent() from error
    except stripe.StripeError as error:
        if error.code in _OPEN:
            raise _silent() from error
        kind = _DEFINITE.get(error.code or "", CardServiceRefused)
        raise kind(
            msg("The card service refused: {why}", why=error.user_message or error.code or "?")
        ) from error


def _silent() -> CardServiceSilent:
    return CardServiceSilent(msg("The card service does not answer just now."))

"""What the card service says of a payment, a reader or an event, in our own words.

Shapes are those of Stripe's JSON: https://docs.stripe.com/api/payment_intents/object,
https://docs.stripe.com/api/terminal/readers/object, https://docs.stripe.com/api/events/object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kernel.money import Money

# Stripe writes these with two decimals that must be zero, ISO 4217 with none:
# https://docs.stripe.com/currencies#special-cases
_TWO_DECIMALS_MORE = frozenset({"ISK", "UGX"})
_HUNDRED = 100

SUCCEEDED = "succeeded"
CANCELED = "canceled"
PROCESSING = "processing"
WAITING_FOR_CARD = "requires_payment_method"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card receipt must show; empty where the service does not say."""

    brand: str = ""
    last4: str = ""
    auth_ref: str = ""
    entry_mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentReport:
    """A PaymentIntent as it stands. `received` is what has been captured."""

    id: str
    status: str
    received: Money
    livemode: bool
    failure: str = ""
    card: CardFacts = field(default_factory=CardFacts)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderReport:
    """A card reader, and the payment it works on (`intent_id`, empty for none)."""

    id: str
    label: str
    status: str
    serial_number: str = ""
    intent_id: str = ""
    is_working: bool = False
    failure: str = ""

    def works_on(self, intent_id: str) -> bool:
        return self.is_working and self.intent_id == intent_id


def provider_amount(amount: Money) -> int:
    """Our minor units as Stripe counts them: JPY 80 is 80, ISK 80 is 8000."""
    return amount.minor * (_HUNDRED if amount.currency in _TWO_DECIMALS_MORE else 1)


def our_amount(provider_minor: int, currency: str) -> Money:
    """Stripe's whole number as our money."""
    code = currency.upper()
    minor = provider_minor // _HUNDRED if code in _TWO_DECIMALS_MORE else provider_minor
    return Money(minor, code)


def intent_report(intent: Mapping[str, Any]) -> IntentReport:
    """A PaymentIntent's JSON; card facts only when `latest_charge` is written out."""
    error = intent.get("last_payment_error") or {}
    return IntentReport(
        id=str(intent["id"]),
        status=str(intent["status"]),
        received=our_amount(int(intent.get("amount_received") or 0), str(intent["currency"])),
        livemode=bool(intent.get("livemode")),
        failure=str(error.get("decline_code") or error.get("code") or ""),
        card=_card_facts(intent.get("latest_charge")),
        metadata={str(name): str(value) for name, value in (intent.get("metadata") or {}).items()},
    )


def reader_report(reader: Mapping[str, Any]) -> ReaderReport:
    """A Terminal reader's JSON."""
    action = reader.get("action") or {}
    process = action.get("process_payment_intent") or {}
    error = action.get("api_error") or {}
    intent = process.get("payment_intent") or ""
    return ReaderReport(
        id=str(reader["id"]),
        label=str(reader.get("label") or reader["id"]),
        status=str(reader.get("status") or "offline"),
        serial_number=str(reader.get("serial_number") or ""),
        intent_id=str(intent["id"] if isinstance(intent, Mapping) else intent),
        is_working=action.get("status") == "in_progress",
        failure=str(error.get("decline_code") or action.get("failure_code") or ""),
    )


def _card_facts(charge: object) -> CardFacts:
    if not isinstance(charge, Mapping):
        return CardFacts()
    details = charge.get("payment_method_details") or {}
    card = details.get("card_present") or details.get("interac_present") or {}
    receipt = card.get("receipt") or {}
    return CardFacts(
        brand=str(card.get("brand") or ""),
        last4=str(card.get("last4") or ""),
        auth_ref=str(receipt.get("authorization_code") or ""),
        entry_mode=str(card.get("read_method") or ""),
    )

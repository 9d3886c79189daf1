"""What the card service says of a payment, a reader or an event, in our own words.

Shapes are those of Stripe's JSON: https://docs.stripe.com/api/payment_intents/object,
https://docs.stripe.com/api/terminal/readers/object, https://docs.stripe.com/api/events/object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kernel.money import Money
from app.payments.cardamounts import our_amount

SUCCEEDED = "succeeded"
CANCELED = "canceled"
# "Failed refunds": the amount is back in our balance, whatever was said of it before.
CAME_BACK = frozenset({"failed", CANCELED})
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
class CheckoutReport:
    """A payment page as it stands; `url` is empty once it is over, `intent_id` until it was used.

    `status` is open, complete or expired; a complete one is `paid`, or its money is on its way.
    """

    id: str
    status: str
    paid: bool
    intent_id: str
    url: str
    livemode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReport:
    """Money on its way back. `status` is pending, succeeded, failed, canceled, requires_action."""

    id: str
    status: str
    amount: Money
    intent_id: str
    failure: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeReport:
    """A payment that its bank takes back or asks about. `answer_by` in seconds since 1970."""

    id: str
    intent_id: str
    status: str
    reason: str
    amount: Money
    answer_by: int | None


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
    return ReaderReport(
        id=str(reader["id"]),
        label=str(reader.get("label") or reader["id"]),
        status=str(reader.get("status") or "offline"),
        serial_number=str(reader.get("serial_number") or ""),
        intent_id=_id_of(process.get("payment_intent")),
        is_working=action.get("status") == "in_progress",
        failure=str(error.get("decline_code") or action.get("failure_code") or ""),
    )


def checkout_report(session: Mapping[str, Any]) -> CheckoutReport:
    """A Checkout session's JSON: https://docs.stripe.com/api/checkout/sessions/object"""
    return CheckoutReport(
        id=str(session["id"]),
        status=str(session["status"]),
        paid=session.get("payment_status") == "paid",
        intent_id=_id_of(session.get("payment_intent")),
        url=str(session.get("url") or ""),
        livemode=bool(session.get("livemode")),
    )


def refund_report(refund: Mapping[str, Any]) -> RefundReport:
    """A refund's JSON: https://docs.stripe.com/api/refunds/object"""
    return RefundReport(
        id=str(refund["id"]),
        status=str(refund.get("status") or "pending"),
        amount=our_amount(int(refund.get("amount") or 0), str(refund["currency"])),
        intent_id=_id_of(refund.get("payment_intent")),
        failure=str(refund.get("failure_reason") or ""),
        metadata={str(name): str(value) for name, value in (refund.get("metadata") or {}).items()},
    )


def dispute_report(dispute: Mapping[str, Any]) -> DisputeReport:
    """A dispute's JSON: https://docs.stripe.com/api/disputes/object"""
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeReport(
        id=str(dispute["id"]),
        intent_id=_id_of(dispute.get("payment_intent")),
        status=str(dispute.get("status") or ""),
        reason=str(dispute.get("reason") or ""),
        amount=our_amount(int(dispute.get("amount") or 0), str(dispute["currency"])),
        answer_by=int(due) if due else None,
    )


def _id_of(value: object) -> str:
    """An id, written out or not."""
    return str(value["id"] if isinstance(value, Mapping) else value or "")


def _card_facts(charge: object) -> CardFacts:
    if not isinstance(charge, Mapping):
        return CardFacts()
    details = charge.get("payment_method_details") or {}
    kind = str(details.get("type") or "")
    card = details.get("card_present") or details.get("interac_present") or details.get(kind) or {}
    receipt = card.get("receipt") or {}
    return CardFacts(
        brand=str(card.get("brand") or kind),
        last4=str(card.get("last4") or ""),
        auth_ref=str(receipt.get("authorization_code") or ""),
        entry_mode=str(card.get("read_method") or ""),
    )

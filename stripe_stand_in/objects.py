"""Builders of the objects that payments leave behind, with all the fields that Stripe sends.

A field that this server never fills is there all the same, as null: a client that reads it must
find it. Amounts are whole numbers of the currency's smallest unit, times whole seconds since 1970.
"""

from collections.abc import Sequence

from stripe_stand_in import clock
from stripe_stand_in.cards import CARDS_BY_FINGERPRINT, Card
from stripe_stand_in.errors import StripeObject
from stripe_stand_in.ids import new_id

NO_ADDRESS: StripeObject = dict.fromkeys(
    ("city", "country", "line1", "line2", "postal_code", "state")
)
_EMPTY_AT_FIRST = (
    "application",
    "application_fee_amount",
    "canceled_at",
    "cancellation_reason",
    "customer",
    "customer_account",
    "description",
    "excluded_payment_method_types",
    "last_payment_error",
    "latest_charge",
    "managed_payments",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "processing",
    "receipt_email",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)
_EXPIRY = {"exp_month": 8, "exp_year": 2034}


def payment_intent(
    *,
    amount: int,
    currency: str,
    allowed: Sequence[str] | None,
    capture_method: str = "automatic",
    confirmation_method: str = "automatic",
    metadata: dict[str, str] | None = None,
    **texts: str | None,
) -> StripeObject:
    """Return a new intent that still lacks a payment method.

    `allowed` are the kinds of cards it is restricted to; without any, cards on the web are taken.
    `texts` are the optional text fields that the request may carry (`description`, `customer`,
    `receipt_email`, `statement_descriptor`, …).
    """
    intent_id = new_id("pi")
    method_types = list(allowed or ["card"])
    return (
        dict.fromkeys(_EMPTY_AT_FIRST)
        | {
            "id": intent_id,
            "object": "payment_intent",
            "allowed_payment_method_types": list(allowed) if allowed else None,
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "automatic_payment_methods": None if allowed else {"enabled": True},
            "capture_method": capture_method,
            "client_secret": f"{intent_id}_{new_id('secret')}",
            "confirmation_method": confirmation_method,
            "created": clock.stamp(),
            "currency": currency,
            "livemode": False,
            "metadata": metadata or {},
            "payment_method_options": {kind: {} for kind in method_types},
            "payment_method_types": method_types,
            "status": "requires_payment_method",
        }
        | texts
    )


def payment_method(card: Card, *, kind: str, email: str | None = None) -> StripeObject:
    """Return a card as a payment method; `kind` is `card` or `card_present`."""
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": _billing_details(email),
        kind: _method_card_present(card) if kind == "card_present" else _method_card(card),
        "created": clock.stamp(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def charge(
    intent: StripeObject, method: StripeObject, *, reader: StripeObject | None
) -> StripeObject:
    """Return an attempt to take an intent's money, before the bank has answered."""
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": intent["statement_descriptor"] or "QUATREFOIL",
        "captured": False,
        "created": clock.stamp(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(intent, method, reader),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def outcome(*, network: str, kind: str, reason: str | None, message: str) -> StripeObject:
    """Return what the network said to a charge."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "seller_message": message,
        "type": kind,
    }


def refund(
    charge_: StripeObject, *, amount: int, reason: str | None, metadata: dict[str, str]
) -> StripeObject:
    """Return money on its way back to the card that a charge took it from."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge_["id"],
        "created": clock.stamp(),
        "currency": charge_["currency"],
        "customer": charge_["customer"],
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata,
        "payment_intent": charge_["payment_intent"],
        "payment_method": charge_["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def balance_transaction(source: StripeObject, *, amount: int, fee: int, kind: str) -> StripeObject:
    """Return the line that a charge or a refund writes into the account's balance."""
    details = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": clock.stamp(),
        "balance_type": "payments",
        "created": clock.stamp(),
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def dispute(charge_: StripeObject, *, reason: str) -> StripeObject:
    """Return a cardholder's objection to a charge."""
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": charge_["amount_captured"],
        "balance_transactions": [],
        "charge": charge_["id"],
        "created": clock.stamp(),
        "currency": charge_["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": clock.stamp() + 7 * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge_["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }


_EVIDENCE = (  # noqa: SIM905 - a word a line would hide the list
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
    "cancellation_rebuttal customer_communication customer_email_address customer_name "
    "customer_purchase_ip customer_signature duplicate_charge_documentation "
    "duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy "
    "refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation "
    "shipping_tracking_number uncategorized_file uncategorized_text"
).split()


def card_of(method: StripeObject) -> Card:
    """Return the test card that a payment method was made of."""
    return CARDS_BY_FINGERPRINT[method[method["type"]]["fingerprint"]]


def _billing_details(email: str | None) -> StripeObject:
    return {
        "address": dict(NO_ADDRESS),
        "email": email,
        "name": None,
        "phone": None,
        "tax_id": None,
    }


def _card_facts(card: Card) -> StripeObject:
    return {
        "brand": card.brand,
        "country": card.country,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "last4": card.last4,
        **_EXPIRY,
    }


def _method_card(card: Card) -> StripeObject:
    return _card_facts(card) | {
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "display_brand": card.brand,
        "generated_from": None,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": None,
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _method_card_present(card: Card) -> StripeObject:
    return _card_facts(card) | {
        "brand_product": None,
        "cardholder_name": None,
        "description": None,
        "iin": None,
        "issuer": None,
        "networks": {"available": [card.brand], "preferred": None},
        "offline": None,
        "preferred_locales": ["en"],
        "read_method": "contactless_emv",
        "wallet": None,
    }


def _method_details(
    intent: StripeObject, method: StripeObject, reader: StripeObject | None
) -> StripeObject:
    kind = method["type"]
    build = _charged_card_present if kind == "card_present" else _charged_card
    return {kind: build(intent, method[kind], reader), "type": kind}


def _charged_card(
    intent: StripeObject, card: StripeObject, _reader: StripeObject | None
) -> StripeObject:
    shared = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    return {name: card[name] for name in (*shared, "last4", "regulated_status", "wallet")} | {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": None,
        "transaction_link_id": None,
    }


def _charged_card_present(
    intent: StripeObject, card: StripeObject, reader: StripeObject | None
) -> StripeObject:
    shared = {name: value for name, value in card.items() if name != "networks"}
    return shared | {
        "amount_authorized": intent["amount"],
        "capture_before": clock.stamp() + 2 * 24 * 3600,
        "emv_auth_data": None,
        "generated_card": None,
        "incremental_authorization_supported": False,
        "location": reader["location"] if reader else None,
        "network": card["brand"],
        "network_transaction_id": None,
        "overcapture_supported": False,
        "reader": reader["id"] if reader else None,
        "receipt": {
            "account_type": "credit",
            "application_cryptogram": "DF9C0FCA0D1B1D5C",
            "application_preferred_name": "Stripe Credit",
            "authorization_code": "123456",
            "authorization_response_code": "3030",
            "cardholder_verification_method": None,
            "dedicated_file_name": "A000000003101001",
            "terminal_verification_results": "0000000000",
            "transaction_status_information": "0000",
        },
    }

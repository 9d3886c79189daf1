"""PaymentIntents: one per purchase, from the wish for money to its arrival."""

from stripe_stand_in import charges, checkout, events, objects, outcomes
from stripe_stand_in.calls import Call
from stripe_stand_in.cards import CARDS_BY_TOKEN, Verdict
from stripe_stand_in.errors import (
    StripeObject,
    StripeRefusal,
    declined,
    invalid,
    not_found,
    refused,
)
from stripe_stand_in.money import check_charge, read_currency
from stripe_stand_in.state import State

_METHOD_TYPES = ("card", "card_present")
_CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
_WITHOUT_METHOD_TYPES = "2026-09-30"  # from this version on `payment_method_types` is refused

# What each request may say. The first group is of texts that are kept as they come; the last is
# understood by Stripe but without effect on anything that this server does.
_STATEMENT = ("statement_descriptor", "statement_descriptor_suffix")
_TEXTS = ("description", "receipt_email", "transfer_group", *_STATEMENT)
_IGNORED = (
    "error_on_requires_action",
    "off_session",
    "payment_method_options",
    "return_url",
    "use_stripe_sdk",
)
_CREATE = (
    "allowed_payment_method_types",
    "amount",
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
    "currency",
    "customer",
    "metadata",
    "payment_method",
    *_TEXTS,
    *_IGNORED,
)
_UPDATE = ("amount", "metadata", "payment_method", "payment_method_options", *_TEXTS)
_CONFIRM = ("capture_method", "payment_method", "receipt_email", *_IGNORED)
_CAPTURE = ("amount_to_capture", "metadata", *_STATEMENT)
_UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELLABLE = (*_UNPAID[:1], "requires_capture", *_UNPAID[1:])
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def create(call: Call) -> StripeObject:
    """Make an intent; with `confirm` try its card at once."""
    params = call.params
    params.allow(*_CREATE, "payment_method_types")
    amount = params.needed_whole("amount")
    currency = read_currency(params)
    check_charge(amount, currency, param="amount")
    allowed = _allowed_types(call)
    customer = call.named("customer", "customer")
    intent = objects.payment_intent(
        amount=amount,
        currency=currency,
        allowed=allowed,
        capture_method=params.choice("capture_method", _CAPTURE_METHODS) or "automatic",
        confirmation_method=params.choice("confirmation_method", ("automatic", "manual"))
        or "automatic",
        metadata=params.metadata(),
        customer=customer["id"] if customer else None,
        **{name: params.text(name) for name in _TEXTS},
    )
    at_once = params.yes("confirm")
    if at_once and "payment_method" not in params:
        raise _lacks_method()
    method = _chosen_method(call, intent)
    events.announce(call.state, "payment_intent.created", call.state.put(intent))
    return _confirm(call.state, intent, method) if at_once and method else intent


def update(call: Call) -> StripeObject:
    """Change an intent that has not been paid yet."""
    intent = call.subject("payment_intent")
    params = call.params
    params.allow(*_UPDATE)
    if intent["status"] not in _UNPAID and set(params.tree) - {"metadata", "description"}:
        raise _unexpected_state(intent, "updated", _UNPAID)
    amount = params.whole("amount")
    if amount is not None:
        check_charge(amount, intent["currency"], param="amount")
        intent["amount"] = amount
    intent |= {name: params.text(name) for name in _TEXTS if name in params}
    intent["metadata"] = params.metadata(intent["metadata"])
    if "payment_method" in params:
        _chosen_method(call, intent)
    return call.state.put(intent)


def confirm(call: Call) -> StripeObject:
    """Try the intent's card; a decline answers 402 and leaves the intent open."""
    intent = call.subject("payment_intent")
    call.params.allow(*_CONFIRM)
    if intent["status"] == "succeeded":
        raise refused(
            "You cannot confirm this PaymentIntent because it has already succeeded after being "
            "previously confirmed.",
            code="payment_intent_unexpected_state",
            facts={"payment_intent": intent},
        )
    if intent["status"] not in _UNPAID:
        raise _unexpected_state(intent, "confirmed", _UNPAID)
    method = _chosen_method(call, intent)
    if method is None:
        raise _lacks_method({"payment_intent": intent})
    chosen = call.params.choice("capture_method", _CAPTURE_METHODS)
    intent["capture_method"] = chosen or intent["capture_method"]
    return _confirm(call.state, intent, method)


def capture(call: Call) -> StripeObject:
    """Take the money, or a part of it, that a card was held for."""
    intent = call.subject("payment_intent")
    call.params.allow(*_CAPTURE)
    if intent["status"] != "requires_capture":
        raise _unexpected_state(intent, "captured", ("requires_capture",))
    wanted = call.params.whole("amount_to_capture")
    amount = int(intent["amount_capturable"]) if wanted is None else wanted
    if amount < 1 or amount > intent["amount_capturable"]:
        raise refused(
            "The requested capture amount is greater than the amount you can capture for this "
            "charge.",
            code="amount_too_large" if amount > 0 else "amount_too_small",
            param="amount_to_capture",
            facts={"payment_intent": intent},
        )
    intent["metadata"] = call.params.metadata(intent["metadata"])
    charges.capture(call.state, intent, amount)
    return intent


def cancel(call: Call) -> StripeObject:
    """End an intent for good; nothing can be taken on it any more."""
    intent = call.subject("payment_intent")
    call.params.allow("cancellation_reason")
    reason = call.params.choice("cancellation_reason", _REASONS)
    if intent["status"] not in _CANCELLABLE:
        raise refused(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(_CANCELLABLE)}.",
            code="payment_intent_unexpected_state",
            facts={"payment_intent": intent},
        )
    if checkout.is_open_for(call.state, intent):
        raise refused(
            "You cannot cancel this PaymentIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.",
            code="payment_intent_unexpected_state",
            facts={"payment_intent": intent},
        )
    return charges.cancel(call.state, intent, reason=reason)


def _confirm(state: State, intent: StripeObject, method: StripeObject) -> StripeObject:
    charges.attempt(state, intent, method, _verdict(state, method))
    if intent["last_payment_error"]:
        raise declined(intent)
    return intent


def _verdict(state: State, method: StripeObject) -> Verdict:
    queued = outcomes.take(state, outcomes.BANK)
    return queued.verdict() if queued else objects.card_of(method).verdict


def _allowed_types(call: Call) -> list[str] | None:
    """Return the kinds of cards that the request restricts itself to, None if it does not."""
    name = "allowed_payment_method_types"
    if "payment_method_types" in call.params:
        if call.version >= _WITHOUT_METHOD_TYPES:
            raise invalid(
                "The payment_method_types parameter is no longer supported in this API version. "
                f"Use {name} or dynamic payment methods instead.",
                param="payment_method_types",
                code="payment_method_types_no_longer_supported",
            )
        name = "payment_method_types"
    chosen = call.params.texts(name)
    for kind in chosen:
        if kind not in _METHOD_TYPES:
            raise invalid(
                f"The payment method type provided: {kind} is invalid. Please ensure the provided "
                "type is activated in your dashboard.",
                param=name,
            )
    if chosen and "automatic_payment_methods" in call.params:
        raise invalid(
            f"You may only specify one of these parameters: automatic_payment_methods, {name}.",
            code="parameters_exclusive",
        )
    return chosen or None


def _chosen_method(call: Call, intent: StripeObject) -> StripeObject | None:
    """Return the card that the request or the intent names, and note it on the intent."""
    name = call.params.text("payment_method") or intent["payment_method"]
    if not name:
        return None
    card = CARDS_BY_TOKEN.get(name)
    # a token stands for a new card each time, as on Stripe
    method = (
        objects.payment_method(card, kind="card")
        if card
        else call.state.get("payment_method", name)
    )
    if method is None:
        raise not_found("PaymentMethod", name, param="payment_method", status=400)
    if method["type"] not in intent["payment_method_types"]:
        raise _method_not_allowed(intent)
    call.state.put(method)
    intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    return method


def _method_not_allowed(intent: StripeObject) -> StripeRefusal:
    allowed = ", ".join(intent["payment_method_types"])
    return invalid(
        "The PaymentMethod provided (card) is not allowed for this PaymentIntent. Please attach a "
        f"payment method of one of the following types: {allowed}.",
        param="payment_method",
    )


def _lacks_method(facts: StripeObject | None = None) -> StripeRefusal:
    return refused(
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
        "either update the PaymentIntent with a payment method and then confirm it again, or "
        "confirm it again directly with a payment method or ConfirmationToken.",
        code="payment_intent_unexpected_state",
        facts=facts,
    )


def _unexpected_state(intent: StripeObject, verb: str, wanted: tuple[str, ...]) -> StripeRefusal:
    return refused(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}. "
        "Only a PaymentIntent with one of the following statuses may be "
        f"{verb}: {', '.join(wanted)}.",
        code="payment_intent_unexpected_state",
        facts={"payment_intent": intent},
    )

"""Taking money: what an attempt, its approval, its decline and its capture change.

Each verb changes the intent, its charge and the balance together and announces what happened,
in the order in which Stripe does.
"""

from stripe_stand_in import clock, events, objects
from stripe_stand_in.cards import Approve, Decline, Pending, Verdict
from stripe_stand_in.errors import StripeObject, card_error
from stripe_stand_in.state import State

# Fees like those of a European account: 1.4 % and a fixed part, in smallest units.
_FEE_PER_MILLE = 14
_FEE_FIXED = 25

SETTLE = "settle"
"""The appointment at which a pending charge gets its answer: yes, or the decline that is named."""


def attempt(
    state: State,
    intent: StripeObject,
    method: StripeObject,
    verdict: Verdict,
    *,
    reader: StripeObject | None = None,
) -> StripeObject:
    """Try to take an intent's money with a card; return the charge that came of it."""
    charge = objects.charge(intent, method, reader=reader)
    intent |= {"latest_charge": charge["id"], "payment_method": method["id"]}
    intent["last_payment_error"] = None
    match verdict:
        case Approve():
            _approve(state, intent, charge)
        case Decline():
            _decline(state, intent, charge, method, verdict)
        case Pending():
            _leave_pending(state, intent, charge, verdict)
    return charge


def settle(state: State, intent: StripeObject, verdict: Approve | Decline) -> StripeObject:
    """Give a pending charge its answer; return the charge."""
    charge = _latest(state, intent)
    state.unschedule(SETTLE, intent["id"])
    if isinstance(verdict, Approve):
        _approve(state, intent, charge)
    else:
        method = state.get("payment_method", charge["payment_method"]) or {}
        _decline(state, intent, charge, method, verdict)
    return charge


def capture(state: State, intent: StripeObject, amount: int) -> None:
    """Take the money that a card was held for; what is left of the hold is let go."""
    charge = _latest(state, intent)
    intent |= {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    _take(state, charge, amount)
    events.announce(state, "charge.captured", state.put(charge))
    events.announce(state, "payment_intent.succeeded", state.put(intent))


def cancel(state: State, intent: StripeObject, *, reason: str | None) -> StripeObject:
    """End an intent that has not taken money."""
    if intent["status"] == "requires_capture":
        _let_go(state, intent)
    intent |= {
        "status": "canceled",
        "canceled_at": clock.stamp(),
        "cancellation_reason": reason,
    }
    events.announce(state, "payment_intent.canceled", state.put(intent))
    return intent


def dispute(state: State, charge: StripeObject, *, reason: str) -> StripeObject:
    """Let the cardholder object to a charge."""
    charge["disputed"] = True
    state.put(charge)
    found = state.put(objects.dispute(charge, reason=reason))
    events.announce(state, "charge.dispute.created", found)
    return found


def _latest(state: State, intent: StripeObject) -> StripeObject:
    charge = state.get("charge", intent["latest_charge"])
    if charge is None:
        raise LookupError(f"{intent['id']} has lost its charge")
    return charge


def _let_go(state: State, intent: StripeObject) -> None:
    """Release the hold of an intent that is cancelled before its capture."""
    charge = _latest(state, intent)
    before = {"amount_refunded": 0, "refunded": False}
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    intent["amount_capturable"] = 0
    events.announce(state, "charge.refunded", state.put(charge), before=before)


def _approve(state: State, intent: StripeObject, charge: StripeObject) -> None:
    charge |= {
        "status": "succeeded",
        "paid": True,
        "outcome": objects.outcome(
            network="approved_by_network",
            kind="authorized",
            reason=None,
            message="Payment complete.",
        ),
    }
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        news = "payment_intent.amount_capturable_updated"
    else:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        news = "payment_intent.succeeded"
        _take(state, charge, intent["amount"])
    events.announce(state, "charge.succeeded", state.put(charge))
    events.announce(state, news, state.put(intent))
    method = state.get("payment_method", charge["payment_method"])
    if method and objects.card_of(method).disputed:
        dispute(state, charge, reason="fraudulent")


def _decline(
    state: State,
    intent: StripeObject,
    charge: StripeObject,
    method: StripeObject,
    decline: Decline,
) -> None:
    charge |= {
        "status": "failed",
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": objects.outcome(
            network="declined_by_network",
            kind="issuer_declined",
            reason=decline.decline_code or decline.code,
            message="The bank did not return any further details with this decline.",
        ),
    }
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": card_error(decline, charge=charge["id"], method=method),
    }
    events.announce(state, "charge.failed", state.put(charge))
    events.announce(state, "payment_intent.payment_failed", state.put(intent))


def _leave_pending(
    state: State, intent: StripeObject, charge: StripeObject, pending: Pending
) -> None:
    intent["status"] = "processing"
    events.announce(state, "charge.pending", state.put(charge))
    events.announce(state, "payment_intent.processing", state.put(intent))
    if pending.settle_s is not None:
        answer = pending.then.name if isinstance(pending.then, Decline) else ""
        state.schedule(SETTLE, intent["id"], after_s=pending.settle_s, detail=answer)


def _take(state: State, charge: StripeObject, amount: int) -> None:
    fee = amount * _FEE_PER_MILLE // 1000 + _FEE_FIXED
    line = objects.balance_transaction(charge, amount=amount, fee=fee, kind="charge")
    charge |= {
        "captured": True,
        "amount_captured": amount,
        "balance_transaction": state.put(line)["id"],
    }

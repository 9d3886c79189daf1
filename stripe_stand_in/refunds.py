"""Giving money back, in full or in parts, never more than was taken."""

from stripe_stand_in import events, objects, outcomes
from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject, StripeRefusal, invalid, missing_parameter, refused
from stripe_stand_in.money import shown
from stripe_stand_in.state import State

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_FINAL = ("succeeded", "failed")

SETTLE = "settle_refund"
"""The appointment at which a pending refund becomes what its detail says."""


def create(call: Call) -> StripeObject:
    """Refund a charge, named itself or by its intent; without an amount all that is left."""
    params = call.params
    params.allow("amount", "charge", "metadata", "payment_intent", "reason")
    charge = _charge_to_refund(call)
    reason = params.choice("reason", _REASONS)
    left = int(charge["amount_captured"] - charge["amount_refunded"])
    amount = _amount_to_refund(charge, params.whole("amount"), left)
    refund = objects.refund(charge, amount=amount, reason=reason, metadata=params.metadata())
    queued = outcomes.take(call.state, outcomes.REFUND)
    refund["status"] = "pending" if queued else "succeeded"
    if not queued:
        _book(call.state, refund, charge)
    events.announce(call.state, "refund.created", call.state.put(refund))
    _count(call.state, charge, amount)
    if queued:
        _schedule(call.state, refund, queued)
    return refund


def settle(state: State, refund: StripeObject, status: str) -> StripeObject:
    """Let a pending refund succeed or fail, or one that succeeded fail later: its amount is free
    again, and back in the balance.
    """
    charge = state.get("charge", refund["charge"])
    before = refund["status"]
    is_due = before == "pending" or (before, status) == ("succeeded", "failed")
    if charge is None or not is_due or status not in _FINAL:
        raise invalid(f"{refund['id']} cannot become {status}.")
    state.unschedule(SETTLE, refund["id"])
    refund["status"] = status
    if status == "succeeded":
        _book(state, refund, charge)
        state.put(charge)
    else:
        refund["failure_reason"] = "lost_or_stolen_card"
        _count(state, charge, -refund["amount"])
        events.announce(state, "refund.failed", state.put(refund))
    events.announce(state, "refund.updated", state.put(refund))
    return refund


def _schedule(state: State, refund: StripeObject, queued: outcomes.Outcome) -> None:
    failing = queued.outcome == "refund_failed"
    if failing or queued.settle_s is not None:
        status = "failed" if failing else "succeeded"
        state.schedule(SETTLE, refund["id"], after_s=queued.settle_s or 0, detail=status)


def _charge_to_refund(call: Call) -> StripeObject:
    intent = call.named("payment_intent", "payment_intent")
    charge = call.named("charge", "charge")
    if intent:
        charge = call.state.find(intent["latest_charge"] or "")
        if charge is None or not charge["captured"]:
            raise refused(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                code=None,
                param="payment_intent",
            )
    if charge is None:
        raise missing_parameter("charge")
    if not charge["captured"]:
        raise refused(f"Charge {charge['id']} has not been captured.", code="charge_not_refundable")
    if charge["disputed"]:
        raise refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    return charge


def _amount_to_refund(charge: StripeObject, wanted: int | None, left: int) -> int:
    if left == 0:
        raise refused(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = left if wanted is None else wanted
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise _too_much(amount, left, charge["currency"])
    return amount


def _too_much(amount: int, left: int, currency: str) -> StripeRefusal:
    return refused(
        f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on charge "
        f"({shown(left, currency)})",
        code=None,
        param="amount",
    )


def _count(state: State, charge: StripeObject, amount: int) -> None:
    before = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    state.put(charge)
    if amount > 0:
        events.announce(state, "charge.refunded", charge, before=before)


def _book(state: State, refund: StripeObject, charge: StripeObject) -> None:
    line = objects.balance_transaction(
        {**refund, "description": f"Refund of {charge['id']}"},
        amount=-refund["amount"],
        fee=0,
        kind="refund",
    )
    refund["balance_transaction"] = state.put(line)["id"]

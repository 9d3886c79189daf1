"""Refusals in Stripe's shape: `{"error": {type, code, message, param, …}}` with a status.

Stripe keeps the answer of a request under its idempotency key as soon as the endpoint has begun
to work, whether it succeeded or not; a request that was turned away before (bad parameters, no
key, too many requests) may be sent again under the same key. `kept` tells the two apart.
"""

from typing import Any

from stripe_stand_in.cards import Decline

StripeObject = dict[str, Any]
"""One object as it travels: the keys and values of Stripe's JSON."""

_DOCUMENTATION = "https://stripe.com/docs/error-codes/"


class StripeRefusal(Exception):
    """A request that Stripe would refuse, with everything its answer says."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
        facts: StripeObject | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.error: StripeObject = {"message": message, "type": kind, **(facts or {})}
        if code:
            self.error |= {"code": code, "doc_url": _DOCUMENTATION + code.replace("_", "-")}
        if param:
            self.error["param"] = param

    def body(self) -> StripeObject:
        """Return the JSON of the answer."""
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeRefusal:
    """Refuse a parameter that cannot be understood or is not allowed."""
    return StripeRefusal(400, message, param=param, code=code)


def missing_parameter(name: str) -> StripeRefusal:
    """Refuse a request that lacks something it needs."""
    return invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")


def not_found(kind: str, object_id: str, *, param: str, status: int = 404) -> StripeRefusal:
    """Refuse an id that names nothing: 404 in the path, 400 in a parameter."""
    return StripeRefusal(
        status, f"No such {kind}: '{object_id}'", code="resource_missing", param=param
    )


def refused(
    message: str, *, code: str | None, param: str | None = None, facts: StripeObject | None = None
) -> StripeRefusal:
    """Refuse because of the state that things are in; Stripe keeps such an answer."""
    return StripeRefusal(400, message, code=code, param=param, kept=True, facts=facts)


def card_error(decline: Decline, *, charge: str, method: StripeObject) -> StripeObject:
    """Return what a declined card leaves behind as `last_payment_error` and in the answer."""
    error = StripeRefusal(402, decline.message, kind="card_error", code=decline.code).error
    error |= {"charge": charge, "payment_method": method}
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    return error


def declined(intent: StripeObject) -> StripeRefusal:
    """Answer 402 for an intent whose last attempt was declined."""
    facts = {**intent["last_payment_error"], "payment_intent": intent}
    refusal = StripeRefusal(402, str(facts["message"]), kind="card_error", kept=True, facts=facts)
    refusal.error["code"] = facts["code"]
    return refusal

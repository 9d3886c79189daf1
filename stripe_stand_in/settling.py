"""What happens later: answers of banks and customers that are due, and who must hear of them."""

from collections.abc import Callable

from stripe_stand_in import charges, checkout, readers, refunds
from stripe_stand_in.cards import Approve, Decline, decline_for
from stripe_stand_in.errors import StripeObject, invalid
from stripe_stand_in.state import Appointment, State


def settle_payment(state: State, intent: StripeObject, verdict: Approve | Decline) -> StripeObject:
    """Let a bank answer that has kept an intent waiting; tell the reader or the session."""
    if intent["status"] != "processing":
        raise invalid(f"{intent['id']} is not processing.")
    charges.settle(state, intent, verdict)
    readers.finish(state, intent)
    checkout.finish(state, intent)
    return intent


def keep(state: State, appointment: Appointment) -> None:
    """Do what was to happen at this time, and strike it from the agenda."""
    state.unschedule(appointment.kind, appointment.subject)
    _KEEPERS[appointment.kind](state, appointment)


def _settle_payment(state: State, appointment: Appointment) -> None:
    intent = state.get("payment_intent", appointment.subject)
    if intent:
        verdict = decline_for(appointment.detail) if appointment.detail else Approve()
        settle_payment(state, intent, verdict)


def _settle_refund(state: State, appointment: Appointment) -> None:
    refund = state.get("refund", appointment.subject)
    if refund:
        refunds.settle(state, refund, appointment.detail)


def _present_card(state: State, appointment: Appointment) -> None:
    readers.customer_comes(state, appointment.subject)


def _expire_session(state: State, appointment: Appointment) -> None:
    checkout.run_out(state, appointment.subject)


_KEEPERS: dict[str, Callable[[State, Appointment], None]] = {
    charges.SETTLE: _settle_payment,
    refunds.SETTLE: _settle_refund,
    readers.PRESENT: _present_card,
    checkout.EXPIRE: _expire_session,
}

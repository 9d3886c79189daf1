"""Card readers: a simulated one, to which a customer presents a card after a while.

On Stripe a simulated reader waits until `present_payment_method` is called. Here a good card comes
by itself after `delay_s`, so that a demo goes on by itself and still shows the waiting; the
control desk switches that off, takes a reader offline, or lets the next card fail.
"""

from dataclasses import asdict, dataclass
from typing import Any

from stripe_stand_in import charges, clock, events, objects, outcomes
from stripe_stand_in.calls import Call
from stripe_stand_in.cards import CARDS_BY_NUMBER, GOOD_CARD, Card, Verdict
from stripe_stand_in.errors import StripeObject, StripeRefusal, invalid, missing_parameter, refused
from stripe_stand_in.ids import new_id
from stripe_stand_in.state import State

PRESENT = "present_card"
"""The appointment at which a customer presents a card to a reader."""

_SETTING = "readers"
_SIMULATED = {"simulated-s700": "simulated_stripe_s700", "simulated-wpe": "simulated_wisepos_e"}
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_KINDS = ("card_present", "card", "interac_present")


@dataclass(frozen=True)
class Habits:
    """What customers do at the readers: whether they come by themselves, and after how long."""

    auto_present: bool = True
    delay_s: float = 1.5


def habits(state: State) -> Habits:
    """Return what customers do at present."""
    return Habits(**state.setting(_SETTING, {}))


def change_habits(state: State, changes: dict[str, Any]) -> Habits:
    """Change some habits; an unknown one is a TypeError."""
    changed = Habits(**{**asdict(habits(state)), **changes})
    state.change_setting(_SETTING, asdict(changed))
    return changed


def create_location(call: Call) -> StripeObject:
    """Register a place at which readers stand."""
    params = call.params
    params.allow("address", "display_name", "metadata", "phone")
    address = params.group("address")
    address.allow(*_ADDRESS)
    address.needed_text("country")
    return call.state.put(
        {
            "id": new_id("tml"),
            "object": "terminal.location",
            "address": {name: address.text(name) for name in _ADDRESS},
            "display_name": params.needed_text("display_name"),
            "livemode": False,
            "metadata": params.metadata(),
        }
    )


def create(call: Call) -> StripeObject:
    """Register a reader; any registration code gives a simulated one."""
    params = call.params
    params.allow("label", "location", "metadata", "registration_code")
    code = params.needed_text("registration_code")
    location = call.named("terminal.location", "location")
    reader_id = new_id("tmr")
    return call.state.put(
        {
            "id": reader_id,
            "object": "terminal.reader",
            "action": None,
            "device_sw_version": "2.42.0.0",
            "device_type": _SIMULATED.get(code, "simulated_wisepos_e"),
            "ip_address": "127.0.0.1",
            "label": params.text("label") or code,
            "last_seen_at": clock.stamp(),
            "livemode": False,
            "location": location["id"] if location else None,
            "metadata": params.metadata(),
            "serial_number": f"SIMULATOR-{reader_id[-8:].upper()}",
            "status": "online",
        }
    )


def update(call: Call) -> StripeObject:
    """Give a reader another name."""
    reader = call.subject("terminal.reader")
    params = call.params
    params.allow("label", "metadata")
    if "label" in params:
        reader["label"] = params.text("label") or reader["serial_number"]
    reader["metadata"] = {**reader["metadata"], **params.metadata()}
    return call.state.put(reader)


def delete(call: Call) -> StripeObject:
    """Take a reader out of the account."""
    reader = call.subject("terminal.reader")
    call.params.allow()
    call.state.remove(reader["id"])
    return {"id": reader["id"], "object": "terminal.reader", "deleted": True}


def process(call: Call) -> StripeObject:
    """Ask the customer for a card; the answer comes before the card does."""
    reader = call.subject("terminal.reader")
    params = call.params
    params.allow("payment_intent", "process_config")
    intent = call.named("payment_intent", "payment_intent")
    if intent is None:
        raise missing_parameter("payment_intent")
    check_online(reader)
    # The same intent may be sent again, for instance with another amount; it replaces itself.
    if _intent_id(reader) != intent["id"] or _authorising(intent):
        check_idle(reader)
    _check_processable(intent)
    reader["action"] = new_action(
        "process_payment_intent",
        {"payment_intent": intent["id"], "process_config": _config(call)},
    )
    custom = habits(call.state)
    if custom.auto_present:
        call.state.schedule(PRESENT, reader["id"], after_s=custom.delay_s)
    return call.state.put(reader)


def cancel_action(call: Call) -> StripeObject:
    """Take the request off the reader's screen, unless the bank is being asked already."""
    reader = call.subject("terminal.reader")
    call.params.allow()
    intent = call.state.find(_intent_id(reader) or "")
    if intent and _authorising(intent):
        check_idle(reader)
    call.state.unschedule(PRESENT, reader["id"])
    reader["action"] = None
    return call.state.put(reader)


def present_payment_method(call: Call) -> StripeObject:
    """Present a card now, as Stripe's test helper does; its number decides what the bank says."""
    reader = call.subject("terminal.reader")
    params = call.params
    params.allow("amount_tip", "card", "card_present", "interac_present", "type")
    kind = params.choice("type", _KINDS, "card_present") or "card_present"
    number = params.group(kind).text("number") or GOOD_CARD.number
    card = CARDS_BY_NUMBER.get(number)
    if card is None:
        raise invalid(f"Invalid test card number: {number}", param=f"{kind}[number]")
    if not _in_progress(reader) or _intent_id(reader) is None:
        raise refused(
            "Reader does not have an action in progress that takes a payment method.", code=None
        )
    present(call.state, reader, card, card.verdict)
    return call.subject("terminal.reader")


def customer_comes(state: State, reader_id: str) -> None:
    """Let the customer at a reader do what was queued for them, else pay with a good card."""
    reader = state.get("terminal.reader", reader_id)
    if reader is None or not _in_progress(reader):
        return
    queued = outcomes.take(state, outcomes.AT_READER)
    if queued is None:
        present(state, reader, GOOD_CARD, GOOD_CARD.verdict)
    elif queued.outcome == "customer_canceled":
        fail(state, reader, "customer_canceled", "The customer canceled the payment.")
    elif queued.outcome == "connection_error":
        _lose_connection(state, reader)
    elif queued.outcome != "timeout":
        present(state, reader, GOOD_CARD, queued.verdict())


def present(state: State, reader: StripeObject, card: Card, verdict: Verdict) -> None:
    """Ask the bank about a card at a reader, and tell the reader what it said."""
    intent = _ask_bank(state, reader, card, verdict)
    if intent:
        finish(state, intent)


def finish(state: State, intent: StripeObject) -> None:
    """End the action of the reader at which an intent was paid, once the bank has answered."""
    charge: StripeObject = state.find(intent["latest_charge"]) or {"payment_method_details": {}}
    details = charge["payment_method_details"].get("card_present") or {"reader": ""}
    reader = state.get("terminal.reader", details["reader"])
    if reader is None or not _in_progress(reader) or _intent_id(reader) != intent["id"]:
        return
    error = intent["last_payment_error"]
    if error:
        fail(state, reader, error["code"], error["message"], error)
    elif not _authorising(intent):
        reader["action"]["status"] = "succeeded"
        events.announce(state, "terminal.reader.action_succeeded", state.put(reader))


def check_online(reader: StripeObject) -> None:
    """Refuse to ask a reader that cannot hear."""
    if reader["status"] == "offline":
        raise offline()


def check_idle(reader: StripeObject) -> None:
    """Refuse to ask a reader that already does something."""
    if _in_progress(reader):
        raise refused(
            "Reader is currently busy processing another request.", code="terminal_reader_busy"
        )


def offline() -> StripeRefusal:
    """Refuse as a reader that is switched off makes Stripe refuse."""
    return refused(
        "Reader is currently offline, please ensure the reader is powered on and connected to the "
        "internet before retrying your request.",
        code="terminal_reader_offline",
    )


def timed_out() -> StripeRefusal:
    """Refuse as a reader that does not acknowledge makes Stripe refuse; it may still have heard."""
    return refused(
        "There was a timeout when sending this command to the reader.",
        code="terminal_reader_timeout",
    )


def _check_processable(intent: StripeObject) -> None:
    if intent["status"] != "requires_payment_method":
        raise refused(
            "Payment intent must be in the requires_payment_method state to be processed by the "
            "reader.",
            code="intent_invalid_state",
        )
    if "card_present" not in intent["payment_method_types"]:
        raise refused(
            "The payment intent's payment_method_types must include card_present to be processed "
            "by a reader.",
            code="payment_intent_invalid_parameter",
            param="payment_intent",
        )


def _config(call: Call) -> StripeObject:
    config = call.params.group("process_config")
    return {
        "enable_customer_cancellation": config.yes("enable_customer_cancellation"),
        "skip_tipping": config.yes("skip_tipping"),
    }


def new_action(kind: str, details: StripeObject) -> StripeObject:
    """Return what a reader has just begun to do."""
    return {
        "api_error": None,
        "failure_code": None,
        "failure_message": None,
        "status": "in_progress",
        "type": kind,
        kind: details,
    }


def _in_progress(reader: StripeObject) -> bool:
    return bool(reader["action"]) and reader["action"]["status"] == "in_progress"


def _authorising(intent: StripeObject) -> bool:
    return bool(intent["status"] == "processing")


def _intent_id(reader: StripeObject) -> str | None:
    details: StripeObject = (reader["action"] or {}).get("process_payment_intent") or {}
    return details.get("payment_intent")


def _ask_bank(
    state: State, reader: StripeObject, card: Card, verdict: Verdict
) -> StripeObject | None:
    """Try a card at a reader; an intent that cannot be paid any more ends the reader's action."""
    state.unschedule(PRESENT, reader["id"])
    intent = state.get("payment_intent", _intent_id(reader) or "")
    if intent is None:
        raise LookupError(f"{reader['id']} waits for an intent that is gone")
    try:
        _check_processable(intent)
    except StripeRefusal as refusal:
        fail(state, reader, str(refusal.error["code"]), str(refusal), refusal.error)
        return None
    method = state.put(objects.payment_method(card, kind="card_present"))
    charges.attempt(state, intent, method, verdict, reader=reader)
    return intent


def _lose_connection(state: State, reader: StripeObject) -> None:
    """Let the bank approve without the reader hearing of it: only the intent tells the truth."""
    if _ask_bank(state, reader, GOOD_CARD, GOOD_CARD.verdict):
        fail(state, reader, "connection_error", "The reader lost its connection.")


def fail(
    state: State, reader: StripeObject, code: str, message: str, error: StripeObject | None = None
) -> None:
    """End a reader's action without success; `error` is what the API said, if it was the API."""
    shown = ("type", "code", "message", "decline_code", "doc_url", "param", "charge")
    reader["action"] |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": message,
        "api_error": {name: error[name] for name in shown if name in error} if error else None,
    }
    events.announce(state, "terminal.reader.action_failed", state.put(reader))

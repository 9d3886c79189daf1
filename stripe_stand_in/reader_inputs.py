"""Questions on a reader's screen (a signature, a choice, a number), and Stripe's helpers to answer.

Nobody answers by itself here: a test calls `succeed_input_collection` or
`timeout_input_collection`, as it must on Stripe.
"""

from stripe_stand_in import events, readers
from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject, missing_parameter, refused
from stripe_stand_in.forms import Params

_KINDS = ("email", "numeric", "phone", "selection", "signature", "text")
_ANSWERS = {
    "email": "shopper@example.com",
    "numeric": "7",
    "phone": "+4915112345678",
    "text": "Thank you",
    "signature": "file_simulated_signature",
}
_WAITS_FOR = "collect_inputs"


def collect(call: Call) -> StripeObject:
    """Show questions on the reader."""
    reader = call.subject("terminal.reader")
    call.params.allow("inputs", "metadata")
    inputs = [_question(item) for item in call.params.groups("inputs")]
    if not inputs:
        raise missing_parameter("inputs")
    readers.check_online(reader)
    readers.check_idle(reader)
    reader["action"] = readers.new_action(
        _WAITS_FOR, {"inputs": inputs, "metadata": call.params.metadata()}
    )
    return call.state.put(reader)


def succeed(call: Call) -> StripeObject:
    """Answer every question; with `skip_non_required_inputs=all` only those that must be."""
    reader = _asking(call)
    call.params.allow("skip_non_required_inputs")
    skip = call.params.choice("skip_non_required_inputs", ("all", "none"), "none") == "all"
    for question in reader["action"][_WAITS_FOR]["inputs"]:
        question["skipped"] = skip and not question["required"]
        if not question["skipped"]:
            _answer(question)
    reader["action"]["status"] = "succeeded"
    events.announce(call.state, "terminal.reader.action_succeeded", call.state.put(reader))
    return reader


def time_out(call: Call) -> StripeObject:
    """Let the customer walk away without an answer."""
    reader = _asking(call)
    call.params.allow()
    readers.fail(call.state, reader, "customer_timed_out", "The customer did not respond in time.")
    return reader


def _asking(call: Call) -> StripeObject:
    reader = call.subject("terminal.reader")
    action = reader["action"] or {}
    if action.get("type") != _WAITS_FOR or action["status"] != "in_progress":
        raise refused("Reader does not have an input collection in progress.", code=None)
    return reader


def _question(params: Params) -> StripeObject:
    params.allow("custom_text", "required", "selection", "toggles", "type")
    kind = params.choice("type", _KINDS)
    if kind is None:
        raise missing_parameter(params.path("type"))
    words = params.group("custom_text")
    question: StripeObject = {
        "custom_text": {
            name: words.text(name)
            for name in ("description", "skip_button", "submit_button", "title")
        },
        "required": params.yes("required"),
        "skipped": False,
        "toggles": [],
        "type": kind,
        kind: {"value": None},
    }
    if kind == "selection":
        question[kind]["choices"] = [
            {
                "id": choice.text("id"),
                "style": choice.text("style"),
                "text": choice.needed_text("text"),
            }
            for choice in params.group("selection").groups("choices")
        ]
    return question


def _answer(question: StripeObject) -> None:
    kind = question["type"]
    if kind == "selection":
        first = question[kind]["choices"][0] if question[kind]["choices"] else {}
        question[kind] |= {"id": first.get("id"), "text": first.get("text")}
    else:
        question[kind]["value"] = _ANSWERS[kind]

"""Checkout sessions: a bill that a customer pays on a page of its own (`/pay/{id}`)."""

from stripe_stand_in import charges, clock, events, objects, outcomes
from stripe_stand_in.calls import Call
from stripe_stand_in.cards import GOOD_CARD, Decline, Verdict
from stripe_stand_in.checkout_forms import read_intent_data, read_line_items, read_session
from stripe_stand_in.errors import StripeObject, refused
from stripe_stand_in.ids import new_id
from stripe_stand_in.lists import line_items_id, line_items_of, paged
from stripe_stand_in.money import check_charge
from stripe_stand_in.state import State

EXPIRE = "expire_session"
"""The appointment at which a session that nobody paid closes."""


def create(call: Call) -> StripeObject:
    """Open a session for some lines; the intent is made when the customer pays."""
    lines = read_line_items(call.params)
    customer = call.named("customer", "customer")
    session_id = new_id("cs_test", 58)
    session = read_session(call.params, lines) | {
        "id": session_id,
        "customer": customer["id"] if customer else None,
        "url": f"{call.base_url}/pay/{session_id}",
    }
    check_charge(session["amount_total"], session["currency"], param="line_items")
    call.state.put(
        {
            "id": line_items_id(session_id),
            "object": "stand_in.checkout_lines",
            "data": lines,
            "intent": read_intent_data(call.params),
        }
    )
    call.state.schedule(EXPIRE, session_id, after_s=session["expires_at"] - clock.now())
    return call.state.put(session)


def show_line_items(call: Call) -> StripeObject:
    """List what a session sells."""
    session = call.subject("checkout.session")
    call.params.allow("ending_before", "limit", "starting_after")
    return paged(call, line_items_of(call.state, session))


def expire(call: Call) -> StripeObject:
    """Close a session that nobody has paid."""
    session = call.subject("checkout.session")
    call.params.allow()
    if session["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}.",
            code=None,
        )
    close(call.state, session)
    return session


def close(state: State, session: StripeObject) -> None:
    """Let an open session end unpaid, and with it the intent of a failed attempt."""
    intent = state.find(session["payment_intent"] or "")
    if intent and intent["status"] == "requires_payment_method":
        charges.cancel(state, intent, reason="automatic")
    session |= {"status": "expired", "url": None}
    state.unschedule(EXPIRE, session["id"])
    events.announce(state, "checkout.session.expired", state.put(session))


def run_out(state: State, session_id: str) -> None:
    """Close a session whose time is up."""
    session = state.get("checkout.session", session_id)
    if session and session["status"] == "open":
        close(state, session)


def pay(state: State, session: StripeObject, verdict: Verdict, *, email: str | None) -> None:
    """Pay an open session with a card; the control desk's next outcome goes before `verdict`.

    A second payment of the same session changes nothing: it is paid once at most.
    """
    intent = _intent_of(state, session) if session["status"] == "open" else None
    if intent is None or intent["status"] != "requires_payment_method":
        return
    queued = outcomes.take(state, outcomes.BANK)
    answer = queued.verdict() if queued else verdict
    method = state.put(objects.payment_method(GOOD_CARD, kind="card", email=email))
    charges.attempt(state, intent, method, answer)
    session["payment_intent"] = intent["id"]
    session["customer_details"] |= {"email": email}
    if isinstance(answer, Decline):
        state.put(session)
        return
    paid = intent["status"] == "succeeded"
    session |= {
        "status": "complete",
        "payment_status": "paid" if paid else "unpaid",
        "url": None,
    }
    state.unschedule(EXPIRE, session["id"])
    events.announce(state, "checkout.session.completed", state.put(session))


def finish(state: State, intent: StripeObject) -> None:
    """Tell the session of an intent how a payment that took its time came out."""
    for session in state.newest_first("checkout.session"):
        if session["payment_intent"] == intent["id"] and session["status"] == "complete":
            paid = intent["status"] == "succeeded"
            session["payment_status"] = "paid" if paid else "unpaid"
            news = "succeeded" if paid else "failed"
            events.announce(state, f"checkout.session.async_payment_{news}", state.put(session))


def is_open_for(state: State, intent: StripeObject) -> bool:
    """Tell whether a customer may still pay this intent on a session's page."""
    return any(
        session["payment_intent"] == intent["id"] and session["status"] == "open"
        for session in state.newest_first("checkout.session")
    )


def _intent_of(state: State, session: StripeObject) -> StripeObject:
    """Return the session's intent, made at its first attempt."""
    intent = state.find(session["payment_intent"] or "")
    if intent:
        return intent
    kept = state.find(line_items_id(session["id"])) or {"intent": {}}
    intent = objects.payment_intent(
        amount=session["amount_total"],
        currency=session["currency"],
        allowed=["card"],
        customer=session["customer"],
        **kept["intent"],
    )
    events.announce(state, "payment_intent.created", state.put(intent))
    return intent

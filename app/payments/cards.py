"""Card payments at a reader: the part that talks to the card service, between transactions.

A started attempt goes: make an intent, note its id, hand it to the reader, and ask until it is
decided. Each step may be taken twice, by two programs, or be cut off: the idempotency keys are
those of the attempt, and what the service says now always wins over what we believed. As long as
an intent was not handed to a reader no money can come of it, so before that a failure is final;
after that only the service's own word ends an attempt.
"""

from contextlib import suppress

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused, Unavailable
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import booking, checkouts, disputes, failures, notices, settling
from app.payments.errors import CardServiceRefused, CardServiceSilent
from app.payments.intents import CANCELED, PROCESSING, SUCCEEDED, WAITING_FOR_CARD, IntentReport
from app.payments.models import Tender
from app.payments.states import LIVE, AttemptState
from app.payments.steps import Looked, apply, doubt, end_unasked, look, waiting
from app.payments.stripe_gate import StripeGate, gate_of

PRESENT = "card.present"
_ENDS = frozenset({SUCCEEDED, CANCELED})


def refresh(database: Database, attempt_id: int) -> AttemptState:
    """Take an attempt one step on, or ask what became of it; returns its state after that.

    The waiting page calls this each second. Never raises for a silent card service: the attempt
    is then unknown, and asking again is harmless.
    """
    attempt = look(database, attempt_id)
    if attempt.state not in LIVE:
        return attempt.state
    if attempt.tender is Tender.ONLINE:
        return checkouts.refresh(database, attempt_id)
    if attempt.intent_id is None:
        return _begin(database, attempt)
    if attempt.state is AttemptState.STARTED:
        return _present(database, gate_of(database), attempt, attempt.intent_id)
    return _ask(database, attempt, attempt.intent_id)


def reconcile(database: Database, actor: Actor, attempt_id: int) -> AttemptState:
    """Ask the card service on a person's word; books what was captured but could not be booked."""
    if not actor.may("payments.reconcile"):
        actor.require("counter.sell")
    before = look(database, attempt_id, actor=actor).state
    state = refresh(database, attempt_id)
    with database.transaction() as session:
        attempt = settling.locked(session, attempt_id)
        if attempt.state is AttemptState.CAPTURED and attempt.entry_id is None:
            booking.book_if_possible(session, actor, attempt)
        audit.record(
            session,
            actor,
            "payment.reconciled",
            subject=settling.subject_of(session, attempt),
            before={"state": before},
            after={"state": attempt.state, "booked": attempt.entry_id is not None},
        )
    return state


def cancel(database: Database, actor: Actor, attempt_id: int) -> AttemptState:
    """Take the payment off the reader and end it. A capture that was faster wins."""
    actor.require("counter.sell")
    attempt = look(database, attempt_id, actor=actor)
    if attempt.state not in LIVE:
        return attempt.state
    if attempt.tender is Tender.ONLINE:
        return checkouts.cancel(database, attempt, actor=actor)
    if attempt.intent_id is None:
        state = end_unasked(database, attempt, failures.CANCELLED_HERE, actor=actor)
        if state not in LIVE:
            return state
        attempt = look(database, attempt_id)  # its intent was made in this very moment
    gate = gate_of(database)
    return _withdraw(database, gate, attempt, failures.CANCELLED_HERE, actor=actor)


def set_aside(database: Database, actor: Actor, attempt_id: int, *, reason: str) -> AttemptState:
    """Give up an attempt that the card service cannot explain, so that its bill can be paid.

    Asks once more first. Should money come of it all the same, it is booked when it comes.
    """
    actor.require("payments.reconcile")
    reason = clean(reason)
    if not reason:
        raise Refused(msg("Say how you know that no money was taken."), field="reason")
    look(database, attempt_id, actor=actor)
    state = refresh(database, attempt_id)
    if state is not AttemptState.UNKNOWN:
        return state
    with database.transaction() as session:
        attempt = settling.locked(session, attempt_id)
        if attempt.state is AttemptState.UNKNOWN:
            settling.move(
                session,
                attempt,
                AttemptState.CANCELLED,
                failure=failures.SET_ASIDE,
                actor=actor,
                reason=reason,
            )
        return attempt.state


def hear(database: Database, attempt_id: int, snapshot: IntentReport | None) -> AttemptState:
    """Something happened to an attempt, says the card service: look what it is now.

    News may come late and in any order, so the present state counts; `snapshot`, what the news
    itself said, only when the service cannot be asked.
    """
    attempt = look(database, attempt_id)
    if attempt.state is AttemptState.CAPTURED:
        return attempt.state
    if attempt.tender is Tender.ONLINE and snapshot is None and attempt.state in LIVE:
        return checkouts.refresh(database, attempt_id)
    if attempt.intent_id is None:
        return attempt.state
    gate = gate_of(database)
    try:
        report = gate.intent(attempt.intent_id)
    except Unavailable:
        if snapshot is None or snapshot.status not in {SUCCEEDED, CANCELED}:
            return attempt.state
        report = snapshot
    return _decide(database, gate, attempt, report)


def deliver(database: Database, payload: dict[str, object]) -> None:
    """The outbox's part: a payment is begun also when the browser that started it is gone."""
    refresh(database, int(str(payload["attempt_id"])))


def _begin(database: Database, attempt: Looked) -> AttemptState:
    """Make the intent and note its id; what fails here has asked no card."""
    try:
        gate = gate_of(database)
        made = gate.create_intent(
            amount=attempt.amount,
            key=attempt.key,
            description=f"{attempt.reference} #{attempt.number}",
            metadata={
                "store": str(attempt.store_id),
                "bill": attempt.reference,
                "attempt": str(attempt.number),
            },
        )
    except CardServiceRefused as refusal:
        return end_unasked(database, attempt, refusal.reason)
    except Unavailable:
        return end_unasked(database, attempt, failures.SERVICE_UNREACHABLE)
    with database.transaction() as session:
        row = settling.locked(session, attempt.id)
        if row.state in LIVE:
            row.intent_id = made.id
        state = row.state
        had_news = notices.apply_waiting(session, made.id, outcome="its attempt came later")
        disputes.note_waiting(session, attempt.id)
    if state not in LIVE:  # cancelled meanwhile; the intent was never shown to anybody
        return state
    known = look(database, attempt.id)
    if had_news:
        return _ask(database, known, made.id)
    return _present(database, gate, known, made.id)


def _present(database: Database, gate: StripeGate, attempt: Looked, intent_id: str) -> AttemptState:
    """Hand the intent to the reader."""
    try:
        gate.present(attempt.reader_id, intent_id, key=f"{attempt.key}-present")
    except CardServiceSilent:
        return doubt(database, attempt)
    except CardServiceRefused as refusal:
        return _withdraw(database, gate, attempt, refusal.reason)
    return waiting(database, attempt)


def _ask(database: Database, attempt: Looked, intent_id: str) -> AttemptState:
    try:
        gate = gate_of(database)
        return _decide(database, gate, attempt, gate.intent(intent_id))
    except Unavailable:
        return doubt(database, attempt)


def _decide(
    database: Database, gate: StripeGate, attempt: Looked, report: IntentReport
) -> AttemptState:
    """What the intent says; if it waits for a card, whether a reader still asks for one."""
    if report.status == attempt.state == PROCESSING:
        return attempt.state
    if attempt.tender is Tender.ONLINE and attempt.state in LIVE and report.status not in _ENDS:
        return waiting(database, attempt)  # on the page another try may follow
    if report.status != WAITING_FOR_CARD or attempt.state not in LIVE:
        return apply(database, gate, attempt, report)
    try:
        reader = gate.reader(attempt.reader_id)
    except Unavailable:
        return doubt(database, attempt)
    if reader.works_on(report.id):
        return waiting(database, attempt)
    its_failure = reader.failure if reader.intent_id == report.id else ""
    failure = report.failure or its_failure or failures.NOT_TAKEN
    return _withdraw(database, gate, attempt, failure)


def _withdraw(
    database: Database,
    gate: StripeGate,
    attempt: Looked,
    failure: str,
    *,
    actor: Actor | None = None,
) -> AttemptState:
    """Make sure that no money can come of it any more, and believe what the service then says."""
    intent_id = attempt.intent_id or ""
    try:
        _clear_reader(gate, attempt.reader_id, intent_id)
        with suppress(CardServiceRefused):
            gate.cancel_intent(intent_id)
        # refused: paid or cancelled already, or the bank is being asked; the intent tells which
        report = gate.intent(intent_id)
    except Unavailable:
        return doubt(database, attempt)
    return apply(database, gate, attempt, report, failure=failure, actor=actor)


def _clear_reader(gate: StripeGate, reader_id: str, intent_id: str) -> None:
    """Take our amount off the screen, and nobody else's. An unreachable reader hinders nothing:
    an intent that is cancelled cannot be paid.
    """
    try:
        if gate.reader(reader_id).works_on(intent_id):
            gate.clear_reader(reader_id)
    except CardServiceRefused:
        return

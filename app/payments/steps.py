"""The steps that every payment by the card service takes, each in a transaction of its own.

Whoever takes a step has asked the service before, outside any transaction.
"""

from dataclasses import dataclass

from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import booking, failures, settling
from app.payments.intents import IntentReport
from app.payments.models import Bill, PaymentAttempt, Tender
from app.payments.states import LIVE, AttemptState
from app.payments.stripe_gate import StripeGate


@dataclass(frozen=True, slots=True)
class Looked:
    """What must be known of an attempt outside a transaction."""

    id: int
    store_id: int
    reference: str
    number: int
    tender: Tender
    amount: Money
    reader_id: str
    state: AttemptState
    intent_id: str | None
    checkout_id: str | None
    source: str

    @property
    def key(self) -> str:
        return idempotency_key(self.store_id, self.reference, self.number)


def idempotency_key(store_id: int, reference: str, number: int) -> str:
    """The same attempt, the same key: Stripe answers a repetition with its first answer."""
    return f"qf-{store_id}-{reference}-{number}"


def apply(
    database: Database,
    gate: StripeGate,
    attempt: Looked,
    report: IntentReport,
    *,
    failure: str = "",
    actor: Actor | None = None,
) -> AttemptState:
    with database.transaction() as session:
        row = settling.locked(session, attempt.id)
        settling.apply(session, row, report, livemode=gate.livemode, failure=failure, actor=actor)
        return row.state


def waiting(database: Database, attempt: Looked) -> AttemptState:
    """The reader asks for the card."""
    if attempt.state is AttemptState.PROCESSING:
        return attempt.state
    with database.transaction() as session:
        row = settling.locked(session, attempt.id)
        if row.state in LIVE:
            settling.move(session, row, AttemptState.PROCESSING)
        return row.state


def doubt(database: Database, attempt: Looked) -> AttemptState:
    if attempt.state is AttemptState.UNKNOWN:
        return attempt.state
    with database.transaction() as session:
        row = settling.locked(session, attempt.id)
        settling.doubt(session, row, failures.SERVICE_SILENT)
        return row.state


def end_unasked(
    database: Database, attempt: Looked, failure: str, *, actor: Actor | None = None
) -> AttemptState:
    """End what was never handed to a reader, unless somebody else has brought it further."""
    with database.transaction() as session:
        row = settling.locked(session, attempt.id)
        if row.state in LIVE and row.intent_id is None and row.checkout_id is None:
            settling.end(session, row, failure, actor=actor)
        return row.state


def look(database: Database, attempt_id: int, *, actor: Actor | None = None) -> Looked:
    """The attempt as the database has it; raises NotFound, also for another store's actor."""
    with database.reading() as session:
        attempt = session.get(PaymentAttempt, attempt_id)
        if attempt is None or (actor is not None and attempt.store_id != actor.store_id):
            raise NotFound(msg("There is no such payment in this store."))
        bill = session.get_one(Bill, attempt.bill_id)
    return Looked(
        id=attempt.id,
        store_id=attempt.store_id,
        reference=bill.reference,
        number=attempt.number,
        tender=attempt.tender,
        amount=booking.amount_of(attempt),
        reader_id=attempt.reader_id,
        state=attempt.state,
        intent_id=attempt.intent_id,
        checkout_id=attempt.checkout_id,
        source=attempt.source,
    )

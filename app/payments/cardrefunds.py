"""Money back through the card service: asked after the commit, booked when the service says so.

The idempotency key is the refund's own, so that asking again, by the outbox or by a person, gives
the same refund and never a second one. The service forgets keys after a day: from then on its own
list is looked through first. What was paid out can still come back, days later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import NotFound, Unavailable
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import booking, refunds
from app.payments.errors import CardServiceRefused
from app.payments.intents import CAME_BACK, RefundReport
from app.payments.models import Bill, PaymentAttempt
from app.payments.refund_models import Refund
from app.payments.states import REFUND_OPEN, RefundState
from app.payments.stripe_gate import gate_of

_GOING = frozenset({"pending", "requires_action"})
# Stripe may forget a key once it is 24 hours old; an hour for clocks apart.
_KEY_HOLDS = timedelta(hours=23)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What must be known of a refund outside a transaction."""

    id: int
    key: str
    amount: Money
    state: RefundState
    started_at: datetime
    intent_id: str | None
    provider_id: str | None

    @property
    def is_undecided(self) -> bool:
        """The service may still have news: of one on its way, and of one that was paid out."""
        went = self.state is RefundState.PAID_OUT and self.provider_id is not None
        return went or self.state in REFUND_OPEN


def deliver(database: Database, payload: dict[str, object]) -> None:
    """The outbox's part. Raises Unavailable while the service is silent: it is asked again."""
    refund_id = int(str(payload["refund_id"]))
    if refresh(database, refund_id) is RefundState.UNKNOWN:
        raise Unavailable(msg("The card service does not answer just now."))


def refresh(database: Database, refund_id: int) -> RefundState:
    """Take a refund one step on, or ask what became of it. Never raises for a silent service."""
    looked = _look(database, refund_id)
    if looked.state not in REFUND_OPEN:
        return looked.state
    return _step(database, looked)


def _step(database: Database, looked: _Looked) -> RefundState:
    try:
        report = _asked(database, looked)
    except CardServiceRefused as refusal:
        return _end(database, looked.id, failure=str(refusal.message))
    except Unavailable:
        return _doubt(database, looked.id)
    return apply(database, looked.id, report)


def reconcile(database: Database, actor: Actor, refund_id: int) -> RefundState:
    """Ask the card service about a refund on a person's word, also about one that was paid out."""
    actor.require("payments.refund")
    with database.reading() as session:
        refunds.by_id(session, actor, refund_id)
    looked = _look(database, refund_id)
    state = _step(database, looked) if looked.is_undecided else looked.state
    with database.transaction() as session:
        refund = _locked(session, refund_id)
        bill = session.get_one(Bill, refund.bill_id)
        audit.record(
            session,
            actor,
            "refund.reconciled",
            subject=refunds.subject_of(bill, refund),
            after={"state": refund.state},
        )
    return state


def apply(database: Database, refund_id: int, report: RefundReport) -> RefundState:
    """Bring a refund to what the card service says; the same report twice is once."""
    with database.transaction() as session:
        refund = _locked(session, refund_id)
        house = booking.card_service(refund.store_id)
        if refund.provider_id is None:
            refund.provider_id = report.id
            session.flush()
        if refund.provider_id != report.id:
            return refund.state
        if refund.state is RefundState.PAID_OUT and report.status in CAME_BACK:
            failure = report.failure or report.status
            refunds.take_back(session, house, refund, failure=failure)
        if refund.state not in REFUND_OPEN:
            return refund.state
        if report.status == "succeeded" and _is_ours(refund, report):
            refunds.pay_out(session, house, refund)
        elif report.status in _GOING:
            refunds.move(session, house, refund, RefundState.PROCESSING)
        elif report.status == "succeeded":
            refunds.move(session, house, refund, RefundState.UNKNOWN, failure="other amount")
        else:
            failure = report.failure or report.status
            refunds.move(session, house, refund, RefundState.FAILED, failure=failure)
        return refund.state


def hear(database: Database, refund_id: int, report: RefundReport) -> RefundState:
    """Something happened to a refund: the present state counts, the news itself only while the
    service cannot be asked.
    """
    looked = _look(database, refund_id)
    if not looked.is_undecided:
        return looked.state
    try:
        present = gate_of(database).refund(report.id)
    except Unavailable:
        present = report
    return apply(database, refund_id, present)


def refund_told(session: Session, report: RefundReport) -> int | None:
    """Which of our refunds a report is about: by the service's id, else by what we wrote on it."""
    known = refunds.by_provider(session, report.id)
    if known is not None:
        return known
    said = report.metadata.get("refund", "")
    if not (said.isascii() and said.isdigit() and len(said) < 18):  # noqa: PLR2004 - a row's id
        return None
    refund = session.get(Refund, int(said))
    if refund is None:
        return None
    paid = session.get_one(PaymentAttempt, refund.attempt_id)
    return refund.id if paid.intent_id == report.intent_id else None


def _asked(database: Database, looked: _Looked) -> RefundReport:
    gate = gate_of(database)
    if looked.provider_id is not None:
        return gate.refund(looked.provider_id)
    if looked.intent_id is None:
        raise CardServiceRefused(msg("The card service knows no payment for this refund."))
    if clock.now() - looked.started_at > _KEY_HOLDS:
        made = [one for one in gate.refunds_of(looked.intent_id) if _names(one, looked.id)]
        if made:
            return made[0]
    return gate.create_refund(
        looked.intent_id, looked.amount, key=looked.key, metadata={"refund": str(looked.id)}
    )


def _names(report: RefundReport, refund_id: int) -> bool:
    return report.metadata.get("refund") == str(refund_id)


def _look(database: Database, refund_id: int) -> _Looked:
    with database.reading() as session:
        refund = session.get(Refund, refund_id)
        if refund is None:
            raise NotFound(msg("There is no such refund in this store."))
        attempt = session.get_one(PaymentAttempt, refund.attempt_id)
        bill = session.get_one(Bill, refund.bill_id)
    return _Looked(
        id=refund.id,
        key=f"qf-{refund.store_id}-{bill.reference}-refund-{refund.number}",
        amount=Money(refund.amount_minor, refund.currency),
        state=refund.state,
        started_at=refund.started_at,
        intent_id=attempt.intent_id,
        provider_id=refund.provider_id,
    )


def _locked(session: Session, refund_id: int) -> Refund:
    """The refund as it is now, with this transaction in the queue of its store's writers."""
    store_id = session.get_one(Refund, refund_id).store_id
    queueing.enter(session, store_id)
    return session.get_one(Refund, refund_id, populate_existing=True)


def _end(database: Database, refund_id: int, *, failure: str) -> RefundState:
    with database.transaction() as session:
        refund = _locked(session, refund_id)
        if refund.state in REFUND_OPEN:
            house = booking.card_service(refund.store_id)
            refunds.move(session, house, refund, RefundState.FAILED, failure=failure)
        return refund.state


def _doubt(database: Database, refund_id: int) -> RefundState:
    with database.transaction() as session:
        refund = _locked(session, refund_id)
        if refund.state in REFUND_OPEN:
            house = booking.card_service(refund.store_id)
            refunds.move(session, house, refund, RefundState.UNKNOWN)
        return refund.state


def _is_ours(refund: Refund, report: RefundReport) -> bool:
    return report.amount == Money(refund.amount_minor, refund.currency)

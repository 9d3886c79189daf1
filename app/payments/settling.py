"""What a report of the card service makes of an attempt: the rules, inside one transaction."""

import structlog
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events, queueing
from app.kernel.actor import Actor
from app.payments import booking, failures
from app.payments.events import PaymentFailed
from app.payments.intents import CANCELED, PROCESSING, SUCCEEDED, IntentReport
from app.payments.models import Bill, PaymentAttempt
from app.payments.states import ATTEMPT_MOVES, FAILED, LIVE, AttemptState

log = structlog.get_logger("payments")


def locked(session: Session, attempt_id: int) -> PaymentAttempt:
    """The attempt as it is now, with this transaction in the queue of its store's writers."""
    store_id = session.get_one(PaymentAttempt, attempt_id).store_id
    queueing.enter(session, store_id)
    return session.get_one(PaymentAttempt, attempt_id, populate_existing=True)


def apply(
    session: Session,
    attempt: PaymentAttempt,
    report: IntentReport,
    *,
    livemode: bool,
    failure: str = "",
    actor: Actor | None = None,
) -> None:
    """Bring a locked attempt to what the card service says; the same report twice is once.

    `failure` says why, where the report does not; `livemode` is ours.
    """
    if attempt.state is AttemptState.CAPTURED:
        return
    if report.status == SUCCEEDED:
        _capture(session, attempt, report, livemode=livemode)
    elif attempt.state not in LIVE:
        return
    elif report.status == CANCELED:
        end(session, attempt, report.failure or failure or failures.NOT_TAKEN, actor=actor)
    elif report.status == PROCESSING:
        move(session, attempt, AttemptState.PROCESSING)
    else:
        doubt(session, attempt, failures.SERVICE_SILENT)


def subject_of(session: Session, attempt: PaymentAttempt) -> str:
    """How the audit names an attempt: `payment:order:1042:2`."""
    return f"payment:{session.get_one(Bill, attempt.bill_id).reference}:{attempt.number}"


def move(
    session: Session,
    attempt: PaymentAttempt,
    to: AttemptState,
    *,
    failure: str = "",
    actor: Actor | None = None,
    reason: str | None = None,
) -> None:
    """Change the state, if it is another one, and say so in the audit."""
    before, by = attempt.state, actor or booking.card_service(attempt.store_id)
    if before is to:
        return
    attempt.state = ATTEMPT_MOVES.check(before, to)
    attempt.failure = failure[:200]
    attempt.settled_at = None if to in LIVE else clock.now()
    session.flush()
    audit.record(
        session,
        by,
        f"payment.{to.value}",
        subject=subject_of(session, attempt),
        before={"state": before},
        after={"state": to, "amount": booking.amount_of(attempt), "failure": failure or None},
        reason=reason,
    )
    if to in FAILED:
        bill = session.get_one(Bill, attempt.bill_id)
        events.announce(session, PaymentFailed(bill.id, bill.reference, bill.store_id, by))


def end(
    session: Session, attempt: PaymentAttempt, failure: str, *, actor: Actor | None = None
) -> None:
    """No money can come of it any more: declined by a bank, or cancelled before any was asked."""
    to = AttemptState.CANCELLED if failure in failures.WITHOUT_BANK else AttemptState.DECLINED
    move(session, attempt, to, failure=failure, actor=actor)


def doubt(session: Session, attempt: PaymentAttempt, failure: str) -> None:
    """Nobody can say what became of it; a person sees it listed until somebody can."""
    if attempt.state in LIVE:
        move(session, attempt, AttemptState.UNKNOWN, failure=failure)
        attempt.failure = failure


def _capture(
    session: Session, attempt: PaymentAttempt, report: IntentReport, *, livemode: bool
) -> None:
    """Money was taken. It counts only if it is ours: amount, currency, test or live."""
    if report.received != booking.amount_of(attempt) or report.livemode != livemode:
        _distrust(session, attempt, report)
        return
    card = report.card
    attempt.card_brand, attempt.card_last4 = card.brand[:32], card.last4[:4]
    attempt.auth_ref, attempt.entry_mode = card.auth_ref[:32], card.entry_mode[:32]
    move(session, attempt, AttemptState.CAPTURED)
    booking.book_if_possible(session, booking.card_service(attempt.store_id), attempt)


def _distrust(session: Session, attempt: PaymentAttempt, report: IntentReport) -> None:
    """Money was taken, but not what was asked for: said once, loudly, and never counted."""
    log.warning("capture is not ours", attempt=attempt.id, intent=report.id)
    if attempt.failure != failures.OTHER_AMOUNT:
        audit.record(
            session,
            booking.card_service(attempt.store_id),
            "payment.distrusted",
            subject=subject_of(session, attempt),
            after={"received": report.received, "asked": booking.amount_of(attempt)},
        )
    doubt(session, attempt, failures.OTHER_AMOUNT)
    attempt.failure = failures.OTHER_AMOUNT

"""Payments that a bank takes back or asks about: noted as the card service tells them."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.payments import booking, notices, settling
from app.payments.card_models import Dispute
from app.payments.intents import DisputeReport
from app.payments.models import Bill, PaymentAttempt

_OVER = frozenset({"won", "lost", "warning_closed"})


def note(session: Session, attempt_id: int, report: DisputeReport) -> Dispute:
    """Keep what was told of a dispute; what is over does not open again by older news."""
    attempt = settling.locked(session, attempt_id)
    row = session.scalar(select(Dispute).where(Dispute.provider_id == report.id))
    if row is not None and row.status in _OVER:
        return row
    before = row.status if row is not None else None
    if row is None:
        row = Dispute(
            store_id=attempt.store_id,
            attempt_id=attempt.id,
            provider_id=report.id,
            reason=report.reason[:64],
            status=report.status[:64],
            amount_minor=report.amount.minor,
            currency=report.amount.currency,
            answer_by=_moment(report.answer_by),
            told_at=clock.now(),
        )
        session.add(row)
    else:
        row.status, row.told_at = report.status[:64], clock.now()
        row.answer_by = _moment(report.answer_by)
    session.flush()
    if before != row.status:
        audit.record(
            session,
            booking.card_service(attempt.store_id),
            "dispute.told",
            subject=settling.subject_of(session, attempt),
            before={"status": before},
            after={"status": row.status, "reason": row.reason, "amount": report.amount},
        )
    return row


def note_waiting(session: Session, attempt_id: int) -> None:
    """Keep what was told of a payment's disputes before the payment was known here."""
    intent_id = session.get_one(PaymentAttempt, attempt_id).intent_id
    if intent_id is None:
        return
    for event, report in notices.waiting_disputes(session, intent_id):
        event.applied, event.outcome = True, f"dispute {note(session, attempt_id, report).status}"


def listed(session: Session, actor: Actor) -> list[tuple[Dispute, PaymentAttempt, Bill]]:
    """The store's disputes, the newest first."""
    actor.require("till.view")
    rows = session.execute(
        select(Dispute, PaymentAttempt, Bill)
        .join(PaymentAttempt, PaymentAttempt.id == Dispute.attempt_id)
        .join(Bill, Bill.id == PaymentAttempt.bill_id)
        .where(Dispute.store_id == actor.store_id)
        .order_by(Dispute.id.desc())
        .limit(100)
    )
    return [(dispute, attempt, bill) for dispute, attempt, bill in rows]


def is_open(dispute: Dispute) -> bool:
    return dispute.status not in _OVER


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None

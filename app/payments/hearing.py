"""What follows from a genuine message of the card service; it is stored when this returns."""

from sqlalchemy import select

from app.kernel.db import Database
from app.payments import cardrefunds, cards, disputes, notices, refunds
from app.payments.models import WebhookEvent
from app.payments.notices import Notice
from app.payments.stripe_gate import gate_of


def take(database: Database, raw: bytes, signature: str) -> bool:
    """Take one event; False while what it is about is not known here yet. The same event again, at
    any time, changes nothing. Raises NotGenuine for what is forged, old, or not for us.
    """
    gate = gate_of(database)
    notices.check_signature(raw, signature, secret=gate.webhook_secret)
    notice = notices.read(raw, livemode=gate.livemode, account=gate.account)
    if _is_done(database, notice):
        return True
    with database.transaction() as session:
        event = notices.keep(session, notice)
        attempt_id = notices.attempt_of(session, notice) if notice.is_telling else None
    if event.applied:
        return True
    outcome = _follow(database, notice, attempt_id)
    if outcome is None:
        return False
    with database.transaction() as session:
        notices.note_applied(session, event.id, outcome=outcome)
        if attempt_id is not None:
            disputes.note_waiting(session, attempt_id)
    return True


def _is_done(database: Database, notice: Notice) -> bool:
    """A repetition is answered without waiting for the writers' queue."""
    done = select(WebhookEvent.applied).where(WebhookEvent.event_id == notice.event_id)
    with database.reading() as session:
        return bool(session.scalar(done))


def _follow(database: Database, notice: Notice, attempt_id: int | None) -> str | None:
    """Do what follows from an event; None while what it is about is not known here yet."""
    if notice.refund is not None:
        with database.reading() as session:
            refund_id = cardrefunds.refund_told(session, notice.refund)
        if refund_id is None:
            return "a refund made elsewhere"
        return cardrefunds.hear(database, refund_id, notice.refund).value
    if attempt_id is None:
        return None
    if notice.dispute is not None:
        with database.transaction() as session:
            return f"dispute {disputes.note(session, attempt_id, notice.dispute).status}"
    if notice.kind == "charge.refunded":
        with database.reading() as session:
            waiting = refunds.open_of_attempt(session, attempt_id)
        for refund_id in waiting:
            cardrefunds.refresh(database, refund_id)
    return cards.hear(database, attempt_id, notice.snapshot).value

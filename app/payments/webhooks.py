"""Where the card service tells us what happened."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.kernel.db import Database
from app.payments import cardrefunds, cards, disputes, notices, refunds
from app.payments.notices import Notice
from app.payments.stripe_gate import gate_of
from app.web.sessions import database_of
from app.web.turns import ReadingTurn

router = APIRouter(tags=["webhooks"])


class Received(BaseModel):
    """`applied` is false while the payment that the event is about is not known here yet."""

    received: bool = True
    applied: bool


@router.post("/webhooks/stripe")
def stripe_event(
    request: Request,
    turn: ReadingTurn,  # noqa: ARG001 - a flood of messages leaves threads for the counter
) -> Received:
    """Take one event of the card service; the answer 200 means that its effect is stored.

    Anything else lets the service send it again: whatever was cut off is then done.
    """
    database = database_of(request)
    gate = gate_of(database)
    raw: bytes = request.state.raw_body
    notices.check_signature(
        raw, request.headers.get("stripe-signature", ""), secret=gate.webhook_secret
    )
    notice = notices.read(raw, livemode=gate.livemode, account=gate.account)
    with database.transaction() as session:
        event = notices.keep(session, notice)
        attempt_id = notices.attempt_of(session, notice) if notice.is_telling else None
    if event.applied:
        return Received(applied=True)
    outcome = _follow(database, notice, attempt_id)
    if outcome is None:
        return Received(applied=False)
    with database.transaction() as session:
        notices.note_applied(session, event.id, outcome=outcome)
    return Received(applied=True)


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

"""Where the card service tells us what happened."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.payments import cards, notices
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
        attempt_id = notices.attempt_of(session, notice.intent_id)
    if event.applied or attempt_id is None:
        return Received(applied=event.applied)
    state = cards.hear(database, attempt_id, notice.snapshot)
    with database.transaction() as session:
        notices.note_applied(session, event.id, outcome=state.value)
    return Received(applied=True)

"""Where the card service tells us what happened."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.payments import hearing
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
    raw: bytes = request.state.raw_body
    signature = request.headers.get("stripe-signature", "")
    return Received(applied=hearing.take(database_of(request), raw, signature))

"""A refund that goes back as credit: onto the gift card that had paid, else to a customer."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.payments import credit, giftcards
from app.payments.models import PaymentAttempt
from app.payments.refund_models import Refund


def give_back(session: Session, actor: Actor, refund: Refund, attempt: PaymentAttempt) -> None:
    """Called by `refunds`, in the refund's transaction."""
    card = giftcards.paid_by(session, attempt)
    if card is None:
        credit.give_back(session, actor, refund, attempt)
    else:
        giftcards.give_back(session, actor, refund, card)

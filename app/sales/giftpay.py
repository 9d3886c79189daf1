"""A sale is paid with a gift card, in whole or in part."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import giftcards
from app.payments.models import PaymentAttempt
from app.sales import checkout, giftlines
from app.sales.models import Order


def pay(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    code: str,
    amount: Money | None = None,
    till_id: int | None = None,
) -> PaymentAttempt | None:
    """Pay with the card of a code: all that is due, or as far as it goes.

    None when nothing is owed at all. What was spent stands in the attempt; its refund goes back
    onto the card.
    """
    actor.require("counter.sell")
    card = giftcards.by_code(session, actor, code)
    giftlines.require_not_loading(order, card)
    placed = checkout.place(session, actor, order, till_id=till_id)
    if placed.bill.total_minor == 0:
        return None
    wanted = giftcards.worth(session, card, placed.due) if amount is None else amount
    return giftcards.spend(session, actor, placed.bill, placed.drawer, card=card, amount=wanted)

"""A sale is paid with a gift card, in whole or in part."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import giftcards, giftledger
from app.payments.gift_card_models import GiftCard
from app.payments.models import PaymentAttempt
from app.sales import checkout, giftlines
from app.sales.models import Order


def worth(session: Session, card: GiftCard, due: Money) -> Money:
    """What a card pays of what is due. Raises Conflict for one that pays nothing."""
    giftcards.require_spendable(session, card)
    left = giftledger.balance(session, card)
    if not left:
        raise Conflict(
            msg("Nothing is left on gift card {card}.", card=giftledger.label(card)), field="code"
        )
    return min(left, due) if left.currency == due.currency else left


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
    wanted = worth(session, card, placed.due) if amount is None else amount
    return giftcards.spend(session, actor, placed.bill, placed.drawer, card=card, amount=wanted)

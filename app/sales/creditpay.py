"""A sale is paid with its customer's store credit."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import credit
from app.payments.models import PaymentAttempt
from app.sales import checkout
from app.sales.models import Order


def value_for(session: Session, order: Order) -> Money | None:
    """What the customer of a sale has as credit that pays today; None for nothing."""
    if order.customer_id is None:
        return None
    return credit.usable(session, order.customer_id, order.currency) or None


def pay(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    amount: Money | None = None,
    till_id: int | None = None,
) -> PaymentAttempt | None:
    """Pay with the customer's credit: all that is due, or as far as it goes.

    None when nothing is owed at all. Raises Conflict where there is no credit.
    """
    actor.require("counter.sell")
    value = value_for(session, order)
    if value is None:
        raise Conflict(msg("The customer of this sale has no credit."))
    placed = checkout.place(session, actor, order, till_id=till_id)
    if placed.bill.total_minor == 0:
        return None
    wanted = min(value, placed.due) if amount is None else amount
    return credit.redeem(session, actor, placed.bill, placed.drawer, wanted)

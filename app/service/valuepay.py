"""A repair is paid with what the store owes already: its customer's credit, or a gift card."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import credit, giftcards
from app.payments.models import PaymentAttempt
from app.service import billing
from app.service.models import Ticket
from app.stores import desk


def credit_for(session: Session, ticket: Ticket) -> Money | None:
    """What whoever is billed has as credit that pays today; None for nothing."""
    if ticket.customer_id is None:
        return None
    currency = desk.store_of(session, ticket.store_id).currency
    return credit.usable(session, ticket.customer_id, currency) or None


def pay_credit(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    till_id: int,
    amount: Money | None = None,
) -> PaymentAttempt:
    """With the customer's credit: all that is due, or as far as it goes. Raises Conflict where
    there is none.
    """
    value = credit_for(session, ticket)
    if value is None:
        raise Conflict(msg("The customer of this repair has no credit."))
    bill, drawer, due = billing.place(session, actor, ticket, till_id)
    wanted = min(value, due) if amount is None else amount
    return credit.redeem(session, actor, bill, drawer, wanted)


def pay_gift_card(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    till_id: int,
    code: str,
    amount: Money | None = None,
) -> PaymentAttempt:
    """With the card of a code, as far as it goes. Raises as `giftcards.by_code` and `worth` do."""
    card = giftcards.by_code(session, actor, code)
    bill, drawer, due = billing.place(session, actor, ticket, till_id)
    wanted = giftcards.worth(session, card, due) if amount is None else amount
    return giftcards.spend(session, actor, bill, drawer, card=card, amount=wanted)

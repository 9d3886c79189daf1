"""A company takes its goods now and pays by the due date: a sale on account, within its limit."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.text import msg
from app.payments import bills, terms
from app.payments.models import Bill
from app.sales import checkout, completion, giftlines, orders, waiting
from app.sales.models import Order


def put(session: Session, actor: Actor, order: Order) -> Bill:
    """Complete the sale: what is not paid of it stands as owed until the due date of the terms.

    Raises LimitExceeded, Refused for a customer without an account, Conflict while it waits for a
    robot or a payment is under way.
    """
    actor.require("counter.sell")
    if order.customer_id is None:
        raise Refused(
            msg("Only a company buys on account. Choose the customer first."), field="customer"
        )
    if order.settled_at is not None:
        raise Conflict(
            msg("Sale {number} is complete already.", number=order.number),
            link=f"/sales/{order.number}",
        )
    if giftlines.of_order(order):
        raise Refused(msg("A gift card is paid at once, and not on account."))
    bill, due = checkout.fix(session, actor, order)
    bills.require_quiet(session, bill)
    if waiting.waits_for_robot(session, order):
        raise Conflict(
            msg("Sale {number} waits for its robot.", number=order.number), link="/sales/pre-orders"
        )
    if not due:
        raise Conflict(msg("Nothing is due on sale {number}.", number=order.number))
    account = terms.require_room(session, bill)
    terms.due_after(session, bill, account.term_days)
    completion.complete(session, actor, order, bill)
    audit.record(
        session,
        actor,
        "order.on_account",
        subject=orders.reference(order),
        after={"open": due, "due_on": bill.due_on},
    )
    return bill

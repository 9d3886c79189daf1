"""Exchange: what the store holds from a return pays for another sale, in one flow.

Until the new sale is paid the value stays with the old one: a basket that comes to nothing loses
nobody's money, and what is left over is given back from there.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import refunds, tenders
from app.payments.models import Bill, PaymentAttempt, Tender, TillSession
from app.sales import checkout, orders, parking
from app.sales.models import Order
from app.sales.return_models import Exchange


def begin(session: Session, actor: Actor, order: Order, *, till_id: int | None) -> Order:
    """A new basket for the same customer that this sale's value can pay for.

    Raises Conflict where nothing is held, or another basket lies open at the till.
    """
    actor.require("payments.refund")
    if not held(session, order):
        raise Conflict(msg("Nothing of sale {number} is left to give back.", number=order.number))
    if till_id is not None:
        parking.require_free_till(session, actor, till_id)
    new = orders.open_order(session, actor, till_id=till_id)
    if order.customer_id is not None:
        orders.set_customer(session, actor, new, order.customer_id)
    exchange = Exchange(from_order_id=order.id, to_order_id=new.id, at=clock.now(), by=actor.name)
    session.add(exchange)
    session.flush()
    set_committed_value(new, "exchange", exchange)
    audit.record(
        session,
        actor,
        "order.exchanged",
        subject=orders.reference(order),
        after={"for": orders.reference(new)},
    )
    return new


def source_of(session: Session, order: Order) -> Order | None:
    """The sale whose value may pay for this one."""
    if "exchange" in vars(order) and order.exchange is None:
        return None
    return session.scalar(
        select(Order)
        .join(Exchange, Exchange.from_order_id == Order.id)
        .where(Exchange.to_order_id == order.id)
    )


def targets_of(session: Session, order: Order) -> list[Order]:
    """The sales for which this one was exchanged, oldest first."""
    return list(
        session.scalars(
            select(Order)
            .join(Exchange, Exchange.to_order_id == Order.id)
            .where(Exchange.from_order_id == order.id)
            .order_by(Exchange.id)
        )
    )


def held(session: Session, order: Order) -> Money:
    """What the store holds of a sale for its customer."""
    bill = orders.bill_of(session, order)
    return refunds.refundable(session, bill) if bill else Money(0, order.currency)


def value_for(session: Session, order: Order) -> Money | None:
    """What another sale's value could pay of this one; None where nothing is exchanged for it."""
    source = source_of(session, order)
    value = held(session, source) if source else None
    return value or None


def pay(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    amount: Money | None = None,
    till_id: int | None = None,
) -> PaymentAttempt | None:
    """Pay with what is held of the other sale: all that is due, or as far as it goes.

    Both sides stand in the till session that takes it. None when nothing is owed at all.
    """
    actor.require("payments.refund")
    source = source_of(session, order)
    bill = orders.bill_of(session, source) if source else None
    if source is None or bill is None:
        raise NotFound(msg("Nothing is exchanged for this sale."))
    value = refunds.refundable(session, bill)
    if not value:
        raise Conflict(msg("Nothing of sale {number} is left to give back.", number=source.number))
    placed = checkout.place(session, actor, order, till_id=till_id)
    if placed.bill.total_minor == 0:
        return None
    if placed.bill.customer_id != bill.customer_id:
        raise Refused(msg("An exchange stays with its customer."), field="customer")
    wanted = min(value, placed.due) if amount is None else amount
    if wanted > value:
        raise Refused(msg("Only {value} are left of the return.", value=value), field="amount")
    _give_up(session, actor, bill, order, wanted, drawer=placed.drawer)
    return tenders.take_value(
        session,
        actor,
        placed.bill,
        placed.drawer,
        tender=Tender.EXCHANGE,
        amount=wanted,
        source=orders.reference(source),
        note=f"S-{source.number}",
    )


def _give_up(
    session: Session,
    actor: Actor,
    bill: Bill,
    order: Order,
    wanted: Money,
    *,
    drawer: TillSession,
) -> None:
    """Take so much off what is held of the first sale, of the newest payment first. Raises Refused
    where only a voucher is left: its value goes back to the authority.
    """
    rest = wanted
    for payment in refunds.returnable(session, bill):
        part = min(payment.left, rest)
        if not part or payment.attempt.tender is Tender.VOUCHER:
            continue
        refunds.start(
            session,
            actor,
            bill,
            payment.attempt,
            part,
            reason=f"exchanged for sale {order.number}",
            till_session=drawer,
            tender=Tender.EXCHANGE,
            note=orders.reference(order),
        )
        rest = rest - part
    if rest:
        raise Refused(
            msg("What an authority pays for goes back to it, not to the buyer."), field="amount"
        )

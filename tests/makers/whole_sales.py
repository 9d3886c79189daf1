"""Sales from the first scan to the signature, in one call."""

from sqlalchemy.orm import Session

from app import wiring
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.payments import tills
from app.robots.models import Unit
from app.sales import basket, checklists, checkout, handovers, orders
from app.sales.models import Order
from tests.makers.sales import Counter


def a_basket(session: Session, counter: Counter, *units: Unit, batteries: int = 0) -> Order:
    """A basket of the counter's customer, at its till, with robots and batteries in it."""
    wiring.connect()
    order = orders.open_order(session, counter.seller, till_id=counter.till.id)
    orders.set_customer(session, counter.seller, order, counter.customer.id)
    for unit in units:
        basket.add_unit(session, counter.seller, order, unit, minutes=30)
    if batteries:
        product = counter.battery
        basket.add_product(session, counter.seller, order, product, quantity=batteries, minutes=30)
    return order


def laid_aside(session: Session, order: Order) -> int:
    """The number of a basket that lies at no till any more, so that another can lie there."""
    order.till_id = None
    session.flush()
    return order.number


def sold(session: Session, counter: Counter, *units: Unit, batteries: int = 0) -> Order:
    """As above, and paid in cash to the cent."""
    order = a_basket(session, counter, *units, batteries=batteries)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    return order


def handed_over(session: Session, counter: Counter, order: Order) -> None:
    """The robots of a paid order go to their owner."""
    checklist = handovers.checklist_for(session, counter.seller, order)
    answers = {f"item-{item.key}": "ok" for item in checklists.items_of(checklist)}
    signed = Signed("A. Lindner")
    handovers.hand_over(session, counter.seller, order, typed=answers, signed=signed)


def sold_and_handed_over(session: Session, counter: Counter, unit: Unit) -> Order:
    """A robot with a battery, paid and signed for; the takings go to the safe."""
    order = sold(session, counter, unit, batteries=1)
    handed_over(session, counter, order)
    drawer = tills.require_open(session, counter.till.id)
    tills.move_cash(session, counter.seller, drawer, Money(-100_000, "EUR"), "to the safe")
    return order

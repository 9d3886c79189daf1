"""Sales that come back: whole, in parts, for something else."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import bills, journal, tills
from app.payments.models import Bill
from app.sales import checkout, moneyback, orders, returns
from app.sales.models import Order
from app.sales.return_models import Condition
from app.sales.returns import Item, TakenIn
from tests.makers.sales import Counter
from tests.makers.whole_sales import a_basket


def bill_of(session: Session, order: Order) -> Bill:
    """The bill of a sale that has one."""
    found = bills.by_reference(session, order.store_id, orders.reference(order))
    assert found is not None
    return found


def a_battery_sale(session: Session, counter: Counter, *, batteries: int = 3) -> Order:
    """Batteries, paid in cash to the cent."""
    order = a_basket(session, counter, batteries=batteries)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    return order


def pieces(position: int = 1, quantity: int = 1, **facts: object) -> Item:
    """Pieces of a line that come back as new."""
    return Item(position, quantity, Condition.AS_NEW, **facts)  # type: ignore[arg-type]


def taken_back(
    session: Session, counter: Counter, order: Order, *items: Item, refund: bool = True
) -> TakenIn:
    """What a manager takes back, and gives the money for at once by the way it came."""
    whole = by_number(session, counter, order)
    chosen: Sequence[Item] = items or [pieces(line.position, line.quantity) for line in whole.lines]
    plan = None
    if refund:
        bill = bill_of(session, whole)
        credited = returns.quote(session, whole, chosen)
        plan = moneyback.suggested(session, bill, moneyback.after_credit(session, bill, credited))
    return returns.take_back(
        session,
        counter.manager,
        whole,
        chosen,
        reason="does not fit",
        plan=plan,
        till_id=counter.till.id,
    )


def by_number(session: Session, counter: Counter, order: Order) -> Order:
    """An order with its lines, as a request finds it."""
    session.expire(order)
    return orders.by_number(session, counter.seller, order.number)


def in_drawer(session: Session, counter: Counter) -> Money:
    """What the till's open drawer holds by the journal."""
    drawer = tills.require_open(session, counter.till.id)
    return journal.cash_in_drawer(session, drawer.id, "EUR")

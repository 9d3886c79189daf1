"""What must always hold of orders."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.payments import standing
from app.payments.models import Bill
from app.payments.standing import UNCOVERED
from app.robots.models import Ownership, Unit
from app.robots.states import UnitState
from app.sales import orders, totals
from app.sales.models import Handover, Inspection, Order, OrderLine, UnitSale
from app.sales.quote_models import PreOrder

_OUT = (UnitState.SOLD, UnitState.HANDED_OVER)


def breaches(session: Session) -> Iterator[str]:
    yield from _bills_equal_orders(session)
    yield from _sold_once(session)
    yield from _sales_match_states(session)
    yield from _handovers_were_allowed(session)


def _bills_equal_orders(session: Session) -> Iterator[str]:
    """An order's total is its lines and tax; it is settled exactly when the journal says that it is
    paid, credited or owed on terms, and it waits for no robot. A cancelled one is over its fee
    (`quote_checks`).
    """
    waiting = set(session.scalars(select(PreOrder.order_id).where(PreOrder.ended_at.is_(None))))
    raised = {(bill.store_id, bill.reference): bill for bill in session.scalars(select(Bill))}
    covers = standing.covers_of(session, [bill.id for bill in raised.values()])
    for order in session.scalars(
        select(Order).where(Order.placed_at.is_not(None)).options(selectinload(Order.lines))
    ):
        bill = raised.get((order.store_id, orders.reference(order)))
        if bill is None:
            yield f"sales: order {order.number} was placed without a bill"
            continue
        cover = covers.get(bill.id, UNCOVERED)
        bound = order.cancelled_at is None and (order.settled_at is not None or cover.paid > 0)
        if bound and totals.of_order(order).gross.minor != bill.total_minor:
            yield f"sales: order {order.number}: lines and tax are not the bill's total"
        if (order.settled_at is not None) != (
            order.cancelled_at is None and cover.all >= bill.total_minor and order.id not in waiting
        ):
            yield f"sales: order {order.number}: settled does not match its payments ({cover.all})"


def _sold_once(session: Session) -> Iterator[str]:
    twice = session.execute(
        select(UnitSale.unit_id, func.count())
        .where(UnitSale.returned_at.is_(None))
        .group_by(UnitSale.unit_id)
        .having(func.count() > 1)
    )
    for unit_id, count in twice:
        yield f"sales: unit {unit_id} has {count} active sales"


def _sales_match_states(session: Session) -> Iterator[str]:
    active = select(UnitSale.unit_id).where(UnitSale.returned_at.is_(None))
    gone = (*_OUT, UnitState.RETIRED)
    for unit in session.scalars(select(Unit).where(Unit.id.in_(active), Unit.state.not_in(gone))):
        yield f"sales: unit {unit.serial} is sold, but its state is {unit.state}"
    # a robot that was sold elsewhere came in with its owner, and never had a sale here
    came_owned = (
        (Unit.state == UnitState.HANDED_OVER)
        & Unit.id.in_(select(Ownership.unit_id).where(Ownership.until.is_(None)))
        & Unit.id.not_in(select(UnitSale.unit_id))
    )
    for unit in session.scalars(
        select(Unit).where(Unit.state.in_(_OUT), Unit.id.not_in(active), ~came_owned)
    ):
        yield f"sales: unit {unit.serial} is {unit.state} without a sale"
    unsold = session.execute(
        select(Order.number, OrderLine.unit_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(
            UnitSale,
            (UnitSale.order_id == Order.id) & (UnitSale.unit_id == OrderLine.unit_id),
        )
        .where(Order.settled_at.is_not(None), OrderLine.unit_id.is_not(None), UnitSale.id.is_(None))
    )
    for number, unit_id in unsold:
        yield f"sales: order {number} is paid, but unit {unit_id} was not sold by it"


def _handovers_were_allowed(session: Session) -> Iterator[str]:
    rows = session.execute(select(Handover, Order).join(Order, Order.id == Handover.order_id))
    for handover, order in rows:
        if order.settled_at is None or order.settled_at > handover.at:
            yield f"sales: order {order.number} was handed over before it was paid"
        if not handover.signer:
            yield f"sales: order {order.number} was handed over without a signature"
    inspected = select(Inspection.unit_id).where(Inspection.passed.is_(True))
    for serial, number in session.execute(
        select(Unit.serial, Order.number)
        .join(UnitSale, UnitSale.unit_id == Unit.id)
        .join(Order, Order.id == UnitSale.order_id)
        .where(Unit.id.not_in(inspected))
    ):
        yield f"sales: {serial} was sold with order {number} without a passed inspection"

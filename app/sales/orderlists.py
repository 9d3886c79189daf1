"""Orders as lists show them; a fixed number of statements each, however long."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.util import identity_key

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import standing
from app.payments.standing import UNCOVERED
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import orders, orderstatus, totals
from app.sales.models import Handover, Order, OrderLine, UnitSale
from app.sales.orderstatus import OrderStatus
from app.sales.return_models import ReturnLine
from app.web import paging


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as lists show it."""

    number: int
    status: OrderStatus
    customer: str
    summary: str
    more: int
    total: Money
    due: Money
    opened_at: datetime
    opened_by: str
    park_label: str


def order_page(session: Session, actor: Actor, *, cursor: str | None) -> paging.Page[OrderRow]:
    """Orders, newest first, 50 at a time."""
    query = (
        select(Order)
        .where(Order.store_id == actor.store_id)
        .options(selectinload(Order.lines))
        .order_by(Order.id.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        query = query.where(Order.id < last_id)
    found = list(session.scalars(query))
    shown = found[: paging.PAGE]
    following = paging.encode(shown[-1].id) if len(found) > paging.PAGE else None
    return paging.Page(rows(session, actor, shown), following)


def rows(session: Session, actor: Actor, found: Sequence[Order]) -> list[OrderRow]:
    """Orders as list rows: customers, bills with their money, and what became of the goods in one
    statement each.
    """
    names = _names(session, {order.customer_id for order in found if order.customer_id})
    raised = standing.covered(session, actor.store_id, [orders.reference(order) for order in found])
    handed, returned = _gone(session, [order.id for order in found if order.settled_at])
    listed = []
    for order in found:
        bill, cover = raised.get(orders.reference(order), (None, UNCOVERED))
        total = totals.of_order(order).gross
        listed.append(
            OrderRow(
                number=order.number,
                status=orderstatus.derive(
                    order,
                    bill=bill,
                    cover=cover,
                    handed_over=order.id in handed,
                    returned=returned,
                ),
                customer=names.get(order.customer_id or 0, ""),
                summary=order.lines[0].description if order.lines else "",
                more=max(len(order.lines) - 1, 0),
                total=total,
                due=totals.left(total, cover.paid + cover.credited),
                opened_at=order.opened_at,
                opened_by=order.opened_by,
                park_label=order.park_label,
            )
        )
    return listed


def _names(session: Session, customer_ids: Collection[int]) -> dict[int, str]:
    """What customers are called; whoever is at hand is not asked for."""
    held = {one: session.identity_map.get(identity_key(Customer, one)) for one in customer_ids}
    names = {one: customer.name for one, customer in held.items() if customer is not None}
    unknown = [one for one in customer_ids if one not in names]
    if unknown:
        rows = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(unknown)))
        names.update((row.id, row.name) for row in rows)
    return names


def _gone(session: Session, order_ids: Collection[int]) -> tuple[set[int], dict[int, int]]:
    """Which orders were handed over, and how many pieces came back of each line."""
    if not order_ids:
        return set(), {}
    rows = session.execute(
        select(Order.id, Handover.id, ReturnLine.order_line_id, func.sum(ReturnLine.quantity))
        .outerjoin(Handover, Handover.order_id == Order.id)
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(ReturnLine, ReturnLine.order_line_id == OrderLine.id)
        .where(Order.id.in_(order_ids))
        .group_by(Order.id, Handover.id, ReturnLine.order_line_id)
    ).all()
    handed = {order_id for order_id, handover_id, _, _ in rows if handover_id}
    returned = {line_id: int(count) for _, _, line_id, count in rows if line_id}
    return handed, returned


def waiting_page(session: Session, actor: Actor) -> paging.Page[OrderRow]:
    return paging.Page(waiting_for_handover(session, actor), None)


def waiting_for_handover(session: Session, actor: Actor) -> list[OrderRow]:
    """Paid orders whose robots still stand here, oldest first."""
    return rows(session, actor, waiting_orders(session, actor))


def waiting_orders(session: Session, actor: Actor) -> list[Order]:
    """Found by the robots: few are sold and not handed over, however many orders there were."""
    here = (
        select(UnitSale.order_id)
        .join(Unit, Unit.id == UnitSale.unit_id)
        .where(
            Unit.store_id == actor.store_id,
            Unit.state == UnitState.SOLD,
            UnitSale.returned_at.is_(None),
        )
    )
    found = session.scalars(
        select(Order)
        .where(Order.store_id == actor.store_id, Order.id.in_(here))
        .options(selectinload(Order.lines))
        .order_by(Order.settled_at, Order.id)
        .limit(20)
    )
    return list(found)


def unhanded() -> Select[int]:
    """Ids of paid orders whose robots still stand here."""
    return (
        select(Order.id)
        .outerjoin(Handover, Handover.order_id == Order.id)
        .where(
            Order.settled_at.is_not(None),
            Handover.id.is_(None),
            Order.id.in_(
                select(OrderLine.order_id).where(
                    OrderLine.unit_id.is_not(None),
                    OrderLine.id.not_in(select(ReturnLine.order_line_id)),
                )
            ),
        )
    )

"""What lists and pages of the counter show; a fixed number of statements each, however long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.parts import stock
from app.payments import bills
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import orders, totals
from app.sales.models import Handover, Order, OrderLine, Product, ProductKind
from app.sales.orders import OrderStatus
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


@dataclass(frozen=True, slots=True)
class LineView:
    """A basket line with what the till needs to show of it."""

    line: OrderLine
    serial: str
    amount: Money
    unit_price: Money
    discount: Money | None
    child: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """A product at the counter: `left` pieces or robots, None where nothing is counted."""

    product: Product
    price: Money
    left: int | None


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
    """Orders as list rows: customers, bills, payments and handovers in one statement each."""
    customer_ids = {order.customer_id for order in found if order.customer_id}
    names = {
        row.id: row.name
        for row in session.execute(
            select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids))
        )
    }
    raised = bills.by_references(
        session, actor.store_id, [orders.reference(order) for order in found]
    )
    paid = bills.paid_of(session, [bill.id for bill in raised.values()])
    handed = set(
        session.scalars(
            select(Handover.order_id).where(Handover.order_id.in_([order.id for order in found]))
        )
    )
    listed = []
    for order in found:
        bill = raised.get(orders.reference(order))
        paid_minor = paid.get(bill.id, 0) if bill else 0
        total = totals.of_order(order).gross
        listed.append(
            OrderRow(
                number=order.number,
                status=orders.derive(
                    order, bill=bill, paid_minor=paid_minor, handed_over=order.id in handed
                ),
                customer=names.get(order.customer_id or 0, ""),
                summary=order.lines[0].description if order.lines else "",
                more=max(len(order.lines) - 1, 0),
                total=total,
                due=Money(max(total.minor - paid_minor, 0), order.currency),
                opened_at=order.opened_at,
                opened_by=order.opened_by,
                park_label=order.park_label,
            )
        )
    return listed


def lines(session: Session, order: Order) -> list[LineView]:
    """An order's lines, those that belong to a robot right under it."""
    ids = [line.unit_id for line in order.lines if line.unit_id]
    serials = {
        row.id: row.serial
        for row in session.execute(select(Unit.id, Unit.serial).where(Unit.id.in_(ids)))
    }
    return [
        LineView(
            line=line,
            serial=serials.get(line.unit_id or 0, ""),
            amount=Money(line.amount_minor, order.currency),
            unit_price=Money(line.unit_price_minor, order.currency),
            discount=Money(line.discount_minor, order.currency) if line.discount_minor else None,
            child=line.for_unit_id is not None,
        )
        for line in _in_groups(order.lines)
    ]


def _in_groups(found: Sequence[OrderLine]) -> list[OrderLine]:
    grouped: list[OrderLine] = []
    for line in found:
        if line.for_unit_id is None:
            grouped.append(line)
            grouped += [other for other in found if other.for_unit_id == line.unit_id is not None]
    return grouped + [line for line in found if line not in grouped]


def tiles(session: Session, products: Sequence[Product]) -> list[Tile]:
    """Products with what is left of each; three statements."""
    free = stock.frees(session, [product.part_id for product in products if product.part_id])
    waiting = _available(session, [product.model_id for product in products if product.model_id])
    return [
        Tile(
            product=product,
            price=Money(product.price_minor, product.currency),
            left=_left(product, free, waiting),
        )
        for product in products
    ]


def _left(product: Product, free: dict[int, int], waiting: dict[int, int]) -> int | None:
    if product.kind is ProductKind.ITEM:
        return max(free.get(product.part_id or 0, 0), 0)
    if product.kind is ProductKind.ROBOT:
        return waiting.get(product.model_id or 0, 0)
    return None


def _available(session: Session, model_ids: Sequence[int]) -> dict[int, int]:
    counted = session.execute(
        select(Unit.model_id, func.count())
        .where(Unit.model_id.in_(model_ids), Unit.state == UnitState.AVAILABLE)
        .group_by(Unit.model_id)
    )
    return {model_id: count for model_id, count in counted}  # noqa: C416 - a Row is no pair to dict()


def available_units(session: Session, actor: Actor, model_id: int) -> list[Unit]:
    """Robots of a model that may be sold, oldest first: what to scan next."""
    return list(
        session.scalars(
            select(Unit)
            .where(
                Unit.store_id == actor.store_id,
                Unit.model_id == model_id,
                Unit.state == UnitState.AVAILABLE,
            )
            .options(selectinload(Unit.model))
            .order_by(Unit.id)
            .limit(20)
        )
    )


def waiting_for_handover(session: Session, actor: Actor) -> list[OrderRow]:
    """Paid orders whose robots still stand here, oldest first."""
    found = list(
        session.scalars(
            select(Order)
            .outerjoin(Handover, Handover.order_id == Order.id)
            .where(
                Order.store_id == actor.store_id,
                Order.settled_at.is_not(None),
                Handover.id.is_(None),
                Order.id.in_(select(OrderLine.order_id).where(OrderLine.unit_id.is_not(None))),
            )
            .options(selectinload(Order.lines))
            .order_by(Order.settled_at)
            .limit(20)
        )
    )
    return rows(session, actor, found)

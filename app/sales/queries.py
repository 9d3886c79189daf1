"""What lists and pages of the counter show; a fixed number of statements each, however long."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.util import identity_key

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.parts import stock
from app.payments import bills, failures, giftview, rounding, standing, tills
from app.payments.documents import DocumentKind
from app.payments.models import Bill, IssuedDocument, PaymentAttempt
from app.payments.standing import UNCOVERED
from app.payments.states import ATTEMPT_LABELS, AttemptState
from app.payments.till_reports import TENDER_LABELS
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import catalogue, creditpay, exchanges, giftlines, orders, orderstatus, totals
from app.sales.models import Category, Handover, Order, OrderLine, Product, ProductKind, UnitSale
from app.sales.orderstatus import OrderStatus
from app.sales.return_models import ReturnLine
from app.web import paging

TABS = (
    (Category.ROBOTS, msg("Robots")),
    (Category.ACCESSORIES, msg("Accessories")),
    (Category.PLANS, msg("Service plans")),
    (Category.PARTS, msg("Spare parts")),
    (Category.SERVICES, msg("Services")),
)
# The invoice of an order, the change that was given, and whether its robots are with the customer.
_FINISHED = (
    select(
        select(func.coalesce(func.sum(PaymentAttempt.change_minor), 0))
        .join(Bill, Bill.id == PaymentAttempt.bill_id)
        .where(
            Bill.store_id == Order.store_id,
            Bill.reference == bindparam("reference"),
            PaymentAttempt.entry_id.is_not(None),
        )
        .scalar_subquery(),
        exists().where(Handover.order_id == Order.id),
        IssuedDocument,
    )
    .select_from(Order)
    .outerjoin(
        IssuedDocument,
        (IssuedDocument.store_id == Order.store_id)
        & (IssuedDocument.reference == bindparam("reference"))
        & (IssuedDocument.kind == DocumentKind.INVOICE),
    )
    .where(Order.id == bindparam("order_id"))
    .order_by(IssuedDocument.id)
    .limit(1)
)
_FAILED = {AttemptState.DECLINED, AttemptState.CANCELLED}


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
                due=_rest(total, cover.paid + cover.credited),
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


def lines(order: Order) -> list[LineView]:
    """An order's lines, those that belong to a robot right under it."""
    return [
        LineView(
            line=line,
            serial=line.unit.serial if line.unit else "",
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


def waiting_page(session: Session, actor: Actor) -> paging.Page[OrderRow]:
    return paging.Page(waiting_for_handover(session, actor), None)


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


def cart(
    session: Session, order: Order | None, *, place: tills.Place, selected: int | None = None
) -> dict[str, Any]:
    """Everything the cart shows; `selected` is the position of the marked line."""
    shown: dict[str, Any] = {
        "order": order,
        "lines": [],
        "customer": None,
        "totals": None,
        "paid": [],
        "failure": None,
        "tender_labels": TENDER_LABELS,
        "due": None,
        "cash_due": None,
        "attempt": None,
        "exchange": None,
        "store_credit": None,
        "locked": False,
        "till": place.till,
        "drawer": place.open_session,
        "selected": selected,
    }
    if order is None:
        return shown
    bill = orders.bill_of(session, order)
    attempts = bills.attempts_of(session, bill) if bill else []
    stands = standing.of(session, bill) if bill else None
    live = next((one for one in attempts if stands and one.id == stands.under_way_id), None)
    paid_minor = stands.paid.minor if stands else 0
    sums = totals.of_order(order)
    if selected is None and order.lines:
        shown["selected"] = max(line.position for line in order.lines)
    return shown | {
        "lines": lines(order),
        "customer": session.get(Customer, order.customer_id) if order.customer_id else None,
        "totals": sums,
        "paid": [attempt for attempt in attempts if attempt.entry_id is not None],
        "failure": _failure(attempts[-1]) if attempts else None,
        "due": _rest(sums.gross, paid_minor),
        "cash_due": cash_due(session, order, _rest(sums.gross, paid_minor)),
        "attempt": live,
        "exchange": exchanges.value_for(session, order),
        "store_credit": creditpay.value_for(session, order),
        "locked": live is not None or paid_minor > 0,
    }


def due(session: Session, order: Order) -> Money:
    """What is left to pay of an order as it is now, whatever its bill was raised over before."""
    bill = orders.bill_of(session, order)
    total = totals.of_order(order).gross
    if bill is None:
        return total
    stands = standing.of(session, bill)
    return _rest(total, (stands.paid + stands.credited).minor)


def cash_due(session: Session, order: Order, due: Money) -> Money:
    """What is handed over in cash for it, in the coins there are."""
    return rounding.to_pay(session, order.store_id, due)


def _rest(total: Money, paid_minor: int) -> Money:
    return Money(max(total.minor - paid_minor, 0), total.currency)


def _failure(last: PaymentAttempt) -> Text | None:
    """Why the last try brought no money, for whoever stands at the till."""
    if last.state not in _FAILED:
        return None
    return failures.told(last.failure) or ATTEMPT_LABELS[last.state]


def counter_page(session: Session, actor: Actor, tab: str) -> dict[str, Any]:
    """What stands around the cart: tabs, tiles, and who comes to fetch a robot."""
    category = Category(tab) if tab in set(Category) else Category.ROBOTS
    return {
        "tab": category,
        "tabs": TABS,
        "tiles": tiles(session, catalogue.in_category(session, actor, category)),
        "pickups": waiting_for_handover(session, actor),
    }


def finished(session: Session, order: Order) -> dict[str, Any] | None:
    """The end of a sale: its invoice, the change, what comes next. None if it is not paid."""
    if order.settled_at is None:
        return None
    change, handed_over, invoice = session.execute(
        _FINISHED, {"reference": orders.reference(order), "order_id": order.id}
    ).one()
    return {
        "number": order.number,
        "total": totals.of_order(order).gross,
        "change": Money(int(change), order.currency) if change else None,
        "invoice": invoice,
        "robots": len(orders.robots_of(order)),
        "handed_over": handed_over,
        "gift_cards": [
            giftview.one(session, card) for _, card in giftlines.cards_of(session, order)
        ],
    }


def undo_of(session: Session, line: OrderLine) -> dict[str, str]:
    """What to scan to put a removed line back: its serial, or its product code and quantity."""
    if line.unit_id is not None:
        code, quantity = session.get_one(Unit, line.unit_id).serial, ""
    else:
        code, quantity = session.get_one(Product, line.product_id).code, str(line.quantity)
    return {"description": line.description, "code": code, "quantity": quantity}


def product_page(
    session: Session, actor: Actor, *, q: str, cursor: str | None
) -> paging.Page[Tile]:
    """Products by name with what is left of each; searched by any part of name or code."""
    if q.strip():
        return paging.Page(tiles(session, catalogue.find(session, actor, q, most=50)), None)
    query = (
        select(Product)
        .where(Product.store_id == actor.store_id, Product.archived.is_(False))
        .order_by(Product.code_key)
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last_key,) = paging.decode(cursor, str)
        query = query.where(Product.code_key > last_key)
    found = list(session.scalars(query))
    shown = found[: paging.PAGE]
    following = paging.encode(shown[-1].code_key) if len(found) > paging.PAGE else None
    return paging.Page(tiles(session, shown), following)

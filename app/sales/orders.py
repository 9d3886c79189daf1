"""Orders: opening, finding, whose they are, cancelling."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.customers import book
from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.db import at_hand
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import reservations
from app.payments import bills, tills
from app.payments.models import Bill
from app.robots import claims
from app.robots.models import Unit
from app.sales import taxing, waiting
from app.sales.errors import OrderLocked
from app.sales.models import Order, OrderLine
from app.sales.return_models import ReturnLine
from app.stores import desk
from app.stores.models import Till

# With all that the rules ask of an order: whose it is, its lines, what each sells.
_WHOLE = (
    joinedload(Order.customer),
    joinedload(Order.exchange),
    joinedload(Order.lines).options(joinedload(OrderLine.product), joinedload(OrderLine.unit)),
)
_BY_ID = (
    select(Order)
    .where(Order.store_id == bindparam("store_id"), Order.id == bindparam("order_id"))
    .options(*_WHOLE)
)
_BY_NUMBER = (
    select(Order)
    .where(Order.store_id == bindparam("store_id"), Order.number == bindparam("number"))
    .options(*_WHOLE)
)
_open = aliased(Order)
_newest_at_till = (
    select(_open.id)
    .where(
        _open.store_id == bindparam("store_id"),
        _open.till_id == bindparam("till_id"),
        _open.settled_at.is_(None),
        _open.cancelled_at.is_(None),
        _open.parked_at.is_(None),
    )
    .order_by(_open.id.desc())
    .limit(1)
    .scalar_subquery()
)
_AT_TILL = select(Order).where(Order.id == _newest_at_till).options(*_WHOLE)
_TILL_WITH_NEWEST = (
    tills.PLACE.add_columns(Order).outerjoin(Order, Order.id == _newest_at_till).options(*_WHOLE)
)
_TILL_WITH_NUMBER = (
    tills.PLACE.add_columns(Order)
    .outerjoin(Order, (Order.till_id == Till.id) & (Order.number == bindparam("number")))
    .options(*_WHOLE)
)


def reference(order: Order) -> str:
    """How bills, claims and reservations name this order."""
    return f"order:{order.number}"


def open_order(session: Session, actor: Actor, *, till_id: int | None) -> Order:
    """A new, empty basket."""
    actor.require("counter.sell")
    store = desk.store_of(session, actor.store_id)
    if till_id is not None:
        desk.till_by_id(session, actor, till_id)
    order = Order(
        store_id=store.id,
        number=numbers.allot(session, store_id=store.id, series="order"),
        till_id=till_id,
        currency=store.currency,
        price_mode=store.price_mode,
        opened_at=clock.now(),
        opened_by=actor.name,
    )
    session.add(order)
    session.flush()
    # what is new has no lines, and is exchanged for nothing: nothing to look up
    set_committed_value(order, "lines", [])
    set_committed_value(order, "exchange", None)
    return order


def by_number(session: Session, actor: Actor, number: int) -> Order:
    """An order with its customer, its lines and what they sell; raises NotFound."""
    held = at_hand(session, Order, store_id=actor.store_id, number=number)
    if held is not None and _is_whole(held):
        return held
    found = session.scalars(_BY_NUMBER, {"store_id": actor.store_id, "number": number})
    order = found.unique().one_or_none()
    if order is None:
        raise NotFound(msg("There is no sale {number}.", number=number))
    return order


def _is_whole(order: Order) -> bool:
    """Does the session hold all of it that `_WHOLE` loads?"""
    return vars(order).keys() >= {"customer", "exchange", "lines"} and all(
        vars(line).keys() >= {"product", "unit"} for line in order.lines
    )


def by_id(session: Session, actor: Actor, order_id: int) -> Order:
    """The same by the row's id, for what refers to it."""
    held = at_hand(session, Order, id=order_id, store_id=actor.store_id)
    if held is not None and _is_whole(held):
        return held
    found = session.scalars(_BY_ID, {"store_id": actor.store_id, "order_id": order_id})
    return found.unique().one()


def current_at(session: Session, actor: Actor, till_id: int) -> Order | None:
    """The basket that lies open at a till, as whole as `by_number` gives it."""
    found = session.scalars(_AT_TILL, {"store_id": actor.store_id, "till_id": till_id})
    return found.unique().one_or_none()


def named_at(
    session: Session, actor: Actor, till_id: int, number: int
) -> tuple[tills.Place, Order | None]:
    """A till as it stands with the order of this number that lies there, in one statement."""
    facts = {"store_id": actor.store_id, "till_id": till_id, "number": number}
    return _placed(session, _TILL_WITH_NUMBER, facts)


def lying_at(session: Session, actor: Actor, till_id: int) -> tuple[tills.Place, Order | None]:
    """A till as it stands with the basket that lies open there, in one statement."""
    facts = {"store_id": actor.store_id, "till_id": till_id}
    return _placed(session, _TILL_WITH_NEWEST, facts)


def _placed(
    session: Session, query: Select[Any], facts: Mapping[str, object]
) -> tuple[tills.Place, Order | None]:
    row = session.execute(query, facts).unique().one_or_none()
    if row is None:
        raise tills.unknown()
    return tills.Place(row[0], row[1]), row[3]


def bill_of(session: Session, order: Order) -> Bill | None:
    """The bill of an order; there is none before its first tender."""
    if order.placed_at is None:
        return None
    return bills.by_reference(session, order.store_id, reference(order))


def require_editable(session: Session, order: Order) -> None:
    """Lines and prices may change until money is taken or under way."""
    if order.cancelled_at is not None:
        raise OrderLocked(msg("Sale {number} was cancelled.", number=order.number))
    bill = bill_of(session, order)
    if bill is None:
        return
    if bills.live_attempt(session, bill) is not None:
        raise OrderLocked(
            msg("A payment for sale {number} is under way. Wait or cancel it.", number=order.number)
        )
    if order.settled_at is not None or bills.paid(session, bill).minor > 0:
        raise _paid(order)
    if waiting.was_quoted(session, order):
        raise OrderLocked(
            msg(
                "Sale {number} was accepted as a quote, so it stands as it is.", number=order.number
            ),
            link=f"/sales/{order.number}",
        )


def require_unfinished(order: Order) -> None:
    if order.cancelled_at is not None:
        raise OrderLocked(msg("Sale {number} was cancelled.", number=order.number))
    if order.settled_at is not None:
        raise _paid(order)


def _paid(order: Order) -> OrderLocked:
    return OrderLocked(
        msg("Sale {number} has been paid, so it stands as it is.", number=order.number),
        link=f"/sales/{order.number}",
    )


def set_customer(session: Session, actor: Actor, order: Order, customer_id: int) -> None:
    actor.require("counter.sell")
    require_editable(session, order)
    customer = book.by_id(session, actor, customer_id)
    order.customer_id = customer.id
    taxing.follow(session, order, customer)


def cancel(session: Session, actor: Actor, order: Order, *, reason: str) -> None:
    """Void a basket from which nothing was paid; what it kept is free again."""
    actor.require("counter.sell")
    require_editable(session, order)
    if order.lines and not clean(reason):
        raise Refused(msg("Say why the sale is cancelled."), field="reason")
    for line in order.lines:
        if line.unit_id is not None:
            claims.release(session, line.unit_id, owner=reference(order))
    reservations.release(session, reference(order), store_id=order.store_id)
    waiting.end(session, order)
    order.cancelled_at = clock.now()
    order.cancel_reason = clean(reason)[:200]
    audit.record(
        session,
        actor,
        "order.cancelled",
        subject=reference(order),
        before={"lines": len(order.lines)},
        reason=order.cancel_reason,
    )


def robots_of(order: Order) -> list[OrderLine]:
    return [line for line in order.lines if line.unit_id is not None]


def units_of(order: Order) -> list[Unit]:
    """The robots of a whole order."""
    return [line.unit for line in order.lines if line.unit is not None]


def returned_of(session: Session, order_ids: Collection[int]) -> dict[int, int]:
    """How many pieces came back, by line; in one statement, without lines that are still out."""
    if not order_ids:
        return {}
    rows = session.execute(
        select(ReturnLine.order_line_id, func.sum(ReturnLine.quantity))
        .join(OrderLine, OrderLine.id == ReturnLine.order_line_id)
        .where(OrderLine.order_id.in_(order_ids))
        .group_by(ReturnLine.order_line_id)
    )
    return {line_id: int(count) for line_id, count in rows}


def robots_waiting(
    session: Session, order: Order, *, returned: Mapping[int, int] | None = None
) -> list[OrderLine]:
    """The lines whose robots did not come back; `returned` is what did, where that is known."""
    back = returned_of(session, [order.id]) if returned is None else returned
    return [line for line in robots_of(order) if line.id not in back]

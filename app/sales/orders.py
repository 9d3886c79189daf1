"""Orders: opening, finding, parking, cancelling, and what each has become."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.customers import book
from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.db import at_hand
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.parts import reservations
from app.payments import bills, standing, tills
from app.payments.models import Bill
from app.payments.standing import UNCOVERED, Cover, Standing
from app.robots import claims
from app.robots.models import Unit
from app.sales import taxing, waiting
from app.sales.errors import OrderLocked
from app.sales.models import Handover, Order, OrderLine
from app.sales.return_models import ReturnLine
from app.stores import desk
from app.stores.models import Till


class OrderStatus(StrEnum):
    """Derived from journal and handover, never set."""

    OPEN = "open"
    PARKED = "parked"
    PART_PAID = "part_paid"
    PAID = "paid"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    PART_RETURNED = "part_returned"
    RETURNED = "returned"
    CANCELLED = "cancelled"


STATUS_LABELS: dict[OrderStatus, Text] = {
    OrderStatus.OPEN: msg("Open"),
    OrderStatus.PARKED: msg("Parked"),
    OrderStatus.PART_PAID: msg("Part paid"),
    OrderStatus.PAID: msg("Paid"),
    OrderStatus.HANDED_OVER: msg("Handed over"),
    OrderStatus.CLOSED: msg("Closed"),
    OrderStatus.PART_RETURNED: msg("Part returned"),
    OrderStatus.RETURNED: msg("Returned"),
    OrderStatus.CANCELLED: msg("Cancelled"),
}


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


def require_free_till(session: Session, actor: Actor, till_id: int) -> None:
    """Raises Conflict while a basket lies open at a till; an empty one makes room."""
    lying = current_at(session, actor, till_id)
    if lying is None:
        return
    if _is_started(lying):
        raise Conflict(
            msg("Sale {number} lies open at this till.", number=lying.number),
            field="till",
            link=f"/sales/{lying.number}",
        )
    _drop_empty(lying)


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


def status(session: Session, order: Order, *, stands: Standing | None = None) -> OrderStatus:
    """What the order has become, by the journal, the handover and what came back; `stands` is how
    its bill stands, where that is known.
    """
    bill = bill_of(session, order)
    handed_over = session.scalar(select(Handover.id).where(Handover.order_id == order.id))
    return derive(
        order,
        bill=bill,
        cover=(stands or standing.of(session, bill)).cover if bill else UNCOVERED,
        handed_over=handed_over is not None,
        returned=returned_of(session, [order.id]),
    )


def derive(
    order: Order,
    *,
    bill: Bill | None,
    cover: Cover,
    handed_over: bool,
    returned: Mapping[int, int],
) -> OrderStatus:
    """The rule behind `status`, on facts already at hand (lists ask for many at once).

    `returned` is how many pieces came back, by line. A robot that still waits for its owner goes
    before an accessory that came back.
    """
    if order.cancelled_at is not None:
        return OrderStatus.CANCELLED
    if bill is not None and order.placed_at is not None and cover.all >= bill.total_minor:
        return _of_covered(order, handed_over=handed_over, returned=returned)
    if cover.paid > 0:
        return OrderStatus.PART_PAID
    return OrderStatus.OPEN if order.parked_at is None else OrderStatus.PARKED


def _of_covered(order: Order, *, handed_over: bool, returned: Mapping[int, int]) -> OrderStatus:
    left = [line for line in order.lines if returned.get(line.id, 0) < line.quantity]
    if not left:
        return OrderStatus.RETURNED
    waits = order.settled_at is None or any(line.unit_id is not None for line in left)
    if not handed_over and waits:
        return OrderStatus.PAID
    if any(line.id in returned for line in order.lines):
        return OrderStatus.PART_RETURNED
    return OrderStatus.HANDED_OVER if handed_over else OrderStatus.CLOSED


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


def _require_unfinished(order: Order) -> None:
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
    order.version += 1


def park(session: Session, actor: Actor, order: Order, *, label: str = "") -> None:
    """Lay a basket aside, also one that is part paid or whose payment nobody can explain yet: the
    till serves the next customer. Its claims keep running, and end by time.
    """
    actor.require("counter.sell")
    _require_unfinished(order)
    if not _is_started(order):
        raise Refused(msg("There is nothing in this sale to park."))
    order.parked_at = clock.now()
    order.park_label = clean(label)[:200]
    audit.record(
        session,
        actor,
        "order.parked",
        subject=reference(order),
        after={"label": order.park_label},
    )


def resume(session: Session, actor: Actor, order: Order, *, till_id: int | None) -> None:
    """Take a parked basket to a till, where no other basket with lines may lie open."""
    actor.require("counter.sell")
    if order.parked_at is None:
        raise Conflict(msg("Sale {number} is not parked.", number=order.number))
    _require_unfinished(order)
    if till_id is not None:
        _make_room(session, actor, till_id)
    before = {"till": order.till_id}
    order.parked_at = None
    order.till_id = till_id
    audit.record(
        session,
        actor,
        "order.resumed",
        subject=reference(order),
        before=before,
        after={"till": till_id},
    )


def _make_room(session: Session, actor: Actor, till_id: int) -> None:
    lying = current_at(session, actor, till_id)
    if lying is None:
        return
    if _is_started(lying):
        park(session, actor, lying)
    else:
        _drop_empty(lying)


def _is_started(order: Order) -> bool:
    return bool(order.lines) or order.customer_id is not None


def _drop_empty(order: Order) -> None:
    order.cancelled_at = clock.now()
    order.cancel_reason = "empty"


def parked(session: Session, actor: Actor) -> list[Order]:
    return list(
        session.scalars(
            select(Order)
            .where(
                Order.store_id == actor.store_id,
                Order.parked_at.is_not(None),
                Order.settled_at.is_(None),
                Order.cancelled_at.is_(None),
            )
            .options(selectinload(Order.lines))
            .order_by(Order.parked_at.desc())
            .limit(50)
        )
    )


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


def robots_waiting(
    session: Session, order: Order, *, returned: Mapping[int, int] | None = None
) -> list[OrderLine]:
    """The lines whose robots did not come back; `returned` is what did, where that is known."""
    back = returned_of(session, [order.id]) if returned is None else returned
    return [line for line in robots_of(order) if line.id not in back]


def units_of(order: Order) -> list[Unit]:
    """The robots of a whole order."""
    return [line.unit for line in order.lines if line.unit is not None]

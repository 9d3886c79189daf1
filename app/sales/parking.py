"""Baskets at a till: laid aside, taken up again, and what makes room for the next one."""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.sales import orders
from app.sales.models import Order


def park(session: Session, actor: Actor, order: Order, *, label: str = "") -> None:
    """Lay a basket aside, also one that is part paid or whose payment nobody can explain yet: the
    till serves the next customer. Its claims keep running, and end by time.
    """
    actor.require("counter.sell")
    orders.require_unfinished(order)
    if not _is_started(order):
        raise Refused(msg("There is nothing in this sale to park."))
    order.parked_at = clock.now()
    order.park_label = clean(label)[:200]
    audit.record(
        session,
        actor,
        "order.parked",
        subject=orders.reference(order),
        after={"label": order.park_label},
    )


def resume(session: Session, actor: Actor, order: Order, *, till_id: int | None) -> None:
    """Take a parked basket to a till, where no other basket with lines may lie open."""
    actor.require("counter.sell")
    if order.parked_at is None:
        raise Conflict(msg("Sale {number} is not parked.", number=order.number))
    orders.require_unfinished(order)
    if till_id is not None:
        _make_room(session, actor, till_id)
    before = {"till": order.till_id}
    order.parked_at = None
    order.till_id = till_id
    audit.record(
        session,
        actor,
        "order.resumed",
        subject=orders.reference(order),
        before=before,
        after={"till": till_id},
    )


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


def require_free_till(session: Session, actor: Actor, till_id: int) -> None:
    """Raises Conflict while a basket lies open at a till; an empty one makes room."""
    lying = orders.current_at(session, actor, till_id)
    if lying is None:
        return
    if _is_started(lying):
        raise Conflict(
            msg("Sale {number} lies open at this till.", number=lying.number),
            field="till",
            link=f"/sales/{lying.number}",
        )
    _drop_empty(lying)


def _make_room(session: Session, actor: Actor, till_id: int) -> None:
    lying = orders.current_at(session, actor, till_id)
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

"""What keeps a paid sale from being complete: a robot that is not here, or not inspected yet."""

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales.models import Order, ProductKind
from app.sales.quote_models import OrderDeposit, PreOrder, Quote


@dataclass(frozen=True, slots=True)
class Found:
    """What stands open of an order: a robot that cannot leave, places in queues, a deposit."""

    robot_missing: bool
    in_queue: bool
    deposit: bool


_open = (PreOrder.order_id == bindparam("order_id")) & PreOrder.ended_at.is_(None)
_FOUND = select(
    exists().where(_open),
    exists().where(_open, Unit.id == PreOrder.unit_id, Unit.state != UnitState.AVAILABLE),
    exists().where(OrderDeposit.order_id == bindparam("order_id"), OrderDeposit.ended_at.is_(None)),
)


def waits_for_robot(session: Session, order: Order) -> bool:
    """Has a pre-ordered robot of a whole order no serial yet, or one that cannot leave yet?"""
    return found_of(session, order).robot_missing


def found_of(session: Session, order: Order) -> Found:
    """What was asked beforehand for a whole order, in one statement."""
    robots = [line for line in order.lines if line.product.kind is ProductKind.ROBOT]
    in_queue, not_ready, deposit = session.execute(_FOUND, {"order_id": order.id}).one()
    without_serial = any(line.unit_id is None for line in robots)
    return Found(without_serial or bool(robots and not_ready), bool(in_queue), bool(deposit))


def end(session: Session, order: Order, *, found: Found | None = None) -> None:
    """The order is complete or cancelled: it stands in no queue, and no deposit is asked.

    `found` is what this transaction found of it just now.
    """
    if found is None or found.in_queue:
        session.execute(
            update(PreOrder)
            .where(PreOrder.order_id == order.id, PreOrder.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
    if found is None or found.deposit:
        session.execute(
            update(OrderDeposit)
            .where(OrderDeposit.order_id == order.id, OrderDeposit.ended_at.is_(None))
            .values(ended_at=clock.now())
        )


def was_quoted(session: Session, order: Order) -> bool:
    """Did the customer accept this order as a quote? Then what it keeps was promised."""
    return session.scalar(select(Quote.id).where(Quote.order_id == order.id)) is not None

"""What keeps a paid sale from being complete: a robot that is not here, or not inspected yet."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales.models import Order, ProductKind
from app.sales.quote_models import OrderDeposit, PreOrder, Quote


def waits_for_robot(session: Session, order: Order) -> bool:
    """Has a pre-ordered robot of a whole order no serial yet, or one that cannot leave yet?"""
    robots = [line for line in order.lines if line.product.kind is ProductKind.ROBOT]
    if any(line.unit_id is None for line in robots):
        return True
    if not robots:
        return False
    not_ready = session.scalar(
        select(PreOrder.id)
        .join(Unit, Unit.id == PreOrder.unit_id)
        .where(
            PreOrder.order_id == order.id,
            PreOrder.ended_at.is_(None),
            Unit.state != UnitState.AVAILABLE,
        )
        .limit(1)
    )
    return not_ready is not None


def end(session: Session, order: Order) -> None:
    """The order is complete or cancelled: it stands in no queue, and no deposit is asked."""
    session.execute(
        update(PreOrder)
        .where(PreOrder.order_id == order.id, PreOrder.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    session.execute(
        update(OrderDeposit)
        .where(OrderDeposit.order_id == order.id, OrderDeposit.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def was_quoted(session: Session, order: Order) -> bool:
    """Did the customer accept this order as a quote? Then what it keeps was promised."""
    return session.scalar(select(Quote.id).where(Quote.order_id == order.id)) is not None

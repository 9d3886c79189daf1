"""The day so far, as the first page shows it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import tills
from app.robots.models import Unit
from app.robots.states import UNIT_STATE_LABELS, UnitState
from app.sales import orderlists, orders, parking, totals
from app.sales.models import Order
from app.sales.return_models import Return
from app.stores import desk

# What another part shows on the first page; None: nothing now.
Teller = Callable[[Session, Actor], object | None]
_tellers: dict[str, Teller] = {}


def show(template: str, teller: Teller) -> None:
    """Have `template` shown with what `teller` says. Filled by `app.wiring`."""
    _tellers[template] = teller


def so_far(session: Session, actor: Actor) -> dict[str, Any]:
    """The day so far: takings less what came back, robots by state, who comes, what waits."""
    store = desk.store_of(session, actor.store_id)
    day = desk.business_day_of(store)
    start, end = clock.day_bounds(day, zone=store.zone, cut_off=store.day_starts_at)
    settled = list(
        session.scalars(
            select(Order)
            .where(Order.store_id == store.id, Order.settled_at >= start, Order.settled_at < end)
            .options(selectinload(Order.lines))
        )
    )
    states = session.execute(
        select(Unit.state, func.count()).where(Unit.store_id == store.id).group_by(Unit.state)
    )
    drawers = tills.open_sessions(session, store.id)
    waiting, parked = orderlists.waiting_orders(session, actor), parking.parked(session, actor)
    listed = orderlists.rows(session, actor, [*waiting, *parked])
    back = session.scalar(
        select(func.coalesce(func.sum(Return.credited_minor), 0)).where(
            Return.store_id == store.id, Return.at >= start, Return.at < end
        )
    )
    takings = sum(totals.of_order(order).gross.minor for order in settled) - int(back or 0)
    told = {template: teller(session, actor) for template, teller in _tellers.items()}
    return {
        "panels": [(template, facts) for template, facts in told.items() if facts is not None],
        "day": day,
        "sales": len(settled),
        "robots_sold": sum(len(orders.robots_of(order)) for order in settled),
        "takings": Money(takings, store.currency),
        "states": {UnitState(state): count for state, count in states},
        "state_labels": UNIT_STATE_LABELS,
        "pickups": listed[: len(waiting)],
        "parked": listed[len(waiting) :],
        "tills": [(till, drawers.get(till.id)) for till in desk.tills_of(session, store.id)],
    }

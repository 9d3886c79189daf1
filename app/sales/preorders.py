"""Robots that were ordered before they came: who waits, in which order, and who gets which serial.

The turn counts from the moment that the deposit was paid (or, without one, that it was ordered).
Whoever gives a robot to somebody else than the next says why, and must be a manager.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.db import at_hand
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import bills
from app.payments.events import BillSettled, PaymentCaptured
from app.payments.models import Bill
from app.robots import claims
from app.robots.awaited import Awaited
from app.robots.events import UnitMoved
from app.robots.models import Ownership, RobotModel, Unit
from app.robots.states import Holding, UnitState
from app.sales import completion, deposits, orders, sellable
from app.sales.errors import NotSellable
from app.sales.models import Order, OrderLine, ProductKind
from app.sales.quote_models import PreOrder

# What came, or is announced, and is nobody's yet.
GIVABLE = (UnitState.EXPECTED, UnitState.RECEIVED, UnitState.INSPECTED, UnitState.AVAILABLE)
MOST_SHOWN = 200
_HAD_OWNER = select(Ownership.id).where(Ownership.unit_id == Unit.id).exists()


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in a queue. `turn` is 1 for the next; None: the deposit is not paid yet."""

    row: PreOrder
    order: Order
    customer: str
    turn: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits for a model, in turn, and which robots could be given."""

    model: RobotModel
    places: list[Place]
    free: list[Unit]

    @property
    def can_give(self) -> bool:
        return bool(self.free) and any(place.turn for place in self.places)


def queue(session: Session, actor: Actor, order: Order) -> list[PreOrder]:
    """Each robot of a new order that has no serial takes its place in the queue of its model."""
    robots = [
        line
        for line in order.lines
        if line.product.kind is ProductKind.ROBOT and line.unit_id is None
    ]
    now = clock.now()
    has_to_pay = deposits.of_order(session, order) is not None
    rows = [
        PreOrder(
            store_id=order.store_id,
            model_id=line.product.model_id or 0,
            order_id=order.id,
            order_line_id=line.id,
            queued_at=now,
            ready_at=None if has_to_pay else now,
        )
        for line in robots
    ]
    session.add_all(rows)
    session.flush()
    if rows:
        audit.record(
            session,
            actor,
            "preorder.queued",
            subject=orders.reference(order),
            after={"robots": len(rows), "in_turn": not has_to_pay},
        )
    return rows


def on_payment_captured(session: Session, event: PaymentCaptured) -> None:
    """Listens in `app.wiring`: with its deposit paid, an order's turn begins. What is paid whole
    may be complete next, and then waits for nothing (`on_bill_settled`).
    """
    order = _order_named(session, event.reference, event.store_id)
    if order is not None and not event.settles:
        _begin_turn(session, order, bill_id=event.bill_id)


def on_bill_settled(session: Session, event: BillSettled) -> None:
    """Listens in `app.wiring`, after the sale was made final if it can be: what is paid and still
    waits for its robot has its turn.
    """
    order = _order_named(session, event.reference, event.store_id)
    if order is not None and order.settled_at is None:
        _begin_turn(session, order, bill_id=event.bill_id)


def _begin_turn(session: Session, order: Order, *, bill_id: int) -> None:
    rows = session.scalars(
        select(PreOrder).where(
            PreOrder.order_id == order.id, PreOrder.ready_at.is_(None), PreOrder.ended_at.is_(None)
        )
    ).all()
    deposit = deposits.of_order(session, order) if rows else None
    if deposit is None:
        return
    bill = session.get_one(Bill, bill_id)
    if bills.paid(session, bill).minor >= deposit.asked_minor:
        for row in rows:
            row.ready_at = clock.now()
        session.flush()


def on_unit_moved(session: Session, event: UnitMoved) -> None:
    """Listens in `app.wiring`: a pre-ordered robot passed its inspection; what was paid whole is
    complete now.
    """
    if event.after is not UnitState.AVAILABLE:
        return
    order_id = session.scalar(
        select(PreOrder.order_id).where(
            PreOrder.unit_id == event.unit_id, PreOrder.ended_at.is_(None)
        )
    )
    if order_id is None:
        return
    house = Actor(store_id=event.store_id, name="pre-orders", role="house")
    number = session.get_one(Order, order_id).number
    finish(session, house, orders.by_number(session, house, number))


def finish(session: Session, actor: Actor, order: Order) -> bool:
    """Complete an order that is paid whole and waits for nothing any more; was it?"""
    bill = orders.bill_of(session, order)
    if bill is None or order.settled_at is not None or order.cancelled_at is not None:
        return False
    if bills.due(session, bill):
        return False
    return completion.complete_if_ready(session, actor, order, bill)


def queues(session: Session, actor: Actor) -> list[Queue]:
    """Every model that somebody waits for; four statements, however many wait."""
    actor.require("orders.view")
    rows = session.execute(
        select(PreOrder, Order, Customer.name)
        .join(Order, Order.id == PreOrder.order_id)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .where(
            PreOrder.store_id == actor.store_id,
            PreOrder.unit_id.is_(None),
            PreOrder.ended_at.is_(None),
        )
        .order_by(PreOrder.model_id, PreOrder.ready_at, PreOrder.id)
        .limit(MOST_SHOWN)
    ).all()
    model_ids = {row.model_id for row, _, _ in rows}
    if not model_ids:
        return []
    models = session.scalars(
        select(RobotModel)
        .where(RobotModel.id.in_(model_ids))
        .options(joinedload(RobotModel.maker))
        .order_by(RobotModel.name)
    ).all()
    free = _free_of(session, actor.store_id, model_ids)
    found = []
    for model in models:
        waiting_here = [row for row in rows if row[0].model_id == model.id]
        in_turn = [one for one in waiting_here if one[0].ready_at is not None]
        later = [one for one in waiting_here if one[0].ready_at is None]
        places = [
            Place(row, order, name or "", turn)
            for turn, (row, order, name) in enumerate(in_turn, start=1)
        ]
        places += [Place(row, order, name or "", None) for row, order, name in later]
        found.append(Queue(model, places, free.get(model.id, [])))
    return found


def awaited_of(session: Session, actor: Actor, model_ids: Collection[int]) -> list[Awaited]:
    """Told to `robots.awaited`: who waits for models of which robots arrive."""
    if "orders.view" not in actor.permissions:
        return []
    return [
        Awaited(
            model=one.model.name,
            waiting=len(one.places),
            first=f"{one.places[0].customer} (S-{one.places[0].order.number})",
            page="/sales/pre-orders",
        )
        for one in queues(session, actor)
        if one.model.id in model_ids
    ]


def next_of(session: Session, store_id: int, model_id: int) -> PreOrder | None:
    """Whose turn it is."""
    return session.scalar(
        select(PreOrder)
        .where(
            PreOrder.store_id == store_id,
            PreOrder.model_id == model_id,
            PreOrder.ready_at.is_not(None),
            PreOrder.unit_id.is_(None),
            PreOrder.ended_at.is_(None),
        )
        .order_by(PreOrder.ready_at, PreOrder.id)
        .limit(1)
    )


def by_id(session: Session, actor: Actor, row_id: int) -> PreOrder:
    row = session.get(PreOrder, row_id)
    if row is None or row.store_id != actor.store_id:
        raise NotFound(msg("Nobody waits there any more."))
    return row


def order_of(session: Session, actor: Actor, row: PreOrder) -> Order:
    """The order of a place in the queue, whole."""
    return orders.by_number(session, actor, session.get_one(Order, row.order_id).number)


def allocate(
    session: Session, actor: Actor, row: PreOrder, unit: Unit, *, reason: str = ""
) -> None:
    """Give a robot to a place in the queue. To another than the next: with a reason, by a manager.

    Raises Conflict where somebody was faster, Refused where it is not theirs to have.
    """
    actor.require("counter.sell")
    if row.ended_at is not None or row.unit_id is not None:
        raise Conflict(msg("Nobody waits there any more."), link="/sales/pre-orders")
    _require_givable(session, row, unit)
    following = next_of(session, actor.store_id, row.model_id)
    reason = clean(reason)[:200]
    if following is None or following.id != row.id:
        if not reason:
            raise Refused(
                msg("Somebody else is next. Say why it goes to this one."), field="reason"
            )
        actor.require("orders.cancel")
    else:
        reason = ""
    order = order_of(session, actor, row)
    owner = orders.reference(order)
    claims.claim(session, actor, unit, owner=owner, holder=f"S-{order.number}", minutes=1)
    claims.make_permanent(session, owner, store_id=order.store_id)
    line = next(line for line in order.lines if line.id == row.order_line_id)
    _fit(order, line, unit)
    row.unit_id, row.allocated_at, row.allocated_by = unit.id, clock.now(), actor.name
    row.override_reason = reason
    session.flush()
    session.refresh(line, ["unit"])
    audit.record(
        session,
        actor,
        "preorder.allocated",
        subject=owner,
        after={"unit": unit.serial, "out_of_turn": bool(reason)},
        reason=reason,
    )
    finish(session, actor, order)


def allocate_in_turn(session: Session, actor: Actor, model_id: int) -> int:
    """Give the free robots of a model, oldest first, to those who are next; how many were given.
    One that must not be sold just now is left out.
    """
    actor.require("counter.sell")
    given = 0
    for unit in _free_of(session, actor.store_id, {model_id}).get(model_id, []):
        following = next_of(session, actor.store_id, model_id)
        if following is None:
            break
        try:
            allocate(session, actor, following, unit)
        except NotSellable:
            continue
        given += 1
    return given


def _fit(order: Order, line: OrderLine, unit: Unit) -> None:
    """The robot's line names its serial; what stands under it belongs to it."""
    line.unit_id = unit.id
    below = [other for other in order.lines if other.position > line.position]
    for other in below:
        if other.product.kind is ProductKind.ROBOT:
            break
        if other.for_unit_id is None:
            other.for_unit_id = unit.id


def _require_givable(session: Session, row: PreOrder, unit: Unit) -> None:
    if unit.store_id != row.store_id or unit.model_id != row.model_id:
        raise Refused(msg("{serial} is another model.", serial=unit.serial), field="unit")
    if unit.state not in GIVABLE or unit.holding is not Holding.STOCK:
        raise Refused(msg("{serial} is not free any more.", serial=unit.serial), field="unit")
    if session.scalar(select(_HAD_OWNER).where(Unit.id == unit.id)):
        raise Refused(
            msg(
                "{serial} has had an owner. Who waits here is promised a new one.",
                serial=unit.serial,
            ),
            field="unit",
        )
    if unit.state is UnitState.AVAILABLE:
        sellable.require(session, unit)
    claims.require_free(session, unit)


def _free_of(session: Session, store_id: int, model_ids: set[int]) -> dict[int, list[Unit]]:
    """New robots in stock or expected that nobody keeps, by model, the oldest first."""
    units = session.scalars(
        select(Unit)
        .where(
            Unit.store_id == store_id,
            Unit.model_id.in_(model_ids),
            Unit.state.in_(GIVABLE),
            Unit.holding == Holding.STOCK,
            ~_HAD_OWNER,
        )
        .order_by(Unit.id)
        .limit(MOST_SHOWN)
    ).all()
    kept = claims.live_claims(session, [unit.id for unit in units])
    found: dict[int, list[Unit]] = {}
    for unit in units:
        if unit.id not in kept:
            found.setdefault(unit.model_id, []).append(unit)
    return found


def _order_named(session: Session, reference: str, store_id: int) -> Order | None:
    kind, _, number = reference.partition(":")
    if kind != "order" or not number.isdecimal():
        return None
    facts = {"store_id": store_id, "number": int(number)}
    return at_hand(session, Order, **facts) or session.scalar(select(Order).filter_by(**facts))

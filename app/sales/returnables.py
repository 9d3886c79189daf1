"""What of a sale can still come back, and why something cannot.

Only what this sale brought to this customer and what is still out: a robot that somebody else owns
by now, or that was sold anew, came back otherwise or stands in the workshop, is not listed as one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.parts.models import Movement, Place, PlaceKind
from app.robots import contracts
from app.robots.contracts import InForce
from app.robots.models import Ownership, Unit
from app.robots.slot_models import Component
from app.robots.states import CUSTODY_LABELS, Custody, UnitState
from app.sales import giftlines, orders
from app.sales.models import Order, OrderLine, ProductKind, UnitSale

# Their condition is asked: they go back on a shelf, or into quarantine.
GOODS = frozenset({ProductKind.ROBOT, ProductKind.ITEM})


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line of a sale: `left` pieces can come back, unless `obstacle` says why none can.

    `serials` are the pieces that are still out, where the part is kept by serial number; `piece`
    is what one is worth by the line. `asks_for_data`: a robot that its owner has had.
    """

    line: OrderLine
    returned: int
    left: int
    amount: Money
    serial: str
    serials: tuple[str, ...]
    obstacle: Text | None
    asks_for_data: bool

    @property
    def is_goods(self) -> bool:
        return self.line.product.kind in GOODS

    @property
    def can_return(self) -> bool:
        return self.left > 0 and self.obstacle is None


@dataclass(frozen=True, slots=True)
class Out:
    """Pieces of one part (lot, component) that this sale gave out, and what they cost in all."""

    part_id: int
    lot: str
    component: Component | None
    quantity: int
    value_minor: int


def of_order(
    session: Session, order: Order, *, returned: Mapping[int, int] | None = None
) -> list[Returnable]:
    """Every line of a settled sale with what of it can still come back; a fixed number of
    statements. `returned` is what did come back, where that is known.
    """
    if returned is None:
        returned = orders.returned_of(session, [order.id])
    obstacles = _robots(session, order)
    out = pieces_out(session, order)
    used = _used_contracts(session, order)
    obstacles |= giftlines.spent(session, order)
    found = []
    for line in order.lines:
        left = line.quantity - returned.get(line.id, 0)
        there = [one for one in out if one.part_id == line.product.part_id]
        obstacle = obstacles.get(line.id)
        if obstacle is None and left:
            obstacle = _of_pieces(line, left, there) or _of_plan(line, used)
        found.append(
            Returnable(
                line=line,
                returned=line.quantity - left,
                left=left,
                amount=Money(line.amount_minor, order.currency),
                serial=line.unit.serial if line.unit else "",
                serials=tuple(one.component.serial for one in there if one.component is not None),
                obstacle=obstacle,
                asks_for_data=line.unit is not None and line.unit.state is UnitState.HANDED_OVER,
            )
        )
    return found


def _of_pieces(line: OrderLine, left: int, there: Sequence[Out]) -> Text | None:
    if line.product.part_id is None:
        return None
    if sum(one.quantity for one in there) < left and not there:
        return msg("By the stock ledger nothing of it is still with the customer.")
    return None


def _of_plan(line: OrderLine, used: Mapping[str, InForce]) -> Text | None:
    if line.product.kind is not ProductKind.PLAN or line.description not in used:
        return None
    return msg(
        "Contract {number} has paid for visits already.", number=used[line.description].label
    )


def _robots(session: Session, order: Order) -> dict[int, Text]:
    """Why robots of the order cannot come back, by line."""
    units = {line.unit_id: line for line in order.lines if line.unit_id is not None}
    if not units:
        return {}
    rows = session.execute(
        select(Unit.id, UnitSale, Ownership.customer_id, Customer.name)
        .outerjoin(UnitSale, (UnitSale.unit_id == Unit.id) & UnitSale.returned_at.is_(None))
        .outerjoin(Ownership, (Ownership.unit_id == Unit.id) & Ownership.until.is_(None))
        .outerjoin(Customer, Customer.id == Ownership.customer_id)
        .where(Unit.id.in_(units))
    ).all()
    active = {sale.unit_id: sale for sale in filter(None, (sale for _, sale, _, _ in rows))}
    owners = {unit_id: (whose, name) for unit_id, _, whose, name in rows if whose}
    found = {}
    for unit_id, line in units.items():
        obstacle = _of_robot(order, line.unit, active.get(unit_id), owners.get(unit_id))
        if obstacle is not None:
            found[line.id] = obstacle
    return found


def _of_robot(
    order: Order, unit: Unit | None, sale: UnitSale | None, owner: tuple[int, str] | None
) -> Text | None:
    if unit is None or sale is None:
        return msg("It came back already.")
    if sale.order_id != order.id:
        return msg("It was sold anew since.")
    if unit.state is UnitState.HANDED_OVER and owner is None:
        return msg("It is the store’s already.")
    if owner is not None and owner[0] != order.customer_id:
        return msg("It belongs to {name} now.", name=owner[1])
    if unit.custody not in {Custody.STORE, Custody.CUSTOMER}:
        return msg("It is not here: {custody}.", custody=CUSTODY_LABELS[unit.custody])
    return None


def pieces_out(session: Session, order: Order) -> list[Out]:
    """What the stock ledger gave to the customer by this sale and has not got back, oldest first.

    A component that went on since (into a robot, to somebody else) is not out by this sale.
    """
    rows = session.execute(
        select(Movement, Place.kind, Component)
        .join(Place, Place.id == Movement.to_place_id)
        .outerjoin(Component, Component.id == Movement.component_id)
        .where(Movement.store_id == order.store_id, Movement.reference == orders.reference(order))
        .order_by(Movement.id)
    ).all()
    gone = _went_on(session, [row.Movement for row in rows])
    sums: dict[tuple[int, str, int | None], Out] = {}
    for movement, to_kind, component in rows:
        way = 1 if to_kind is PlaceKind.CUSTOMER else -1
        key = (movement.part_id, movement.lot_key, movement.component_id)
        before = sums.get(key)
        sums[key] = Out(
            movement.part_id,
            movement.lot,
            component,
            (before.quantity if before else 0) + way * movement.quantity,
            (before.value_minor if before else 0) + way * movement.value_minor,
        )
    return [
        out
        for (_, _, component_id), out in sums.items()
        if out.quantity > 0 and component_id not in gone
    ]


def _went_on(session: Session, movements: Sequence[Movement]) -> set[int]:
    """Components that moved again after this sale's last movement of them."""
    last = {row.component_id: row.id for row in movements if row.component_id is not None}
    if not last:
        return set()
    rows = session.execute(
        select(Movement.component_id, func.max(Movement.id))
        .where(Movement.component_id.in_(last))
        .group_by(Movement.component_id)
    )
    return {
        component_id
        for component_id, newest in rows
        if component_id is not None and newest > last[component_id]
    }


def _used_contracts(session: Session, order: Order) -> dict[str, InForce]:
    """Contracts of the sale that have paid for visits, by the name of the plan."""
    if not any(line.product.kind is ProductKind.PLAN for line in order.lines):
        return {}
    return {one.row.name: one for one in contracts_of(session, order) if one.used}


def contracts_of(session: Session, order: Order) -> list[InForce]:
    """The contracts that this sale's handover signed, newest first, ended ones left out."""
    return [
        one
        for unit_id in (line.unit_id for line in order.lines)
        if unit_id is not None
        for one in contracts.of_unit(session, unit_id)
        if one.row.reference == orders.reference(order) and one.row.ended_on is None
    ]

"""What a return does to things: robots are received again, pieces lie in a bin, contracts end."""

from collections.abc import Mapping, Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.parts import places, shelves, stock
from app.parts.models import Place, PlaceKind
from app.parts.moves import Move
from app.robots import contracts, transfers
from app.robots.transfers import WipeStatement
from app.sales import orders, returnables
from app.sales.models import Order, OrderLine, ProductKind, UnitSale
from app.sales.return_models import Condition
from app.sales.returnables import Out

_PLACES = {
    Condition.AS_NEW: PlaceKind.BIN,
    Condition.USED: PlaceKind.QUARANTINE,
    Condition.DAMAGED: PlaceKind.QUARANTINE,
}


def take_robot(
    session: Session, actor: Actor, order: Order, line: OrderLine, *, data: WipeStatement
) -> None:
    """The robot of a line is the store's again, waits for its inspection, and its contracts end."""
    unit = line.unit
    if unit is None:
        raise ValueError(f"line {line.position} sells no robot")
    why = msg("Returned from sale {number}", number=order.number)
    transfers.come_home(session, actor, unit, data=data, why=why, link=f"/sales/{order.number}")
    session.execute(
        update(UnitSale)
        .where(
            UnitSale.unit_id == unit.id,
            UnitSale.order_id == order.id,
            UnitSale.returned_at.is_(None),
        )
        .values(returned_at=clock.now())
    )
    for contract in contracts.of_unit(session, unit.id):
        if contract.row.reference == orders.reference(order) and contract.row.ended_on is None:
            contracts.lapse(session, actor, contract.row, reason=f"sale {order.number} returned")


def end_plans(
    session: Session, actor: Actor, order: Order, line: OrderLine, *, quantity: int
) -> None:
    """As many contracts of this plan end as pieces of it come back, the last ones first."""
    if line.product.kind is not ProductKind.PLAN:
        return
    signed = [
        one for one in returnables.contracts_of(session, order) if one.row.name == line.description
    ]
    for contract in signed[:quantity]:
        contracts.lapse(session, actor, contract.row, reason=f"sale {order.number} returned")


def take_pieces(
    session: Session,
    actor: Actor,
    order: Order,
    line: OrderLine,
    *,
    quantity: int,
    condition: Condition,
    serials: Sequence[str],
) -> None:
    """Pieces go back to the store by their condition, at what they cost when they left."""
    part_id = line.product.part_id
    if part_id is None:
        return
    out = [one for one in returnables.pieces_out(session, order) if one.part_id == part_id]
    parts = shelves.locked(session, actor, [part_id])
    customer = places.standard(session, actor.store_id, PlaceKind.CUSTOMER)
    end = places.standard(session, actor.store_id, _PLACES[condition])
    chosen = _chosen(out, quantity=quantity, serials=serials)
    moves = [_move(one, count, customer, end, order.currency) for one, count in chosen]
    stock.book_promised(
        session,
        actor,
        moves,
        reason=f"returned from sale {order.number}",
        reference=orders.reference(order),
        parts=parts,
    )


def _chosen(out: Sequence[Out], *, quantity: int, serials: Sequence[str]) -> list[tuple[Out, int]]:
    """Which pieces they are; raises Refused where serials have to say it."""
    named: Mapping[str, Out] = {one.component.serial: one for one in out if one.component}
    if named and len(named) == sum(one.quantity for one in out):
        wanted = list(serials) or (list(named) if len(named) == quantity else [])
        if len(set(wanted)) != quantity or not set(wanted) <= set(named):
            raise Refused(msg("Say which pieces come back, by serial number."), field="serials")
        return [(named[serial], 1) for serial in wanted]
    left = sum(one.quantity for one in out)
    if left < quantity:
        raise Refused(
            msg("By the stock ledger only {left} are still with the customer.", left=left),
            field="quantity",
        )
    chosen, wanting = [], quantity
    for one in reversed(out):
        count = min(wanting, one.quantity)
        if count:
            chosen.append((one, count))
        wanting -= count
    return chosen


def _move(one: Out, count: int, start: Place, end: Place, currency: str) -> Move:
    value = one.value_minor * count // one.quantity
    return Move(
        one.part_id, count, start, end, one.lot, one.component, value=Money(value, currency)
    )

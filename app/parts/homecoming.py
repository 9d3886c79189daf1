"""What comes out of a robot: how it gets onto the bench, and what it is worth there.

A part that went in for the same job, or within a day, comes back at its cost. Any other is worth
nothing until somebody says what it is worth: it is used, and most often the customer's.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.money import Money
from app.kernel.searchkeys import search_key
from app.parts import places
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.robots.events import ComponentRemoved
from app.robots.slot_models import Component, Control
from app.stores.models import Store

_SAME_JOB_FOR = timedelta(days=1)


def moves(
    session: Session, event: ComponentRemoved, part: Part, component: Component | None
) -> list[Move]:
    """Onto the bench, from where the ledger has it; into the ledger before, where it has it not."""
    found = places.standards(
        session,
        event.store_id,
        (PlaceKind.ROBOT, PlaceKind.BENCH, PlaceKind.OPENING, PlaceKind.CUSTOMER),
    )
    robot, bench = found[PlaceKind.ROBOT], found[PlaceKind.BENCH]
    lot = component.lot if component is not None else event.lot
    start: Place | None = robot
    if component is not None:
        start = place_of(session, component.id)
    elif not _pieces_in_robots(session, part, robot, lot):
        start = None
    if start is bench:
        return []
    entering = []
    if start is None:
        # once known it went out to a customer, and came back inside a robot
        known = component is not None and _is_known(session, component.id)
        origin = found[PlaceKind.CUSTOMER if known else PlaceKind.OPENING]
        entering = [Move(part.id, 1, origin, robot, lot, component)]
    value = _value(session, event, part, component)
    return [*entering, Move(part.id, 1, start or robot, bench, lot, component, value=value)]


def place_of(session: Session, component_id: int) -> Place | None:
    """Where the ledger has a component; None for outside, or never seen."""
    return session.scalar(
        select(Place)
        .join(Balance, Balance.place_id == Place.id)
        .where(Balance.component_id == component_id, Balance.quantity > 0)
    )


def _is_known(session: Session, component_id: int) -> bool:
    known = select(Balance.id).where(Balance.component_id == component_id)
    return session.scalar(known) is not None


def _pieces_in_robots(session: Session, part: Part, robot: Place, lot: str) -> int:
    key = search_key(lot) if part.control is Control.LOT else ""
    there = select(Balance.quantity).where(
        Balance.part_id == part.id,
        Balance.place_id == robot.id,
        Balance.lot_key == key,
        Balance.component_id.is_(None),
    )
    return session.scalar(there) or 0


def _value(
    session: Session, event: ComponentRemoved, part: Part, component: Component | None
) -> Money:
    """What the last one of it took with it into a robot, if that was for this job."""
    currency = session.get_one(Store, event.store_id).currency
    piece = (
        Movement.component_id == component.id
        if component is not None
        else Movement.component_id.is_(None)
    )
    last = session.scalars(
        select(Movement)
        .where(Movement.part_id == part.id, piece)
        .order_by(Movement.id.desc())
        .limit(1)
    ).first()
    if last is None or last.value_change >= 0:
        return Money(0, currency)
    went_in = session.get_one(Place, last.to_place_id).kind is PlaceKind.ROBOT
    same_job = bool(event.reference) and last.reference.endswith(event.reference)
    if went_in and (same_job or last.at > clock.now() - _SAME_JOB_FOR):
        return Money(last.value_minor, currency)
    return Money(0, currency)

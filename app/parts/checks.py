"""What must always hold of parts in stock."""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Select, Subquery, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.kernel import clock
from app.parts import shelves
from app.parts.models import (
    BOUNDED,
    PICKABLE,
    VALUED,
    Balance,
    Movement,
    Part,
    Place,
    PlaceKind,
    Reservation,
)
from app.robots.slot_models import Component, Control, Occupant


def breaches(session: Session) -> Iterator[str]:
    yield from balances_equal_movements(session)
    yield from _never_below_zero(session)
    yield from _rows_of_their_places(session)
    yield from _promised_within_shelf(session)
    yield from _named_promises_within_shelf(session)
    yield from _serials_are_one(session)
    yield from fitted_is_in_robots(session)
    yield from _changes_of_their_places(session)
    yield from _worth_what_moved(session)


@cache
def _sums() -> Subquery:
    """What the movements add up to: by lot where a place is bounded, by component there too."""
    bounded = Place.kind.in_(BOUNDED)
    ways = [
        select(
            Movement.part_id.label("part_id"),
            column.label("place_id"),
            case((bounded, Movement.lot_key), else_="").label("lot_key"),
            case((bounded, Movement.component_id), else_=None).label("component_id"),
            (sign * Movement.quantity).label("quantity"),
        ).join(Place, Place.id == column)
        for sign, column in ((1, Movement.to_place_id), (-1, Movement.from_place_id))
    ]
    lines = union_all(*ways).subquery()
    keys = (lines.c.part_id, lines.c.place_id, lines.c.lot_key, lines.c.component_id)
    return select(*keys, func.sum(lines.c.quantity).label("quantity")).group_by(*keys).subquery()


@cache
def _differences() -> tuple[Select[int, int, int, int], Select[int, int, int, int]]:
    """Sums that no balance equals, and balances that are no sum."""
    sums = _sums()
    same = and_(
        Balance.part_id == sums.c.part_id,
        Balance.place_id == sums.c.place_id,
        Balance.lot_key == sums.c.lot_key,
        func.coalesce(Balance.component_id, 0) == func.coalesce(sums.c.component_id, 0),
    )
    lacking = (
        select(sums.c.part_id, sums.c.place_id, func.coalesce(Balance.quantity, 0), sums.c.quantity)
        .outerjoin(Balance, same)
        .where(sums.c.quantity != func.coalesce(Balance.quantity, 0))
    )
    unfounded = (
        select(Balance.part_id, Balance.place_id, Balance.quantity, literal(0))
        .outerjoin(sums, same)
        .where(sums.c.part_id.is_(None), Balance.quantity != 0)
    )
    return (
        lacking.order_by(*lacking.selected_columns),
        unfounded.order_by(*unfounded.selected_columns),
    )


def balances_equal_movements(session: Session) -> Iterator[str]:
    """Compared in the database; only what differs is named."""
    for query in _differences():
        for part_id, place_id, kept, moved in session.execute(query):
            yield (
                f"parts: part {part_id} at place {place_id}: balance {kept}, "
                f"movements give {int(moved)}"
            )


@cache
def _below_zero() -> Select[int, int]:
    """Movements after which a bounded place held less than nothing: the ledger replayed."""
    ways = [
        select(
            Movement.id.label("id"),
            Movement.part_id.label("part_id"),
            column.label("place_id"),
            Movement.lot_key.label("lot_key"),
            func.coalesce(Movement.component_id, 0).label("component_id"),
            (sign * Movement.quantity).label("change"),
        )
        .join(Place, Place.id == column)
        .where(Place.kind.in_(BOUNDED))
        for sign, column in ((1, Movement.to_place_id), (-1, Movement.from_place_id))
    ]
    lines = union_all(*ways).subquery()
    running = select(
        lines.c.id,
        lines.c.place_id,
        func.sum(lines.c.change)
        .over(
            partition_by=(
                lines.c.part_id,
                lines.c.place_id,
                lines.c.lot_key,
                lines.c.component_id,
            ),
            order_by=lines.c.id,
        )
        .label("there"),
    ).subquery()
    below = select(running.c.id, running.c.place_id).where(running.c.there < 0)
    return below.order_by(running.c.id)


def _never_below_zero(session: Session) -> Iterator[str]:
    for movement_id, place_id in session.execute(_below_zero()):
        yield f"parts: movement {movement_id} took place {place_id} below zero"


def _rows_of_their_places(session: Session) -> Iterator[str]:
    """A balance knows whether its place is bounded, and whether pieces are handed out from it."""
    rows = session.execute(
        select(Balance.id, Place.name)
        .join(Place, Place.id == Balance.place_id)
        .where(
            or_(
                Balance.pickable != Place.kind.in_(PICKABLE),
                and_(Balance.component_id.is_(None), Balance.bounded != Place.kind.in_(BOUNDED)),
            ),
            Balance.quantity != 0,
        )
        .order_by(Balance.id)
    )
    for balance_id, name in rows:
        yield f"parts: balance {balance_id} is not of the kind of its place {name}"


@cache
def _over_promised() -> Select[str, int, int]:
    promised = (
        select(Reservation.part_id, func.sum(Reservation.quantity).label("quantity"))
        .where(shelves.IS_LIVE)
        .group_by(Reservation.part_id)
        .subquery()
    )
    there = (
        select(Balance.part_id, func.sum(Balance.quantity).label("quantity"))
        .where(Balance.pickable.is_(True))
        .group_by(Balance.part_id)
        .subquery()
    )
    return (
        select(Part.number, promised.c.quantity, func.coalesce(there.c.quantity, 0))
        .join(promised, promised.c.part_id == Part.id)
        .outerjoin(there, there.c.part_id == Part.id)
        .where(promised.c.quantity > func.coalesce(there.c.quantity, 0))
        .order_by(Part.number)
    )


def _promised_within_shelf(session: Session) -> Iterator[str]:
    rows = session.execute(_over_promised(), {"now": clock.now()})
    for number, quantity, on_shelf in rows:
        yield f"parts: {number}: {quantity} promised, {on_shelf} on hand"


def _named_promises_within_shelf(session: Session) -> Iterator[str]:
    """A component or lot that is promised lies where it can be handed out."""
    there = (
        select(func.coalesce(func.sum(Balance.quantity), 0))
        .where(
            Balance.part_id == Reservation.part_id,
            Balance.pickable.is_(True),
            or_(
                Balance.component_id == Reservation.component_id,
                and_(Reservation.lot_key != "", Balance.lot_key == Reservation.lot_key),
            ),
        )
        .correlate(Reservation)
        .scalar_subquery()
    )
    named = or_(Reservation.component_id.is_not(None), Reservation.lot_key != "")
    rows = session.execute(
        select(Reservation.id, Reservation.owner)
        .where(named, shelves.IS_LIVE, Reservation.quantity > there)
        .order_by(Reservation.id),
        {"now": clock.now()},
    )
    for reservation_id, owner in rows:
        yield f"parts: reservation {reservation_id} of {owner}: what it names is not on the shelf"


def _serials_are_one(session: Session) -> Iterator[str]:
    """A part kept by serial has no pieces without one; a component is of its part."""
    nameless = session.execute(
        select(Part.number, Balance.place_id)
        .join(Balance, Balance.part_id == Part.id)
        .where(
            Part.control == Control.SERIAL,
            Balance.component_id.is_(None),
            Balance.bounded.is_(True),
            Balance.quantity != 0,
        )
        .order_by(Balance.id)
    )
    for number, place_id in nameless:
        yield f"parts: {number}: pieces without a serial number at place {place_id}"
    doubled = session.execute(
        select(Balance.component_id, func.sum(Balance.quantity))
        .where(Balance.component_id.is_not(None))
        .group_by(Balance.component_id)
        .having(or_(func.sum(Balance.quantity) > 1, func.min(Balance.quantity) < 0))
    )
    for component_id, quantity in doubled:
        yield f"parts: component {component_id} is there {int(quantity)} times"


def fitted_is_in_robots(session: Session) -> Iterator[str]:
    """A component that the ledger knows is in the place of robots while it sits in one."""
    sits = (
        select(Occupant.id)
        .where(Occupant.component_id == Balance.component_id, Occupant.until.is_(None))
        .exists()
    )
    in_robots = and_(Place.kind == PlaceKind.ROBOT, Balance.quantity == 1)
    rows = session.execute(
        select(Component.id, Component.serial, Place.name)
        .join(Balance, Balance.component_id == Component.id)
        .join(Place, Place.id == Balance.place_id)
        .where(in_robots != sits)
        .order_by(Component.id)
    )
    for component_id, serial, name in rows:
        yield (
            f"parts: component {component_id} ({serial}): robots and ledger disagree, "
            f"which has it at {name}"
        )


@cache
def _odd_changes() -> Select[int]:
    start, end = aliased(Place), aliased(Place)
    way = case((end.kind.in_(VALUED), 1), else_=0) - case((start.kind.in_(VALUED), 1), else_=0)
    return (
        select(Movement.id)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .where(
            or_(
                Movement.stock_change != way * Movement.quantity,
                Movement.value_change != way * Movement.value_minor,
            )
        )
        .order_by(Movement.id)
    )


def _changes_of_their_places(session: Session) -> Iterator[str]:
    """A movement changes stock and value exactly when it crosses the edge of valued places."""
    for movement_id in session.scalars(_odd_changes()):
        yield f"parts: movement {movement_id} does not change stock and value as its places say"


@cache
def _odd_values() -> Select[str, int, int, int, int]:
    moved = (
        select(
            Movement.part_id,
            func.sum(Movement.stock_change).label("quantity"),
            func.sum(Movement.value_change).label("value"),
        )
        .group_by(Movement.part_id)
        .subquery()
    )
    serial = (
        select(
            Balance.part_id,
            func.sum(Balance.quantity).label("quantity"),
            func.sum(Balance.cost_minor).label("value"),
        )
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.component_id.is_not(None), Balance.quantity > 0, Place.kind.in_(VALUED))
        .group_by(Balance.part_id)
        .subquery()
    )
    kept = Part.valued_minor + func.coalesce(serial.c.value, 0)
    pieces = Part.valued_quantity + func.coalesce(serial.c.quantity, 0)
    return (
        select(
            Part.number,
            pieces,
            kept,
            func.coalesce(moved.c.quantity, 0),
            func.coalesce(moved.c.value, 0),
        )
        .outerjoin(moved, moved.c.part_id == Part.id)
        .outerjoin(serial, serial.c.part_id == Part.id)
        .where(
            or_(
                pieces != func.coalesce(moved.c.quantity, 0),
                kept != func.coalesce(moved.c.value, 0),
            )
        )
        .order_by(Part.number)
    )


def _worth_what_moved(session: Session) -> Iterator[str]:
    """Moving averages and costs of components are what the movements add up to."""
    rows = session.execute(_odd_values())
    for number, quantity, value, moved_quantity, moved_value in rows:
        yield (
            f"parts: {number}: {int(quantity)} pieces worth {int(value)}, "
            f"movements give {int(moved_quantity)} worth {int(moved_value)}"
        )

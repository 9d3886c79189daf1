"""The store's ledger and its promises, page by page, the newest first."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.parts import shelves
from app.parts.models import Movement, Part, Place, Reservation
from app.robots.slot_models import Component
from app.web import paging
from app.web.paging import Page


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of one part, at one place, for one owner, of one component."""

    part_id: int | None = None
    place_id: int | None = None
    reference: str = ""
    component_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    movement: Movement
    part: Part
    start: Place
    end: Place
    component: Component | None


@dataclass(frozen=True, slots=True)
class Promise:
    reservation: Reservation
    part: Part
    component: Component | None


def movements(
    session: Session, actor: Actor, wanted: Wanted, *, cursor: str | None = None
) -> Page[Line]:
    """Lines of the ledger with what they name."""
    actor.require("stock.view")
    start, end = aliased(Place), aliased(Place)
    query = (
        select(Movement, Part, start, end, Component)
        .join(Part, Part.id == Movement.part_id)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .outerjoin(Component, Component.id == Movement.component_id)
        .where(Movement.store_id == actor.store_id, *_conditions(wanted))
        .order_by(Movement.id.desc())
    )
    if cursor:
        (last,) = paging.decode(cursor, int)
        query = query.where(Movement.id < last)
    rows = session.execute(query.limit(paging.PAGE + 1)).all()
    lines = [Line(*row) for row in rows]
    return Page(lines[: paging.PAGE], _next([line.movement.id for line in lines]))


def by_id(session: Session, actor: Actor, movement_id: int) -> Line:
    """One line; raises NotFound."""
    start, end = aliased(Place), aliased(Place)
    row = session.execute(
        select(Movement, Part, start, end, Component)
        .join(Part, Part.id == Movement.part_id)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .outerjoin(Component, Component.id == Movement.component_id)
        .where(Movement.store_id == actor.store_id, Movement.id == movement_id)
    ).first()
    if row is None:
        raise NotFound(msg("There is no such movement."))
    return Line(*row)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.part_id is not None:
        conditions.append(Movement.part_id == wanted.part_id)
    if wanted.place_id is not None:
        at = (Movement.from_place_id == wanted.place_id, Movement.to_place_id == wanted.place_id)
        conditions.append(or_(*at))
    if wanted.reference:
        conditions.append(Movement.reference == wanted.reference)
    if wanted.component_id is not None:
        conditions.append(Movement.component_id == wanted.component_id)
    return conditions


def promises(
    session: Session,
    actor: Actor,
    *,
    part_id: int | None = None,
    owner: str = "",
    cursor: str | None = None,
) -> Page[Promise]:
    """Live promises: who keeps what, and until when."""
    actor.require("stock.view")
    query = (
        select(Reservation, Part, Component)
        .join(Part, Part.id == Reservation.part_id)
        .outerjoin(Component, Component.id == Reservation.component_id)
        .where(Reservation.store_id == actor.store_id, shelves.IS_LIVE)
        .order_by(Reservation.id.desc())
    )
    if part_id is not None:
        query = query.where(Reservation.part_id == part_id)
    if owner:
        query = query.where(Reservation.owner == owner)
    if cursor:
        (last,) = paging.decode(cursor, int)
        query = query.where(Reservation.id < last)
    rows = session.execute(query.limit(paging.PAGE + 1), {"now": clock.now()}).all()
    found = [Promise(*row) for row in rows]
    return Page(found[: paging.PAGE], _next([one.reservation.id for one in found]))


def _next(ids: list[int]) -> str | None:
    return paging.encode(ids[paging.PAGE - 1]) if len(ids) > paging.PAGE else None

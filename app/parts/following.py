"""Fitting and removing in robots book the ledger, in the same transaction.

So a component that the ledger knows is in the place of all robots exactly while it sits in one.
"""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import bare_key, search_key
from app.kernel.text import msg
from app.parts import homecoming, issuing, picking, places, reservations, shelves, stock
from app.parts.errors import Elsewhere, Promised
from app.parts.models import PICKABLE, Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.owners import owner_label, owner_page
from app.parts.picking import Wish
from app.robots import addresses
from app.robots.components import label_of
from app.robots.events import ComponentCorrected, ComponentFitted, ComponentRemoved
from app.robots.slot_models import Component, Control

_FITTED = "fitted"
_REMOVED = "taken out"
_NOT_OURS = "fitted, not from our shelf"
_TICKET = re.compile(r"[Tt]-[0-9]+")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a fitted piece comes from, and for whom that is booked."""

    place: Place
    reference: str
    lot: str = ""


def on_fitted(session: Session, event: ComponentFitted) -> None:
    """From where it lies into a robot.

    What is on the bench for this job comes first, then what the shelf holds; what the store never
    had is the customer's own. Raises Promised or Conflict for what is meant for somebody else.
    """
    part = _part(session, event)
    if part is None:
        return
    component = _component(session, part, event)
    if component is None and part.control is Control.SERIAL:
        raise Refused(
            msg("{number} is kept by serial number: scan it.", number=part.number), field="serial"
        )
    parts = shelves.locked(session, event.actor, [part.id])
    if component is not None:
        source = _source_of(session, event, part, component)
    else:
        source = _source_of_piece(session, event, part)
    robot = places.standard(session, event.store_id, PlaceKind.ROBOT)
    stock.book(
        session,
        event.actor,
        [Move(part.id, 1, source.place, robot, source.lot, component)],
        reason=_NOT_OURS if source.place.kind is PlaceKind.CUSTOMER else _FITTED,
        reference=source.reference,
        parts=parts,
    )


def on_removed(session: Session, event: ComponentRemoved) -> None:
    """Out of a robot onto the bench; what the ledger did not know yet is entered first.

    A robot gives its parts back whatever the ledger thinks of them: what cannot be named by the
    serial or lot that its part wants is not counted.
    """
    part = _part(session, event)
    if part is None:
        return
    component = _component(session, part, event)
    if (part.control is Control.SERIAL and component is None) or (
        part.control is Control.LOT and not search_key(event.lot)
    ):
        return
    parts = shelves.locked(session, event.actor, [part.id])
    moves = homecoming.moves(session, event, part, component)
    if moves:
        stock.book(
            session,
            event.actor,
            moves,
            reason=_REMOVED,
            reference=owner_of(event.reference),
            parts=parts,
        )


def on_corrected(session: Session, event: ComponentCorrected) -> None:
    """A component stays what the ledger has it as; raises Conflict for another part number."""
    component = session.get_one(Component, event.component_id)
    part = session.scalar(
        select(Part)
        .join(Balance, Balance.part_id == Part.id)
        .where(Balance.component_id == component.id)
    )
    if part is not None and bare_key(part.number) != bare_key(component.part_number):
        raise Conflict(
            msg("In the stock ledger this is a {number}.", number=part.number),
            field="part_number",
        )


def owner_of(reference: str) -> str:
    """Whose job a reference means: `T-1001`, as people type it, is the ticket of this number."""
    return f"ticket:{reference.upper()}" if _TICKET.fullmatch(reference) else reference


def _part(session: Session, event: ComponentFitted | ComponentRemoved) -> Part | None:
    """What the ledger has the piece as, else the store's part of this number."""
    if event.component_id is not None:
        known = session.scalar(
            select(Part)
            .join(Balance, Balance.part_id == Part.id)
            .where(Balance.component_id == event.component_id)
        )
        if known is not None:
            return known
    keys = {search_key(event.part_number), bare_key(event.part_number)} - {""}
    numbered = select(Part).where(Part.store_id == event.store_id, Part.number_key.in_(keys))
    return session.scalars(numbered.order_by(Part.id).limit(1)).first() if keys else None


def _component(
    session: Session, part: Part, event: ComponentFitted | ComponentRemoved
) -> Component | None:
    if part.control is not Control.SERIAL or event.component_id is None:
        return None
    return session.get_one(Component, event.component_id)


def _source_of(
    session: Session, event: ComponentFitted, part: Part, component: Component
) -> _Source:
    owner = owner_of(event.reference)
    place = homecoming.place_of(session, component.id)
    if place is None:
        outside = places.standard(session, event.store_id, PlaceKind.CUSTOMER)
        return _Source(outside, owner, component.lot)
    if place.kind is PlaceKind.BENCH:
        return _Source(place, _require_same_job(session, owner, component), component.lot)
    if place.kind not in PICKABLE:
        raise Elsewhere(
            msg(
                "{what} cannot be handed out: it is at {place}.",
                what=label_of(component),
                place=places.label_of(place),
            ),
            field="serial",
            link=addresses.component_page(component.id),
        )
    promise = reservations.holder_of(session, component.id)
    if promise is not None and promise.owner != owner:
        raise reservations.promised(promise, component)
    _use_up(session, event, part, owner, component_id=component.id)
    return _Source(place, owner, component.lot)


def _require_same_job(session: Session, owner: str, component: Component) -> str:
    """For whom a component lies on the bench; raises Conflict when that is another job."""
    last = session.scalars(
        select(Movement.reference)
        .where(Movement.component_id == component.id)
        .order_by(Movement.id.desc())
        .limit(1)
    ).one()
    if last and owner and last != owner:
        raise Conflict(
            msg(
                "{what} lies on the bench for {owner}. Settle it there first.",
                what=label_of(component),
                owner=owner_label(last),
            ),
            field="serial",
            link=owner_page(last) or None,
        )
    return last


def _source_of_piece(session: Session, event: ComponentFitted, part: Part) -> _Source:
    owner = owner_of(event.reference)
    lot_key = search_key(event.lot) if part.control is Control.LOT else ""
    bench = issuing.bench_of(session, part.id, owner, lot_key)
    if bench is not None:
        return _Source(bench, owner, event.lot)
    if not stock.on_shelf(session, part.id, lot_key):
        outside = places.standard(session, event.store_id, PlaceKind.CUSTOMER)
        return _Source(outside, owner, event.lot)
    _use_up(session, event, part, owner, lot_key=lot_key)
    if stock.free(session, part.id) < 1:
        for blocker in reservations.blockers(session, part.id):
            raise Promised(
                msg(
                    "{what} is kept for {owner} ({holder}).",
                    what=part.number,
                    owner=blocker.owner,
                    holder=blocker.reservation.holder,
                ),
                field="part_number",
                link=blocker.page or None,
            )
    (pick,) = picking.pick(session, {part.id: part}, [Wish(part.id, lot_key=lot_key)])
    return _Source(pick.place, owner, pick.lot or event.lot)


def _use_up(
    session: Session,
    event: ComponentFitted,
    part: Part,
    owner: str,
    *,
    component_id: int | None = None,
    lot_key: str = "",
) -> None:
    if owner:
        reservations.use_up(
            session,
            owner,
            store_id=event.store_id,
            part_id=part.id,
            component_id=component_id,
            lot_key=lot_key,
        )

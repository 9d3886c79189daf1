"""Pieces put aside by hand, for whatever somebody says: here on the shelf, or still awaited."""

from sqlalchemy.orm import Session

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.parts import buying, reservations
from app.parts.buying_models import IncomingReservation, PurchaseLine
from app.parts.models import Part, Reservation
from app.parts.owners import owner_label, owner_page

_ASIDE = "aside:"
_LONGEST_PURPOSE = 64 - len(_ASIDE)


def put_aside(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int,
    purpose: str,
    minutes: int,
    component_id: int | None = None,
    lot: str = "",
) -> Reservation:
    """Keep pieces back by hand, for whatever `purpose` says, until it lapses or is given back."""
    actor.require("stock.move")
    promise = reservations.reserve(
        session,
        actor,
        part_id,
        quantity=quantity,
        owner=_owner_for(purpose),
        holder=actor.name,
        minutes=minutes,
        component_id=component_id,
        lot=lot,
    )
    _record(session, actor, "stock.put_aside", promise)
    return promise


def give_back(session: Session, actor: Actor, promise: Reservation) -> None:
    """End what was put aside by hand; sales and tickets give their own pieces back."""
    actor.require("stock.move")
    _require_by_hand(promise.owner)
    if promise.ended_at is not None:
        raise Conflict(msg("This was given back already."))
    promise.ended_at = clock.now()
    session.flush()
    _record(session, actor, "stock.given_back", promise)


def by_id(session: Session, actor: Actor, reservation_id: int) -> Reservation:
    found = session.get(Reservation, reservation_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such reservation."))
    return found


def put_awaited_aside(
    session: Session, actor: Actor, line: PurchaseLine, *, quantity: int, purpose: str
) -> None:
    """Keep awaited pieces of a line by hand, for whatever `purpose` says."""
    actor.require("stock.move")
    buying.reserve_incoming(
        session,
        actor,
        line.part_id,
        quantity=quantity,
        owner=_owner_for(purpose),
        holder=actor.name,
        line_id=line.id,
    )


def give_awaited_back(session: Session, actor: Actor, reservation_id: int) -> None:
    """What was kept by hand is free again; what a job or a sale waits for ends there."""
    actor.require("stock.move")
    reservation = session.get(IncomingReservation, reservation_id)
    if reservation is None or reservation.store_id != actor.store_id:
        raise NotFound(msg("Nothing of that is kept."))
    _require_by_hand(reservation.owner)
    reservation.ended_at = reservation.ended_at or clock.now()
    session.flush()
    audit.record(
        session,
        actor,
        "incoming.given_back",
        subject=f"incoming:{reservation.id}",
        before={"quantity": reservation.quantity, "owner": reservation.owner},
    )


def _owner_for(purpose: str) -> str:
    said = words.fitting(purpose, most=_LONGEST_PURPOSE, field="purpose")
    if not said:
        raise Refused(msg("Say for whom or what it is kept."), field="purpose")
    return _ASIDE + said


def _require_by_hand(owner: str) -> None:
    if not owner.startswith(_ASIDE):
        raise Conflict(
            msg("This is kept for {owner}. It ends there.", owner=owner_label(owner)),
            link=owner_page(owner) or None,
        )


def _record(session: Session, actor: Actor, action: str, promise: Reservation) -> None:
    number = session.get_one(Part, promise.part_id).number
    audit.record(
        session,
        actor,
        action,
        subject=f"part:{number}",
        after={
            "owner": promise.owner,
            "quantity": promise.quantity,
            "until": promise.expires_at,
        },
    )

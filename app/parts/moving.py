"""Pieces moved by hand, with two scans: what, and where to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.parts import homecoming, issuing, places, shelves, stock
from app.parts.errors import NotEnoughStock
from app.parts.models import VALUED, Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.owners import owner_label, owner_page
from app.robots import components
from app.robots.slot_models import Control

# Where pieces go by hand; robots, counts and opening balances have verbs of their own.
GOES_TO = VALUED | {PlaceKind.SCRAP}


def move(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int = 1,
    to: Place,
    start: Place | None = None,
    component_id: int | None = None,
    lot: str = "",
    reason: str = "",
) -> Movement:
    """From one place of the store to another, or to scrap, which wants a reason.

    Without `start` from where all of it lies; out of quarantine only by who keeps the parts.
    Raises NotEnoughStock, or Conflict where pieces lie on a bench for a job: those are settled
    there.
    """
    actor.require("stock.move")
    if to.kind not in GOES_TO:
        raise Refused(
            msg("Pieces do not go to {place} by hand.", place=places.label_of(to)), field="place"
        )
    reason = clean(reason)
    if to.kind is PlaceKind.SCRAP and not reason:
        raise Refused(msg("Say why it is scrapped."), field="reason")
    part = shelves.locked(session, actor, [part_id])[part_id]
    component = components.by_id(session, actor, component_id) if component_id is not None else None
    lot = component.lot if component is not None else lot
    where = start or _where(session, part, component_id, lot)
    wanted = Move(part_id, quantity, where, to, lot, component)
    if where.kind is PlaceKind.BENCH:
        _require_nobodys(session, part, wanted)
    if where.kind is PlaceKind.QUARANTINE:
        actor.require("parts.edit")
    if where.kind not in VALUED:
        raise Refused(
            msg("Pieces do not come from {place} by hand.", place=places.label_of(where)),
            field="start",
        )
    (line,) = stock.book(
        session,
        actor,
        [wanted],
        reason=reason or "moved",
        parts={part_id: part},
    )
    return line


def _where(session: Session, part: Part, component_id: int | None, lot: str) -> Place:
    """The one place that it can be meant to come from."""
    if component_id is not None:
        place = homecoming.place_of(session, component_id)
        if place is None:
            raise NotEnoughStock(part.number, wanted=1, free=0, field="serial")
        return place
    filled = (
        select(Place)
        .join(Balance, Balance.place_id == Place.id)
        .where(
            Balance.part_id == part.id,
            Balance.quantity > 0,
            Place.kind.in_(VALUED),
            Balance.component_id.is_(None),
        )
        .order_by(Place.id)
    )
    if part.control is Control.LOT and search_key(lot):
        filled = filled.where(Balance.lot_key == search_key(lot))
    found = list(dict.fromkeys(session.scalars(filled)))
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotEnoughStock(part.number, wanted=1, free=0, field="start")
    raise Refused(
        msg(
            "{number} lies in several places: {places}. Say from which.",
            number=part.number,
            places=", ".join(str(places.label_of(place)) for place in found),
        ),
        field="start",
    )


def _require_nobodys(session: Session, part: Part, wanted: Move) -> None:
    """Raises Conflict when what lies on a bench lies there for a job."""
    if wanted.component is not None:
        last = select(Movement.reference).where(Movement.component_id == wanted.component.id)
        owners = {session.scalars(last.order_by(Movement.id.desc()).limit(1)).first() or ""}
        free = 1 if owners == {""} else 0
    else:
        lot_key = wanted.lot_key if part.control is Control.LOT else None
        lying = issuing.on_benches(session, part.id, lot_key=lot_key)
        here = {owner: count for (owner, place), count in lying.items() if place is wanted.start}
        free = here.get("", 0)
        owners = {owner for owner, count in here.items() if count > 0}
    if wanted.quantity > free:
        owner = min(owners - {""}, default="")
        if owner:
            raise Conflict(
                msg(
                    "{what} lies on the bench for {owner}. Settle it there first.",
                    what=part.number,
                    owner=owner_label(owner),
                ),
                field="quantity",
                link=owner_page(owner) or None,
            )

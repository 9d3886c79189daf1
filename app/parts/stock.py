"""The ledger of pieces: receiving, promising, issuing; a balance is the sum of its movements."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts.errors import NotEnoughStock
from app.parts.models import (
    BOUNDED,
    PICKABLE,
    Balance,
    Movement,
    Part,
    Place,
    PlaceKind,
    Reservation,
)

_NAMES = {
    PlaceKind.BIN: "Store",
    PlaceKind.SUPPLIER: "Supplier",
    PlaceKind.CUSTOMER: "Customer",
    PlaceKind.SCRAP: "Scrap",
    PlaceKind.COUNT: "Count difference",
}


# Not ended, and neither promised for good nor lapsed by `now`.
_IS_LIVE = and_(
    Reservation.ended_at.is_(None),
    or_(Reservation.expires_at.is_(None), Reservation.expires_at > bindparam("now")),
)
_FREE = select(
    Part.id,
    select(func.coalesce(func.sum(Balance.quantity), 0))
    .where(Balance.part_id == Part.id, Balance.pickable.is_(True))
    .scalar_subquery(),
    select(func.coalesce(func.sum(Reservation.quantity), 0))
    .where(Reservation.part_id == Part.id, _IS_LIVE)
    .scalar_subquery(),
).where(Part.id.in_(bindparam("part_ids", expanding=True)))
_LOCKED = (
    select(Part)
    .where(
        Part.id.in_(bindparam("part_ids", expanding=True)), Part.store_id == bindparam("store_id")
    )
    .order_by(Part.id)
    .with_for_update()
)
_LOCKED_BALANCES = (
    select(Balance)
    .where(
        Balance.part_id.in_(bindparam("part_ids", expanding=True)),
        Balance.place_id.in_(bindparam("place_ids", expanding=True)),
    )
    .order_by(Balance.part_id, Balance.place_id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_PLACES = (
    select(Place)
    .where(
        Place.store_id == bindparam("store_id"),
        Place.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(Place.id.desc())
)
# Not ended, and of this owner in this store: two stores may each have an `order:5`.
_PROMISED_TO = and_(
    Reservation.owner == bindparam("of_owner"),
    Reservation.store_id == bindparam("of_store"),
    Reservation.ended_at.is_(None),
)
_PROMISED = (
    select(Reservation)
    .where(_PROMISED_TO)
    .order_by(Reservation.id)
    .execution_options(populate_existing=True)
)
_PROMISE = update(Reservation).where(_PROMISED_TO).execution_options(synchronize_session=False)
_UNTIL = _PROMISE.values(expires_at=bindparam("until"))
_ISSUE = _PROMISE.values(ended_at=bindparam("now")).returning(
    Reservation.part_id, Reservation.quantity
)


def frees(session: Session, part_ids: Iterable[int]) -> dict[int, int]:
    """On hand less what is promised, by part; one statement however many parts."""
    ids = list(part_ids)
    if not ids:
        return {}
    rows = session.execute(_FREE, {"part_ids": ids, "now": clock.now()})
    return dict.fromkeys(ids, 0) | {part_id: int(have) - int(owe) for part_id, have, owe in rows}


def free(session: Session, part_id: int) -> int:
    return frees(session, [part_id])[part_id]


def receive(
    session: Session, actor: Actor, part_id: int, *, quantity: int, reason: str, reference: str = ""
) -> Movement:
    """From a supplier onto the shelf."""
    actor.require("stock.move")
    (movement,) = _move(
        session,
        actor,
        {part_id: quantity},
        (PlaceKind.SUPPLIER, PlaceKind.BIN),
        reason=reason,
        reference=reference,
    )
    return movement


def reserve(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int,
    owner: str,
    holder: str,
    minutes: int,
) -> Reservation:
    """Promise pieces to an owner for a while. Raises NotEnoughStock."""
    part = _locked(session, actor, [part_id])[part_id]
    there = free(session, part_id)
    if there < quantity:
        raise NotEnoughStock(part.number, wanted=quantity, free=max(there, 0), field="quantity")
    now = clock.now()
    reservation = Reservation(
        store_id=actor.store_id,
        part_id=part_id,
        quantity=quantity,
        owner=owner,
        holder=holder,
        made_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    session.add(reservation)
    session.flush()
    return reservation


def release(
    session: Session,
    owner: str,
    *,
    store_id: int,
    part_id: int | None = None,
    quantity: int | None = None,
) -> None:
    """Give back an owner's promised pieces: all, those of one part, or some of one part."""
    left = quantity
    for reservation in _open_of(session, store_id, owner, part_id):
        if left is None or reservation.quantity <= left:
            left = None if left is None else left - reservation.quantity
            reservation.ended_at = clock.now()
        elif left > 0:
            reservation.quantity -= left
            left = 0
    session.flush()


def renew(session: Session, actor: Actor, owner: str, *, holder: str, minutes: int) -> None:
    """Promise again what has lapsed by time; raises NotEnoughStock for what is gone."""
    now = clock.now()
    lapsed: dict[int, int] = {}
    for reservation in _open_of(session, actor.store_id, owner, None):
        if reservation.expires_at is not None and reservation.expires_at <= now:
            reservation.ended_at = now
            lapsed[reservation.part_id] = lapsed.get(reservation.part_id, 0) + reservation.quantity
    for part_id, quantity in lapsed.items():
        reserve(
            session,
            actor,
            part_id,
            quantity=quantity,
            owner=owner,
            holder=holder,
            minutes=minutes,
        )


def make_permanent(session: Session, owner: str, *, store_id: int) -> None:
    """Money has been taken: the promise no longer ends by time."""
    session.execute(_UNTIL, {"of_owner": owner, "of_store": store_id, "until": None})


def make_temporary(session: Session, owner: str, *, store_id: int, minutes: int) -> None:
    """Nothing was paid after all: the promise ends by time again."""
    until = clock.now() + timedelta(minutes=minutes)
    session.execute(_UNTIL, {"of_owner": owner, "of_store": store_id, "until": until})


def issue_reserved(session: Session, actor: Actor, owner: str, *, reason: str) -> None:
    """Hand the owner's promised pieces over: off the shelf, to the customer."""
    facts = {"of_owner": owner, "of_store": actor.store_id, "now": clock.now()}
    quantities: dict[int, int] = {}
    for part_id, quantity in session.execute(_ISSUE, facts).all():
        quantities[part_id] = quantities.get(part_id, 0) + quantity
    if quantities:
        _move(
            session,
            actor,
            quantities,
            (PlaceKind.BIN, PlaceKind.CUSTOMER),
            reason=reason,
            reference=owner,
        )


def reverse(session: Session, actor: Actor, movement_id: int, *, reason: str) -> Movement:
    """Undo a movement by its opposite; each can be reversed once."""
    actor.require("stock.move")
    first = session.get(Movement, movement_id)
    if first is None or first.store_id != actor.store_id:
        raise NotFound(msg("There is no such movement."))
    if session.scalar(select(Movement.id).where(Movement.reverses_id == movement_id)):
        raise Conflict(msg("This movement was already reversed."))
    if not clean(reason):
        raise Refused(msg("Say why it is reversed."), field="reason")
    (opposite,) = _book(
        session,
        actor,
        {first.part_id: first.quantity},
        session.get_one(Place, first.to_place_id),
        session.get_one(Place, first.from_place_id),
        reason=clean(reason),
        reference=first.reference,
        reverses_id=first.id,
    )
    return opposite


def _move(
    session: Session,
    actor: Actor,
    quantities: Mapping[int, int],
    way: tuple[PlaceKind, PlaceKind],
    *,
    reason: str,
    reference: str,
) -> list[Movement]:
    places = _places(session, actor.store_id, way)
    return _book(
        session,
        actor,
        quantities,
        places[way[0]],
        places[way[1]],
        reason=reason,
        reference=reference,
    )


def _book(
    session: Session,
    actor: Actor,
    quantities: Mapping[int, int],
    start: Place,
    end: Place,
    *,
    reason: str,
    reference: str,
    reverses_id: int | None = None,
) -> list[Movement]:
    """Pieces by part from place to place: a line of the ledger each, and both balances.

    Raises NotEnoughStock when the starting place has too few. The number of statements does not
    grow with the parts.
    """
    if min(quantities.values()) <= 0:
        raise Refused(msg("A movement is of at least one piece."), field="quantity")
    parts = _locked(session, actor, quantities)
    balances = _balances(session, quantities, (start, end))
    for part_id, quantity in quantities.items():
        source, target = balances[part_id, start.id], balances[part_id, end.id]
        if source.bounded and source.quantity < quantity:
            raise NotEnoughStock(
                parts[part_id].number, wanted=quantity, free=source.quantity, field="quantity"
            )
        source.quantity -= quantity
        target.quantity += quantity
    movements = [
        Movement(
            store_id=actor.store_id,
            part_id=part_id,
            from_place_id=start.id,
            to_place_id=end.id,
            quantity=quantity,
            at=clock.now(),
            actor=actor.name,
            reason=reason,
            reference=reference,
            reverses_id=reverses_id,
        )
        for part_id, quantity in quantities.items()
    ]
    session.add_all(movements)
    session.flush()
    for movement in movements:
        part = parts[movement.part_id]
        _record(session, actor, movement, part=part, start=start, end=end)
    return movements


def _record(
    session: Session, actor: Actor, movement: Movement, *, part: Part, start: Place, end: Place
) -> None:
    audit.record(
        session,
        actor,
        "stock.moved",
        subject=f"part:{part.number}",
        after={
            "from": start.name,
            "to": end.name,
            "quantity": movement.quantity,
            "movement": movement.id,
        },
        reason=movement.reason,
    )


def _places(
    session: Session, store_id: int, kinds: tuple[PlaceKind, ...]
) -> dict[PlaceKind, Place]:
    """The store's standard place of each kind, the oldest; made at its first use."""
    rows = session.scalars(_PLACES, {"store_id": store_id, "kinds": kinds})
    found = {row.kind: row for row in rows}
    missing = {
        kind: Place(store_id=store_id, kind=kind, name=_NAMES[kind])
        for kind in kinds
        if kind not in found
    }
    session.add_all(missing.values())
    session.flush()
    return found | missing


def _balances(
    session: Session, part_ids: Collection[int], places: tuple[Place, ...]
) -> dict[tuple[int, int], Balance]:
    """Each part's balance at each place, by (part, place), locked; a new one stands at nothing."""
    place_ids = [place.id for place in places]
    rows = session.scalars(_LOCKED_BALANCES, {"part_ids": list(part_ids), "place_ids": place_ids})
    found = {(row.part_id, row.place_id): row for row in rows}
    missing = {
        (part_id, place.id): Balance(
            part_id=part_id,
            place_id=place.id,
            bounded=place.kind in BOUNDED,
            pickable=place.kind in PICKABLE,
        )
        for part_id in part_ids
        for place in places
        if (part_id, place.id) not in found
    }
    session.add_all(missing.values())
    return found | missing


def _locked(session: Session, actor: Actor, part_ids: Collection[int]) -> dict[int, Part]:
    """The store's parts by id, locked in one order, so that two buyers never wait in a ring."""
    rows = session.scalars(_LOCKED, {"part_ids": list(part_ids), "store_id": actor.store_id})
    found = {row.id: row for row in rows}
    if len(found) < len(part_ids):
        raise NotFound(msg("There is no such part."))
    return found


def _open_of(session: Session, store_id: int, owner: str, part_id: int | None) -> list[Reservation]:
    """An owner's promises, lapsed ones included."""
    rows = session.scalars(_PROMISED, {"of_owner": owner, "of_store": store_id})
    return [row for row in rows if part_id is None or row.part_id == part_id]

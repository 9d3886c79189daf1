"""The ledger of pieces: receiving, promising, issuing; a balance is the sum of its movements."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts.errors import NotEnoughStock
from app.parts.models import UNBOUNDED, Balance, Movement, Part, Place, PlaceKind, Reservation

_NAMES = {
    PlaceKind.BIN: "Store",
    PlaceKind.SUPPLIER: "Supplier",
    PlaceKind.CUSTOMER: "Customer",
    PlaceKind.SCRAP: "Scrap",
    PlaceKind.COUNT: "Count difference",
}


def frees(session: Session, part_ids: Iterable[int]) -> dict[int, int]:
    """On hand less what is promised, by part; one statement however many parts."""
    ids = list(part_ids)
    if not ids:
        return {}
    there = (
        select(func.coalesce(func.sum(Balance.quantity), 0))
        .where(Balance.part_id == Part.id, Balance.bounded.is_(True))
        .scalar_subquery()
    )
    promised = (
        select(func.coalesce(func.sum(Reservation.quantity), 0))
        .where(Reservation.part_id == Part.id, _is_live())
        .scalar_subquery()
    )
    rows = session.execute(select(Part.id, there, promised).where(Part.id.in_(ids)))
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
    session.execute(
        update(Reservation).where(_promised_to(owner, store_id)).values(expires_at=None)
    )


def make_temporary(session: Session, owner: str, *, store_id: int, minutes: int) -> None:
    """Nothing was paid after all: the promise ends by time again."""
    session.execute(
        update(Reservation)
        .where(_promised_to(owner, store_id))
        .values(expires_at=clock.now() + timedelta(minutes=minutes))
    )


def issue_reserved(session: Session, actor: Actor, owner: str, *, reason: str) -> None:
    """Hand the owner's promised pieces over: off the shelf, to the customer."""
    issued = session.execute(
        update(Reservation)
        .where(_promised_to(owner, actor.store_id))
        .values(ended_at=clock.now())
        .returning(Reservation.part_id, Reservation.quantity)
    ).all()
    quantities: dict[int, int] = {}
    for part_id, quantity in issued:
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
    rows = session.scalars(
        select(Place)
        .where(Place.store_id == store_id, Place.kind.in_(kinds))
        .order_by(Place.id.desc())
    )
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
    rows = session.scalars(
        select(Balance)
        .where(Balance.part_id.in_(part_ids), Balance.place_id.in_([place.id for place in places]))
        .order_by(Balance.part_id, Balance.place_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {(row.part_id, row.place_id): row for row in rows}
    missing = {
        (part_id, place.id): Balance(
            part_id=part_id, place_id=place.id, bounded=place.kind not in UNBOUNDED
        )
        for part_id in part_ids
        for place in places
        if (part_id, place.id) not in found
    }
    session.add_all(missing.values())
    return found | missing


def _locked(session: Session, actor: Actor, part_ids: Collection[int]) -> dict[int, Part]:
    """The store's parts by id, locked in one order, so that two buyers never wait in a ring."""
    rows = session.scalars(
        select(Part)
        .where(Part.id.in_(part_ids), Part.store_id == actor.store_id)
        .order_by(Part.id)
        .with_for_update()
    )
    found = {row.id: row for row in rows}
    if len(found) < len(part_ids):
        raise NotFound(msg("There is no such part."))
    return found


def _promised_to(owner: str, store_id: int) -> ColumnElement[bool]:
    """SQL for: not ended, and of this owner. Two stores may each have an `order:5`."""
    return and_(
        Reservation.owner == owner,
        Reservation.store_id == store_id,
        Reservation.ended_at.is_(None),
    )


def _open_of(session: Session, store_id: int, owner: str, part_id: int | None) -> list[Reservation]:
    """An owner's promises, lapsed ones included."""
    query = select(Reservation).where(_promised_to(owner, store_id))
    if part_id is not None:
        query = query.where(Reservation.part_id == part_id)
    return list(session.scalars(query.order_by(Reservation.id)))


def _is_live() -> ColumnElement[bool]:
    return and_(
        Reservation.ended_at.is_(None),
        or_(Reservation.expires_at.is_(None), Reservation.expires_at > clock.now()),
    )

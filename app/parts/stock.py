"""The ledger of pieces: receiving, promising, issuing; a balance is the sum of its movements."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
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


def place(session: Session, store_id: int, kind: PlaceKind) -> Place:
    """The store's standard place of a kind; made at its first use."""
    found = session.scalar(
        select(Place)
        .where(Place.store_id == store_id, Place.kind == kind)
        .order_by(Place.id)
        .limit(1)
    )
    if found is None:
        found = Place(store_id=store_id, kind=kind, name=_NAMES[kind])
        session.add(found)
        session.flush()
    return found


def on_hand(session: Session, part_ids: Iterable[int]) -> dict[int, int]:
    """Pieces in places of the store that can hold stock, by part."""
    ids = list(part_ids)
    found = dict.fromkeys(ids, 0)
    rows = session.execute(
        select(Balance.part_id, func.sum(Balance.quantity))
        .where(Balance.part_id.in_(ids), Balance.bounded.is_(True))
        .group_by(Balance.part_id)
    )
    return found | {part_id: int(quantity) for part_id, quantity in rows}


def reserved(session: Session, part_ids: Iterable[int]) -> dict[int, int]:
    """Pieces promised to somebody and not yet issued, by part."""
    ids = list(part_ids)
    rows = session.execute(
        select(Reservation.part_id, func.sum(Reservation.quantity))
        .where(Reservation.part_id.in_(ids), _is_live())
        .group_by(Reservation.part_id)
    )
    return dict.fromkeys(ids, 0) | {part_id: int(quantity) for part_id, quantity in rows}


def frees(session: Session, part_ids: Iterable[int]) -> dict[int, int]:
    """On hand less what is promised, by part; two statements however many parts."""
    ids = list(part_ids)
    if not ids:
        return {}
    held = reserved(session, ids)
    return {part_id: there - held[part_id] for part_id, there in on_hand(session, ids).items()}


def free(session: Session, part_id: int) -> int:
    return frees(session, [part_id])[part_id]


def receive(
    session: Session, actor: Actor, part_id: int, *, quantity: int, reason: str, reference: str = ""
) -> Movement:
    """From a supplier onto the shelf."""
    actor.require("stock.move")
    return _move(
        session,
        actor,
        part_id,
        (PlaceKind.SUPPLIER, PlaceKind.BIN),
        quantity=quantity,
        reason=reason,
        reference=reference,
    )


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
    part = _locked_part(session, actor, part_id)
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
    session: Session, owner: str, *, part_id: int | None = None, quantity: int | None = None
) -> None:
    """Give back an owner's promised pieces: all, those of one part, or some of one part."""
    left = quantity
    for reservation in _open_of(session, owner, part_id):
        if left is None or reservation.quantity <= left:
            left = None if left is None else left - reservation.quantity
            reservation.ended_at = clock.now()
        elif left > 0:
            reservation.quantity -= left
            left = 0
    session.flush()


def renew(session: Session, actor: Actor, owner: str, *, holder: str, minutes: int) -> None:
    """Promise again what may have lapsed by time; raises NotEnoughStock for what is gone."""
    wanted: dict[int, int] = {}
    for reservation in _open_of(session, owner, None):
        wanted[reservation.part_id] = wanted.get(reservation.part_id, 0) + reservation.quantity
        reservation.ended_at = clock.now()
    session.flush()
    for part_id, quantity in wanted.items():
        reserve(
            session,
            actor,
            part_id,
            quantity=quantity,
            owner=owner,
            holder=holder,
            minutes=minutes,
        )


def make_permanent(session: Session, owner: str) -> None:
    """Money has been taken: the promise no longer ends by time."""
    for reservation in _open_of(session, owner, None):
        reservation.expires_at = None
    session.flush()


def make_temporary(session: Session, owner: str, *, minutes: int) -> None:
    """Nothing was paid after all: the promise ends by time again."""
    for reservation in _open_of(session, owner, None):
        reservation.expires_at = clock.now() + timedelta(minutes=minutes)
    session.flush()


def issue_reserved(session: Session, actor: Actor, owner: str, *, reason: str) -> None:
    """Hand the owner's promised pieces over: off the shelf, to the customer."""
    for reservation in _open_of(session, owner, None):
        reservation.ended_at = clock.now()
        _move(
            session,
            actor,
            reservation.part_id,
            (PlaceKind.BIN, PlaceKind.CUSTOMER),
            quantity=reservation.quantity,
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
    return _book(
        session,
        actor,
        first.part_id,
        session.get_one(Place, first.to_place_id),
        session.get_one(Place, first.from_place_id),
        quantity=first.quantity,
        reason=clean(reason),
        reference=first.reference,
        reverses_id=first.id,
    )


def _move(
    session: Session,
    actor: Actor,
    part_id: int,
    way: tuple[PlaceKind, PlaceKind],
    *,
    quantity: int,
    reason: str,
    reference: str,
) -> Movement:
    start, end = (place(session, actor.store_id, kind) for kind in way)
    return _book(
        session,
        actor,
        part_id,
        start,
        end,
        quantity=quantity,
        reason=reason,
        reference=reference,
    )


def _book(
    session: Session,
    actor: Actor,
    part_id: int,
    start: Place,
    end: Place,
    *,
    quantity: int,
    reason: str,
    reference: str,
    reverses_id: int | None = None,
) -> Movement:
    """Write the line and both balances, or refuse when the starting place has too few."""
    if quantity <= 0:
        raise Refused(msg("A movement is of at least one piece."), field="quantity")
    part = _locked_part(session, actor, part_id)
    source = _balance(session, part_id, start)
    if source.bounded and source.quantity < quantity:
        raise NotEnoughStock(part.number, wanted=quantity, free=source.quantity, field="quantity")
    source.quantity -= quantity
    _balance(session, part_id, end).quantity += quantity
    movement = Movement(
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
    session.add(movement)
    session.flush()
    audit.record(
        session,
        actor,
        "stock.moved",
        subject=f"part:{part.number}",
        after={"from": start.name, "to": end.name, "quantity": quantity, "movement": movement.id},
        reason=reason,
    )
    return movement


def _balance(session: Session, part_id: int, where: Place) -> Balance:
    found = session.scalar(
        select(Balance)
        .where(Balance.part_id == part_id, Balance.place_id == where.id)
        .with_for_update()
    )
    if found is None:
        found = Balance(part_id=part_id, place_id=where.id, bounded=where.kind not in UNBOUNDED)
        session.add(found)
        session.flush()
    return found


def _locked_part(session: Session, actor: Actor, part_id: int) -> Part:
    part = session.scalar(
        select(Part).where(Part.id == part_id, Part.store_id == actor.store_id).with_for_update()
    )
    if part is None:
        raise NotFound(msg("There is no such part."))
    return part


def _open_of(session: Session, owner: str, part_id: int | None) -> list[Reservation]:
    """An owner's promises, lapsed ones included."""
    query = select(Reservation).where(Reservation.owner == owner, Reservation.ended_at.is_(None))
    if part_id is not None:
        query = query.where(Reservation.part_id == part_id)
    return list(session.scalars(query.order_by(Reservation.id)))


def _is_live() -> ColumnElement[bool]:
    return and_(
        Reservation.ended_at.is_(None),
        or_(Reservation.expires_at.is_(None), Reservation.expires_at > clock.now()),
    )

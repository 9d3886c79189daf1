"""Pieces promised to an owner for a while: any of a part, of one lot, or one component."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, case, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.parts import places, shelves, stock
from app.parts.errors import Elsewhere, NotEnoughStock, Promised
from app.parts.models import Balance, Part, Place, Reservation
from app.parts.owners import owner_label, owner_page
from app.parts.picking import Wish
from app.robots import components
from app.robots.slot_models import Component, Control

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
_UNTIL = (
    update(Reservation)
    .where(_PROMISED_TO)
    .values(expires_at=bindparam("until"))
    .execution_options(synchronize_session=False)
)
# What lives stays; the time of what has lapsed is told, and left as it was.
_KEPT = (
    update(Reservation)
    .where(_PROMISED_TO)
    .values(expires_at=case((Reservation.expires_at <= bindparam("now"), Reservation.expires_at)))
    .returning(Reservation.expires_at)
    .execution_options(synchronize_session=False)
)
_TAKEN = (
    update(Reservation)
    .where(_PROMISED_TO)
    .values(ended_at=bindparam("now"))
    .returning(
        Reservation.part_id, Reservation.quantity, Reservation.component_id, Reservation.lot_key
    )
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Blocker:
    """Who keeps how many pieces of a part from whom else, and until when."""

    reservation: Reservation
    component: Component | None

    @property
    def owner(self) -> Text:
        return owner_label(self.reservation.owner)

    @property
    def page(self) -> str:
        return owner_page(self.reservation.owner)

    @property
    def until(self) -> datetime | None:
        return self.reservation.expires_at


def reserve(
    session: Session,
    actor: Actor,
    part_id: int,
    *,
    quantity: int = 1,
    owner: str,
    holder: str,
    minutes: int | None,
    component_id: int | None = None,
    lot: str = "",
) -> Reservation:
    """Promise pieces to an owner, for a while or, without `minutes`, until they are given back.

    The verb that calls this has asked whether the actor may. Raises NotEnoughStock, Promised when
    a component is kept for somebody else, Elsewhere when it is not on the shelf.
    """
    if quantity < 1 or (component_id is not None and quantity != 1):
        raise Refused(msg("A movement is of at least one piece."), field="quantity")
    part = shelves.locked(session, actor, [part_id])[part_id]
    lot_key = search_key(lot) if part.control is Control.LOT else ""
    if component_id is not None:
        component = components.by_id(session, actor, component_id)
        _require_free_component(session, part, component)
    there = stock.free(session, part_id)
    if there < quantity:
        raise NotEnoughStock(part.number, wanted=quantity, free=max(there, 0), field="quantity")
    if lot_key:
        _require_free_lot(session, part, lot_key, quantity)
    now = clock.now()
    reservation = Reservation(
        store_id=actor.store_id,
        part_id=part_id,
        quantity=quantity,
        component_id=component_id,
        lot_key=lot_key,
        owner=owner,
        holder=holder,
        made_at=now,
        expires_at=None if minutes is None else now + timedelta(minutes=minutes),
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
    component_id: int | None = None,
) -> None:
    """Give back an owner's promised pieces: all, those of one part, some of it, or one component.

    What is promised without a serial goes first.
    """
    left = quantity
    for promise in _open_of(session, store_id, owner, part_id, component_id):
        if left is None or promise.quantity <= left:
            left = None if left is None else left - promise.quantity
            promise.ended_at = clock.now()
        elif left > 0:
            promise.quantity -= left
            left = 0
    session.flush()


def renew(session: Session, actor: Actor, owner: str, *, holder: str, minutes: int) -> None:
    """Promise again what has lapsed by time; raises NotEnoughStock for what is gone."""
    now = clock.now()
    lapsed: dict[tuple[int, int | None, str], int] = {}
    for promise in _open_of(session, actor.store_id, owner):
        if promise.expires_at is not None and promise.expires_at <= now:
            promise.ended_at = now
            key = (promise.part_id, promise.component_id, promise.lot_key)
            lapsed[key] = lapsed.get(key, 0) + promise.quantity
    session.flush()
    for (part_id, component_id, lot_key), quantity in sorted(
        lapsed.items(), key=lambda item: item[0][0]
    ):
        reserve(
            session,
            actor,
            part_id,
            quantity=quantity,
            owner=owner,
            holder=holder,
            minutes=minutes,
            component_id=component_id,
            lot=lot_key,
        )


def keep(session: Session, actor: Actor, owner: str, *, holder: str) -> None:
    """Money is taken: what is promised does not end by time, and what has lapsed is promised again.

    Raises NotEnoughStock for what is gone.
    """
    facts = {"of_owner": owner, "of_store": actor.store_id, "now": clock.now()}
    untils = session.scalars(_KEPT, facts).all()
    if any(untils):
        renew(session, actor, owner, holder=holder, minutes=1)
        make_permanent(session, owner, store_id=actor.store_id)


def make_permanent(session: Session, owner: str, *, store_id: int) -> None:
    """Money has been taken: the promise no longer ends by time."""
    session.execute(_UNTIL, {"of_owner": owner, "of_store": store_id, "until": None})


def make_temporary(session: Session, owner: str, *, store_id: int, minutes: int) -> None:
    """Nothing was paid after all: the promise ends by time again."""
    until = clock.now() + timedelta(minutes=minutes)
    session.execute(_UNTIL, {"of_owner": owner, "of_store": store_id, "until": until})


def use_up(
    session: Session,
    owner: str,
    *,
    store_id: int,
    part_id: int,
    quantity: int = 1,
    component_id: int | None = None,
    lot_key: str = "",
) -> int:
    """What the owner takes is no longer promised to it; gives how many pieces that were.

    The promise of just this component or lot goes first, then one of any piece.
    """
    fitting = [
        promise
        for promise in _open_of(session, store_id, owner, part_id)
        if promise.component_id in {None, component_id} and promise.lot_key in {"", lot_key}
    ]
    fitting.sort(key=lambda one: (one.component_id is None, one.lot_key == "", one.id))
    left = quantity
    for promise in fitting:
        used = min(left, promise.quantity)
        left -= used
        if used == promise.quantity:
            promise.ended_at = clock.now()
        else:
            promise.quantity -= used
        if not left:
            break
    session.flush()
    return quantity - left


def use_up_all(session: Session, owner: str, *, store_id: int) -> list[Wish]:
    """Everything that is promised to an owner is taken; what that is, by part."""
    wishes: dict[tuple[int, int | None, str], int] = {}
    now = clock.now()
    for promise in session.execute(
        _TAKEN, {"of_owner": owner, "of_store": store_id, "now": now}
    ).all():
        key = (promise.part_id, promise.component_id, promise.lot_key)
        wishes[key] = wishes.get(key, 0) + promise.quantity
    return [
        Wish(part_id, quantity, component_id, lot_key)
        for (part_id, component_id, lot_key), quantity in wishes.items()
    ]


def blockers(session: Session, part_id: int) -> list[Blocker]:
    """Who holds pieces of a part, the first to be free again first."""
    rows = session.execute(
        select(Reservation, Component)
        .outerjoin(Component, Component.id == Reservation.component_id)
        .where(Reservation.part_id == part_id, shelves.IS_LIVE)
        .order_by(Reservation.expires_at.is_(None), Reservation.expires_at, Reservation.id),
        {"now": clock.now()},
    )
    return [Blocker(promise, component) for promise, component in rows]


def holder_of(session: Session, component_id: int) -> Reservation | None:
    """The live promise of just this component."""
    return session.scalar(
        select(Reservation).where(Reservation.component_id == component_id, shelves.IS_LIVE),
        {"now": clock.now()},
    )


def promised(promise: Reservation, component: Component) -> Promised:
    """The refusal that names who waits for a component."""
    return Promised(
        msg(
            "{what} is kept for {owner} ({holder}).",
            what=components.label_of(component),
            owner=owner_label(promise.owner),
            holder=promise.holder,
        ),
        field="serial",
        link=owner_page(promise.owner) or None,
    )


def _require_free_component(session: Session, part: Part, component: Component) -> None:
    """Raises Promised or Elsewhere unless just this piece can be promised now."""
    _end_lapsed(session, [Reservation.component_id == component.id])
    other = holder_of(session, component.id)
    if other is not None:
        raise promised(other, component)
    row = session.execute(
        select(Balance, Place)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.component_id == component.id, Balance.quantity > 0)
    ).first()
    if row is None or row[0].part_id != part.id or not row[0].pickable:
        where = places.label_of(row[1]) if row is not None else msg("–")
        raise Elsewhere(
            msg(
                "{what} cannot be handed out: it is at {place}.",
                what=components.label_of(component),
                place=where,
            ),
            field="serial",
        )


def _require_free_lot(session: Session, part: Part, lot_key: str, quantity: int) -> None:
    kept = session.scalars(
        select(Reservation.quantity).where(
            Reservation.part_id == part.id, Reservation.lot_key == lot_key, shelves.IS_LIVE
        ),
        {"now": clock.now()},
    )
    there = stock.on_shelf(session, part.id, lot_key) - sum(kept)
    if there < quantity:
        raise NotEnoughStock(part.number, wanted=quantity, free=max(there, 0), field="lot")


def _end_lapsed(session: Session, conditions: Iterable[ColumnElement[bool]]) -> None:
    """A promise that has lapsed holds its component no longer."""
    now = clock.now()
    lapsed = update(Reservation).where(
        *conditions, Reservation.ended_at.is_(None), Reservation.expires_at <= now
    )
    session.execute(lapsed.values(ended_at=now).execution_options(synchronize_session="fetch"))


def _open_of(
    session: Session,
    store_id: int,
    owner: str,
    part_id: int | None = None,
    component_id: int | None = None,
) -> list[Reservation]:
    """An owner's promises, lapsed ones included; those of any piece first."""
    rows = session.scalars(_PROMISED, {"of_owner": owner, "of_store": store_id})
    found = [
        row
        for row in rows
        if part_id in {None, row.part_id} and component_id in {None, row.component_id}
    ]
    return sorted(found, key=lambda row: (row.component_id is not None, row.id))

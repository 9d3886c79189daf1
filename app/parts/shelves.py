"""The rows behind a booking: parts locked in one order, and what lies where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.searchkeys import search_key
from app.kernel.text import msg
from app.parts.models import BOUNDED, PICKABLE, Balance, Part, Place, Reservation

# A lock on the part is a lock on all of its balances and promises.
_LOCKED = (
    select(Part)
    .where(
        Part.id.in_(bindparam("part_ids", expanding=True)), Part.store_id == bindparam("store_id")
    )
    .order_by(Part.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_COUNTED = (
    select(Balance)
    .where(
        Balance.part_id.in_(bindparam("part_ids", expanding=True)),
        Balance.place_id.in_(bindparam("place_ids", expanding=True)),
        Balance.lot_key.in_(bindparam("lot_keys", expanding=True)),
        Balance.component_id.is_(None),
    )
    .execution_options(populate_existing=True)
)
_SERIAL = (
    select(Balance)
    .where(Balance.component_id.in_(bindparam("component_ids", expanding=True)))
    .execution_options(populate_existing=True)
)
# Neither ended nor lapsed by `now`.
IS_LIVE = Reservation.ended_at.is_(None) & or_(
    Reservation.expires_at.is_(None), Reservation.expires_at > bindparam("now")
)
_THERE = (
    select(func.coalesce(func.sum(Balance.quantity), 0))
    .where(Balance.part_id == Part.id, Balance.pickable.is_(True))
    .scalar_subquery()
)
_PROMISED = (
    select(func.coalesce(func.sum(Reservation.quantity), 0))
    .where(Reservation.part_id == Part.id, IS_LIVE)
    .scalar_subquery()
)
STANDING = select(Part.id, _THERE, _PROMISED).where(
    Part.id.in_(bindparam("part_ids", expanding=True))
)


def locked(session: Session, actor: Actor, part_ids: Collection[int]) -> dict[int, Part]:
    """The store's parts by id, locked in one order, so that two buyers never wait in a ring."""
    ids = sorted(set(part_ids))
    rows = session.scalars(_LOCKED, {"part_ids": ids, "store_id": actor.store_id})
    found = {row.id: row for row in rows}
    if len(found) < len(ids):
        raise NotFound(msg("There is no such part."))
    return found


@dataclass(frozen=True, slots=True)
class Shelves:
    """The balances that a booking touches, by part, place and lot, and by component."""

    counted: dict[tuple[int, int, str], Balance]
    serial: dict[int, Balance]
    fresh: list[Balance] = field(default_factory=list)

    def at(self, part_id: int, place: Place, lot: str) -> Balance:
        """Pieces of a part, or of a lot of it, at a place; a new row stands at nothing."""
        lot = lot if place.kind in BOUNDED else ""
        lot_key = search_key(lot)
        key = (part_id, place.id, lot_key)
        if key not in self.counted:
            self.counted[key] = Balance(
                part_id=part_id,
                place_id=place.id,
                lot=lot,
                lot_key=lot_key,
                bounded=place.kind in BOUNDED,
                pickable=place.kind in PICKABLE,
            )
            self.fresh.append(self.counted[key])
        return self.counted[key]

    def of(self, part_id: int, component_id: int, place: Place) -> Balance:
        """The row that goes with a component; a new one begins at `place`, not there yet."""
        if component_id not in self.serial:
            self.serial[component_id] = Balance(
                part_id=part_id,
                place_id=place.id,
                component_id=component_id,
                bounded=True,
                pickable=place.kind in PICKABLE,
            )
            self.fresh.append(self.serial[component_id])
        return self.serial[component_id]


def known(balances: Iterable[Balance]) -> Shelves:
    """The same of rows that were asked for since their parts were locked; any other is new."""
    rows = list(balances)
    return Shelves(
        counted={
            (row.part_id, row.place_id, row.lot_key): row
            for row in rows
            if row.component_id is None
        },
        serial={row.component_id: row for row in rows if row.component_id is not None},
    )


def opened(
    session: Session,
    part_ids: Iterable[int],
    places: Iterable[Place],
    *,
    lot_keys: Iterable[str],
    component_ids: Iterable[int],
) -> Shelves:
    """What stands there now. The parts must be locked."""
    counted = session.scalars(
        _COUNTED,
        {
            "part_ids": sorted(set(part_ids)),
            "place_ids": sorted({place.id for place in places}),
            "lot_keys": sorted({"", *lot_keys}),
        },
    )
    ids = sorted(set(component_ids))
    serial = session.scalars(_SERIAL, {"component_ids": ids}) if ids else ()
    return known([*counted, *serial])

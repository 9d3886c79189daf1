"""Places where pieces lie: rooms, bins, benches, and the outside world."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from sqlalchemy import Select, bindparam, false, or_, select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.parts.models import SINGLE, Balance, Place, PlaceKind

LONGEST_NAME = 64
LONGEST_CODE = 32

KIND_LABELS: dict[PlaceKind, Text] = {
    PlaceKind.ROOM: msg("Room"),
    PlaceKind.BIN: msg("Bin"),
    PlaceKind.BENCH: msg("Bench"),
    PlaceKind.VAN: msg("Van"),
    PlaceKind.QUARANTINE: msg("Quarantine"),
    PlaceKind.TRANSIT: msg("In transit"),
    PlaceKind.ROBOT: msg("In a robot"),
    PlaceKind.SUPPLIER: msg("Supplier"),
    PlaceKind.CUSTOMER: msg("Customer"),
    PlaceKind.SCRAP: msg("Scrap"),
    PlaceKind.COUNT: msg("Count difference"),
    PlaceKind.OPENING: msg("Opening stock"),
}
# What a store's first place of a kind is called, until somebody gives it another name.
_NAMES = {
    PlaceKind.BIN: "Store",
    PlaceKind.BENCH: "Bench",
    PlaceKind.VAN: "Van",
    PlaceKind.QUARANTINE: "Quarantine",
    PlaceKind.TRANSIT: "In transit",
    PlaceKind.ROBOT: "In a robot",
    PlaceKind.SUPPLIER: "Supplier",
    PlaceKind.CUSTOMER: "Customer",
    PlaceKind.SCRAP: "Scrap",
    PlaceKind.COUNT: "Count difference",
    PlaceKind.OPENING: "Opening stock",
}
_SHELF = msg("Store room")


def label_of(place: Place) -> Text:
    """A place as a sentence names it: `A-03-2`, or `Bench` where it has neither code nor name."""
    if place.code:
        return msg("{place}", place=place.code)
    if place.name == _NAMES.get(place.kind):
        return _SHELF if place.kind is PlaceKind.BIN else KIND_LABELS[place.kind]
    return msg("{place}", place=place.name)


def standard(session: Session, store_id: int, kind: PlaceKind) -> Place:
    """The store's oldest place of a kind, made at its first use."""
    return standards(session, store_id, (kind,))[kind]


def standard_with(
    session: Session, store_id: int, kind: PlaceKind, part_ids: Collection[int]
) -> tuple[Place, list[Balance]]:
    """The same with what stands there of some parts without serial or lot, in one statement. The
    parts must be locked.
    """
    facts = {"store_id": store_id, "part_ids": sorted(part_ids)}
    rows = session.execute(_standard_with(kind), facts).all()
    if not rows:
        return _made(session, store_id, kind), []
    return rows[0][0], list(filter(None, (balance for _, balance in rows)))


@cache
def _standard_with(kind: PlaceKind) -> Select[Place, Balance]:
    return (
        _standards((kind,))
        .add_columns(Balance)
        .outerjoin(
            Balance,
            (Balance.place_id == Place.id)
            & Balance.part_id.in_(bindparam("part_ids", expanding=True))
            & (Balance.lot_key == "")
            & Balance.component_id.is_(None),
        )
        .execution_options(populate_existing=True)
    )


def standards(
    session: Session, store_id: int, kinds: Iterable[PlaceKind]
) -> Mapping[PlaceKind, Place]:
    """The same for several kinds, in one statement once they are there."""
    wanted = tuple(sorted(set(kinds)))
    rows = session.scalars(_standards(wanted), {"store_id": store_id})
    found = {row.kind: row for row in rows}
    for kind in wanted:
        if kind not in found:
            found[kind] = _made(session, store_id, kind)
    return found


@cache
def _standards(kinds: tuple[PlaceKind, ...]) -> Select[Place]:
    oldest = [
        select(Place.id)
        .where(
            Place.store_id == bindparam("store_id"),
            Place.kind == kind,
            Place.archived.is_(False),
        )
        .order_by(Place.id)
        .limit(1)
        .scalar_subquery()
        for kind in kinds
    ]
    return select(Place).where(or_(false(), *(Place.id == one for one in oldest)))


def _made(session: Session, store_id: int, kind: PlaceKind) -> Place:
    """Two who need it at the same moment get the same one."""
    row = {
        "store_id": store_id,
        "kind": kind,
        "name": _NAMES[kind],
        "code": "",
        "code_key": "",
        "archived": False,
    }
    made = add_if_new(session, Place, row, key=("store_id", "name"))
    if made is not None:
        return made
    named = select(Place).where(Place.store_id == store_id, Place.name == _NAMES[kind])
    there = session.scalars(named.execution_options(populate_existing=True)).one()
    if there.kind is kind and not there.archived:
        return there
    raise Conflict(
        msg(
            "{name} is the name of another place. Rename that first.",
            name=_NAMES[kind],
        ),
        link=f"/parts/places/{there.id}",
    )


def add(
    session: Session,
    actor: Actor,
    *,
    kind: PlaceKind,
    name: str,
    code: str = "",
    parent_id: int | None = None,
) -> Place:
    """A new place; raises Conflict when its name or code is taken."""
    actor.require("parts.edit")
    if kind in SINGLE:
        raise Refused(
            msg("A store has one place of this kind, and it is there already."), field="kind"
        )
    name, code = _read(session, actor, name, code)
    if parent_id is not None:
        _require_room(session, actor, parent_id)
    place = Place(
        store_id=actor.store_id,
        kind=kind,
        name=name,
        code=code,
        code_key=search_key(code),
        parent_id=parent_id,
    )
    session.add(place)
    session.flush()
    audit.record(session, actor, "place.added", subject=f"place:{place.id}", after=_facts_of(place))
    return place


def rename(
    session: Session,
    actor: Actor,
    place: Place,
    *,
    name: str,
    code: str,
    parent_id: int | None = None,
) -> None:
    """Another name, code or room."""
    actor.require("parts.edit")
    before = _facts_of(place)
    name, code = _read(session, actor, name, code, but=place.id)
    if parent_id is not None:
        _require_room(session, actor, parent_id, of=place)
    place.name, place.code, place.code_key = name, code, search_key(code)
    place.parent_id = parent_id
    session.flush()
    audit.record(
        session,
        actor,
        "place.changed",
        subject=f"place:{place.id}",
        before=before,
        after=_facts_of(place),
    )


def archive(session: Session, actor: Actor, place: Place) -> None:
    """No longer in use. Raises Conflict while something lies in it."""
    actor.require("parts.edit")
    if place.kind in SINGLE:
        raise Refused(msg("Every store needs this place."))
    filled = select(Balance.id).where(Balance.place_id == place.id, Balance.quantity != 0).limit(1)
    inside = select(Place.id).where(Place.parent_id == place.id, Place.archived.is_(False)).limit(1)
    if session.scalar(filled) or session.scalar(inside):
        raise Conflict(msg("{place} is not empty.", place=label_of(place)))
    place.archived = True
    session.flush()
    audit.record(
        session, actor, "place.archived", subject=f"place:{place.id}", after=_facts_of(place)
    )


def by_id(session: Session, actor: Actor, place_id: int) -> Place:
    place = session.get(Place, place_id)
    if place is None or place.store_id != actor.store_id:
        raise NotFound(msg("There is no such place."), field="place")
    return place


def coded(actor: Actor, code: str) -> Select[Place]:
    """The place with this code on its label, in use or not, as a query."""
    return select(Place).where(
        Place.store_id == actor.store_id,
        Place.code_key == search_key(code),
        Place.code_key != "",
    )


def by_code(session: Session, actor: Actor, code: str, *, field: str = "place") -> Place:
    """The place whose label says this, in any writing."""
    place = session.scalar(coded(actor, code))
    if place is None:
        raise NotFound(msg("No place {code}.", code=clean(code)), field=field)
    if place.archived:
        raise Conflict(msg("{place} is no longer in use.", place=label_of(place)), field=field)
    return place


def listed(
    session: Session, actor: Actor, *, kinds: Collection[PlaceKind] | None = None
) -> list[Place]:
    """Places in use, by code and name."""
    query = select(Place).where(Place.store_id == actor.store_id, Place.archived.is_(False))
    if kinds is not None:
        query = query.where(Place.kind.in_(kinds))
    return list(session.scalars(query.order_by(Place.code_key, Place.name, Place.id)))


def _read(
    session: Session, actor: Actor, name: str, code: str, *, but: int | None = None
) -> tuple[str, str]:
    """Name and code cleaned, and nobody else's."""
    name, code = clean(name), clean(code)
    if not name:
        raise Refused(msg("A place needs a name."), field="name")
    for field, text, most in (("name", name, LONGEST_NAME), ("code", code, LONGEST_CODE)):
        if max(len(text), len(search_key(text))) > most or "\n" in text:
            raise Refused(msg("At most {most} characters fit here.", most=most), field=field)
    taken = select(Place).where(
        Place.store_id == actor.store_id,
        or_(
            Place.name == name,
            (Place.code_key == search_key(code)) & (Place.code_key != ""),
        ),
    )
    for other in session.scalars(taken):
        if other.id != but:
            field = "name" if other.name == name else "code"
            raise Conflict(
                msg("{place} is a place already.", place=name if field == "name" else code),
                field=field,
            )
    return name, code


def _require_room(
    session: Session, actor: Actor, parent_id: int, *, of: Place | None = None
) -> None:
    """Raises Refused unless it is a room that does not lie in the place itself."""
    room: Place | None = by_id(session, actor, parent_id)
    if room is None or room.kind is not PlaceKind.ROOM:
        raise Refused(msg("Only a room holds other places."), field="parent")
    while room is not None:
        if of is not None and room.id == of.id:
            raise Refused(msg("A place does not lie in itself."), field="parent")
        room = session.get(Place, room.parent_id) if room.parent_id is not None else None


def _facts_of(place: Place) -> dict[str, object]:
    return {
        "kind": place.kind,
        "name": place.name,
        "code": place.code,
        "parent": place.parent_id,
        "archived": place.archived,
    }

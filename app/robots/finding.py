"""Which robots a text may mean: by serial, by a component's serial, by the owner's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import ColumnElement, CompoundSelect, Select, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.searching import containing
from app.kernel.searchkeys import folded, search_key
from app.robots.models import Ownership, Unit, UnitComponent
from app.robots.serials import MOST as LONGEST_SERIAL
from app.robots.slot_models import Component, Occupant

MOST_HITS = 50
# No text that begins with a key sorts behind the key and this, the last of all characters.
_LAST = "\U0010ffff"
_Condition = ColumnElement[bool]
_Column = InstrumentedAttribute[str]
_Rows = CompoundSelect[int, int, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to look: pairs of unit id and key, the column that the key is in, what is sought."""

    query: Select[int, str]
    within: _Column
    key: str


def hits(
    session: Session,
    actor: Actor,
    text: str,
    *,
    only: tuple[_Condition, ...] = (),
    most: int = MOST_HITS,
) -> list[int]:
    """Ids of at most `most` robots that `text` names and that satisfy `only`, nearest first.

    First what begins with it, the very serial leading; only if that is too little and nothing
    fits exactly, what has it anywhere inside: the newest, by their keys. Both stand on indexes,
    and no sign is special.
    """
    key = search_key(text)
    if not key or len(key) > LONGEST_SERIAL:
        return []
    places = list(_places(actor, key, folded(text), only))
    found: dict[int, str] = {}
    for query in (_beginning(actor, places, most), _inside(session, places, most)):
        if len(found) >= most or key in found.values():
            break
        for _place, unit_id, its_key in sorted(session.execute(query), key=itemgetter(0, 2)):
            found.setdefault(unit_id, its_key)
    return sorted(found, key=lambda unit_id: found[unit_id] != key)[:most]


def _places(actor: Actor, key: str, name: str, only: tuple[_Condition, ...]) -> Iterator[_Place]:
    in_store = (Unit.store_id == actor.store_id, *only)
    units = select(Unit.id, Unit.serial_key)
    yield _Place(units.where(*in_store), Unit.serial_key, key)
    named = select(UnitComponent.unit_id, UnitComponent.serial_key)
    named = named.join(Unit, Unit.id == UnitComponent.unit_id)
    yield _Place(named.where(*in_store), UnitComponent.serial_key, key)
    fitted = (
        select(Occupant.unit_id, Component.serial_key)
        .select_from(Component)
        .join(Occupant, (Occupant.component_id == Component.id) & Occupant.until.is_(None))
        .join(Unit, Unit.id == Occupant.unit_id)
    )
    yield _Place(fitted.where(*in_store), Component.serial_key, key)
    if name and actor.may("customers.view"):
        owned = (
            select(Ownership.unit_id, Customer.name_key)
            .select_from(Customer)
            .join(Ownership, (Ownership.customer_id == Customer.id) & Ownership.until.is_(None))
            .join(Unit, Unit.id == Ownership.unit_id)
        )
        yield _Place(owned.where(*in_store), Customer.name_key, name)


def _beginning(actor: Actor, places: list[_Place], most: int) -> _Rows:
    """What begins with the key: a range of an index that store and key lead."""
    return _together(
        [
            place.query.where(
                place.within.class_.store_id == actor.store_id,
                place.within >= place.key,
                place.within < place.key + _LAST,
            ).order_by(place.within)
            for place in places
        ],
        most,
    )


def _inside(session: Session, places: list[_Place], most: int) -> _Rows:
    return _together(
        [containing(session, place.query, within=place.within, key=place.key) for place in places],
        most,
    )


def _together(queries: list[Select[int, str]], most: int) -> _Rows:
    """Several searches as one statement; each row begins with the place of its search."""
    return union_all(
        *(
            select(literal(place), query.limit(most).subquery())
            for place, query in enumerate(queries)
        )
    )

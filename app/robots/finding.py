"""Which robots a text may mean: by their own serial, or by that of a component in them."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.actor import Actor
from app.kernel.searchkeys import like_pattern, search_key
from app.robots.models import Unit, UnitComponent
from app.robots.serials import MOST as LONGEST_SERIAL

MOST_HITS = 50
# No text that begins with a key sorts behind the key and this, the last of all characters.
_LAST = "\U0010ffff"
_Condition = ColumnElement[bool]
_Column = InstrumentedAttribute[str]
_Fits = Callable[[_Column, str], _Condition]


def hits(
    session: Session,
    actor: Actor,
    text: str,
    *,
    only: tuple[_Condition, ...] = (),
    most: int = MOST_HITS,
) -> list[int]:
    """Ids of at most `most` robots that `text` names and that satisfy `only`, nearest first.

    First what begins with it, the very serial leading: a range of the key's index. Only if that
    is too little and nothing fits exactly, what contains it: that reads every key of the store.
    """
    key = search_key(text)
    if not key or len(key) > LONGEST_SERIAL:
        return []
    found: dict[int, str] = {}
    for fits in (_begins_with, _contains):
        if fits is _contains and (len(found) >= most or key in found.values()):
            break
        for query in (_units(actor, fits, key), _components(actor, fits, key)):
            for unit_id, its_key in session.execute(query.where(*only).limit(most)):
                found.setdefault(unit_id, its_key)
    return sorted(found, key=lambda unit_id: found[unit_id] != key)[:most]


def _begins_with(column: _Column, key: str) -> _Condition:
    return (column >= key) & (column < key + _LAST)


def _contains(column: _Column, key: str) -> _Condition:
    return column.like(like_pattern(key), escape="\\")


def _units(actor: Actor, fits: _Fits, key: str) -> Select[int, str]:
    return (
        select(Unit.id, Unit.serial_key)
        .where(Unit.store_id == actor.store_id, fits(Unit.serial_key, key))
        .order_by(Unit.serial_key, Unit.id)
    )


def _components(actor: Actor, fits: _Fits, key: str) -> Select[int, str]:
    return (
        select(UnitComponent.unit_id, UnitComponent.serial_key)
        .join(Unit, Unit.id == UnitComponent.unit_id)
        .where(UnitComponent.store_id == actor.store_id, fits(UnitComponent.serial_key, key))
        .order_by(UnitComponent.serial_key, UnitComponent.unit_id)
    )

"""What lies in which place: bins in pages, and one bin's contents."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.searchkeys import like_pattern, search_key
from app.kernel.text import Text
from app.parts.models import SINGLE, Balance, Part, Place, PlaceKind
from app.parts.places import label_of
from app.robots.slot_models import Component
from app.web import paging

PAGE = 100
_MOST_SHOWN = 500
KINDS = [kind for kind in PlaceKind if kind not in SINGLE]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place with the room that it is in, how many parts lie there, and how many pieces."""

    place: Place
    room: str
    parts: int
    pieces: int

    @property
    def label(self) -> Text:
        return label_of(self.place)


@dataclass(frozen=True, slots=True)
class Content:
    """Pieces of one part in a place: a component, a lot, or just pieces."""

    part: Part
    quantity: int
    component: Component | None
    lot: str


def listed(
    session: Session, actor: Actor, *, text: str = "", cursor: str | None = None
) -> paging.Page[PlaceRow]:
    """The store's places in use, by their codes; the one place of the outside world apart."""
    actor.require("stock.view")
    query = select(Place).where(
        Place.store_id == actor.store_id, Place.archived.is_(False), Place.kind.in_(KINDS)
    )
    if search_key(text):
        wanted = like_pattern(search_key(text))
        query = query.where(
            Place.code_key.like(wanted, escape="\\")
            | func.lower(Place.name).like(wanted, escape="\\")
        )
    if cursor:
        code, last_id = paging.decode(cursor, str, int)
        query = query.where(
            (Place.code_key > code) | ((Place.code_key == code) & (Place.id > last_id))
        )
    found = session.scalars(query.order_by(Place.code_key, Place.id).limit(PAGE + 1)).all()
    shown = found[:PAGE]
    following = paging.encode(shown[-1].code_key, shown[-1].id) if len(found) > PAGE else None
    return paging.Page(_rows(session, shown), following)


def rooms(session: Session, actor: Actor) -> list[Place]:
    """Rooms that places can be put in."""
    return list(
        session.scalars(
            select(Place)
            .where(
                Place.store_id == actor.store_id,
                Place.archived.is_(False),
                Place.kind == PlaceKind.ROOM,
            )
            .order_by(Place.name, Place.id)
        )
    )


def contents(session: Session, place: Place) -> list[Content]:
    """What lies in a place, by part."""
    rows = session.execute(
        select(Part, Balance.quantity, Component, Balance.lot)
        .select_from(Balance)
        .join(Part, Part.id == Balance.part_id)
        .outerjoin(Component, Component.id == Balance.component_id)
        .where(Balance.place_id == place.id, Balance.quantity > 0)
        .order_by(Part.name_key, Part.id, Balance.id)
        .limit(_MOST_SHOWN)
    )
    return [Content(*row) for row in rows]


def _rows(session: Session, shown: Sequence[Place]) -> list[PlaceRow]:
    ids = [place.id for place in shown]
    counted = {
        row[0]: (int(row[1]), int(row[2]))
        for row in session.execute(
            select(
                Balance.place_id,
                func.count(Balance.part_id.distinct()),
                func.sum(Balance.quantity),
            )
            .where(Balance.place_id.in_(ids), Balance.quantity > 0)
            .group_by(Balance.place_id)
        )
    }
    parents = {place.parent_id for place in shown if place.parent_id is not None}
    named = {
        place.id: place.name
        for place in session.scalars(select(Place).where(Place.id.in_(parents)))
    }
    return [
        PlaceRow(place, named.get(place.parent_id or 0, ""), *counted.get(place.id, (0, 0)))
        for place in shown
    ]

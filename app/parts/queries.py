"""What the list of parts shows; every path of it stands on an index.

The number of statements does not grow with rows, parts or movements.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money, half_up
from app.kernel.text import Text, msg
from app.parts import addresses, buying, finding, shelves, supersession
from app.parts.catalogue_models import PartFit
from app.parts.models import (
    IS_ARCHIVED,
    IS_CORE,
    IS_IN_USE,
    IS_LOW,
    IS_OUT,
    Balance,
    Part,
    Place,
    Reservation,
)
from app.parts.places import label_of
from app.robots.bodyplan import SlotClass
from app.stores import desk
from app.web import paging

# Counted no further, so that a large store's list is as quick as a small one's.
MOST_COUNTED = 1_000


class Show(StrEnum):
    """Parts to look after; `all` are those in use."""

    ALL = "all"
    LOW = "low"
    OUT = "out"
    CORE = "core"
    ARCHIVED = "archived"


SHOW_LABELS: dict[Show, Text] = {
    Show.ALL: msg("All"),
    Show.LOW: msg("Low stock"),
    Show.OUT: msg("Out of stock"),
    Show.CORE: msg("Core return"),
    Show.ARCHIVED: msg("Archive"),
}
_SHOWN = {
    Show.ALL: IS_IN_USE,
    Show.LOW: IS_LOW,
    Show.OUT: IS_OUT,
    Show.CORE: IS_CORE,
    Show.ARCHIVED: IS_ARCHIVED,
}


class Level(StrEnum):
    """How a part stands against its reorder levels and promises."""

    GOOD = "good"
    LOW = "low"
    OUT = "out"
    PROMISED = "promised"
    NONE = "none"


LEVEL_LABELS: dict[Level, Text] = {
    Level.GOOD: msg("Enough"),
    Level.LOW: msg("Low stock"),
    Level.OUT: msg("Out of stock"),
    Level.PROMISED: msg("All reserved"),
    Level.NONE: msg("Not in stock"),
}
LEVEL_TONES: dict[Level, str] = {
    Level.GOOD: "ok",
    Level.LOW: "warn",
    Level.OUT: "bad",
    Level.PROMISED: "warn",
    Level.NONE: "",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parts a list is about; what is empty or None leaves a wish open."""

    text: str = ""
    show: Show = Show.ALL
    model_id: int | None = None
    slot_class: SlotClass | None = None
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """Ordered pieces that have not come; `on`: when the first of them should."""

    quantity: int
    on: date | None


@dataclass(frozen=True, slots=True)
class Lying:
    """Pieces in one pickable place."""

    place: Place
    quantity: int

    @property
    def label(self) -> Text:
        return label_of(self.place)


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part with what is there, promised and awaited of it. `cost` is of one piece on average."""

    part: Part
    reserved: int
    incoming: Incoming | None
    lying: Sequence[Lying]
    cost: Money | None
    price: Money
    replaced_by: str = ""

    @property
    def on_hand(self) -> int:
        return self.part.on_hand

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved

    @property
    def page(self) -> str:
        return addresses.part_page(self.part.number)

    @property
    def level(self) -> Level:
        if self.on_hand == 0:
            return Level.OUT if self.part.minimum else Level.NONE
        if self.free <= 0:
            return Level.PROMISED
        return Level.LOW if self.on_hand <= self.part.minimum else Level.GOOD

    @property
    def label(self) -> Text:
        return LEVEL_LABELS[self.level]

    @property
    def tone(self) -> str:
        return LEVEL_TONES[self.level]

    @property
    def full(self) -> int:
        """What the shelf is filled up to: the measure of its bar; 0 without reorder levels."""
        return self.part.maximum or 2 * self.part.minimum


def parts(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> paging.Page[PartRow]:
    """The store's parts by name; with a text the nearest, at most 50, on one page.

    Before a part that was replaced stands the one that replaced it.
    """
    actor.require("stock.view")
    conditions = _conditions(wanted)
    if wanted.text:
        ids = finding.hits(
            session,
            actor,
            wanted.text,
            only=(text(_SHOWN[wanted.show]), *conditions),
            archived=wanted.show is Show.ARCHIVED,
        )
        newest = supersession.newest(session, ids)
        with_new = dict.fromkeys(one for found in ids for one in (newest.get(found, 0), found))
        return paging.Page(of_ids(session, actor, [one for one in with_new if one]), None)
    query = (
        select(Part)
        .where(Part.store_id == actor.store_id, text(_SHOWN[wanted.show]), *conditions)
        .order_by(Part.name_key, Part.id)
        .limit(most + 1)
    )
    if cursor:
        name, last_id = paging.decode(cursor, str, int)
        query = query.where(
            (Part.name_key > name) | ((Part.name_key == name) & (Part.id > last_id)),
            Part.name_key >= name,
        )
    found = session.scalars(query).all()
    shown = found[:most]
    following = (
        paging.encode(shown[-1].name_key, shown[-1].id) if len(found) > most and shown else None
    )
    return paging.Page(_rows(session, actor, shown), following)


def of_ids(session: Session, actor: Actor, ids: Sequence[int]) -> list[PartRow]:
    """These parts in this order."""
    found = {
        part.id: part
        for part in session.scalars(
            select(Part).where(Part.id.in_(ids), Part.store_id == actor.store_id)
        )
    }
    return _rows(session, actor, [found[one] for one in ids if one in found])


def counts(session: Session, actor: Actor) -> dict[Show, int]:
    """How many parts each list has, counted up to MOST_COUNTED; one statement."""
    lists = [
        select(func.count())
        .select_from(
            select(Part.id)
            .where(Part.store_id == actor.store_id, text(condition))
            # in the order of its own index, or SQLite looks through all parts for the few
            .order_by(Part.name_key, Part.id)
            .limit(MOST_COUNTED)
            .subquery()
        )
        .scalar_subquery()
        for condition in _SHOWN.values()
    ]
    found = session.execute(select(*lists)).one()
    return dict(zip(_SHOWN, map(int, found), strict=True))


def incoming_of(session: Session, part_ids: Collection[int]) -> dict[int, Incoming]:
    """What is on its way, by part."""
    return {
        part_id: Incoming(found.awaited, found.expected_on)
        for part_id, found in buying.incoming(session, part_ids).items()
        if found.awaited
    }


def _conditions(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.slot_class is not None:
        conditions.append(Part.slot_class == wanted.slot_class)
    if wanted.model_id is not None:
        made = select(PartFit.part_id).where(PartFit.model_id == wanted.model_id)
        conditions.append(Part.id.in_(made))
    if wanted.place_id is not None:
        there = select(Balance.part_id).where(
            Balance.place_id == wanted.place_id, Balance.quantity > 0
        )
        conditions.append(Part.id.in_(there))
    return tuple(conditions)


def _rows(session: Session, actor: Actor, found: Sequence[Part]) -> list[PartRow]:
    """Each with its stock: four statements, however many parts."""
    if not found:
        return []
    ids = [part.id for part in found]
    currency = desk.store_of(session, actor.store_id).currency
    reserved = _reserved(session, ids)
    incoming = incoming_of(session, ids)
    lying, serial_costs = _lying(session, ids)
    newest = supersession.newest(session, ids)
    numbers = _numbers_of(session, newest.values())
    return [
        PartRow(
            part=part,
            reserved=reserved.get(part.id, 0),
            incoming=incoming.get(part.id),
            lying=lying.get(part.id, []),
            cost=average(part, serial_costs.get(part.id), currency),
            price=Money(part.price_minor, currency),
            replaced_by=numbers.get(newest.get(part.id, 0), ""),
        )
        for part in found
    ]


def _reserved(session: Session, ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Reservation.part_id, func.sum(Reservation.quantity))
        .where(Reservation.part_id.in_(ids), shelves.IS_LIVE)
        .group_by(Reservation.part_id),
        {"now": clock.now()},
    )
    return {part_id: int(quantity) for part_id, quantity in rows}


_Costs = tuple[int, int]  # pieces with a serial of their own, what they cost together


def _lying(
    session: Session, ids: Collection[int]
) -> tuple[dict[int, list[Lying]], dict[int, _Costs]]:
    """In which pickable places each part lies, the fullest first, and what its serials cost."""
    quantity = func.sum(Balance.quantity)
    rows = session.execute(
        select(
            Balance.part_id,
            Place,
            quantity,
            func.count(Balance.component_id),
            func.sum(Balance.cost_minor),
        )
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.part_id.in_(ids), Balance.pickable.is_(True), Balance.quantity > 0)
        .group_by(Balance.part_id, Place.id)
        .order_by(Balance.part_id, quantity.desc(), Place.id)
    )
    places: dict[int, list[Lying]] = {}
    costs: dict[int, _Costs] = {}
    for part_id, place, pieces, serials, cost in rows:
        places.setdefault(part_id, []).append(Lying(place, int(pieces)))
        if serials:
            before = costs.get(part_id, (0, 0))
            costs[part_id] = (before[0] + int(serials), before[1] + int(cost))
    return places, costs


def average(part: Part, serials: _Costs | None, currency: str) -> Money | None:
    """What a piece has cost: on the moving average, or over the serials that lie there."""
    if serials is not None:
        return Money(half_up(serials[1], serials[0]), currency)
    if part.valued_quantity:
        return Money(half_up(part.valued_minor, part.valued_quantity), currency)
    return None


def _numbers_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = session.execute(select(Part.id, Part.number).where(Part.id.in_(ids)))
    return {row.id: row.number for row in rows}

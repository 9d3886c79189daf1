"""Which robots a bulletin means, asked of the database: now, and tomorrow anew.

A campaign's robots are those that fit a criterion, and those on which it was settled though they
fit no more. Retired robots are in none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.db import UtcDateTime
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.robots.bulletin_models import Bulletin, BulletinCompletion, BulletinCriterion
from app.robots.bulletincriteria import asks_inside, may_be_of, may_run
from app.robots.models import Unit
from app.robots.serialranges import SerialRange, read_serial_range
from app.robots.slot_models import Component, Occupant
from app.robots.states import Holding, UnitState

# Behind every key that begins with a prefix.
_LAST = "\U0010ffff"
Value = TypeVar("Value")
_Condition = ColumnElement[bool]
_Row = Select[int, int | None, datetime | None, datetime | None]


class Whereabouts(StrEnum):
    """Where the robots of a campaign are."""

    STOCK = "stock"
    LOAN = "loan"
    SOLD = "sold"


WHEREABOUTS_LABELS: dict[Whereabouts, Text] = {
    Whereabouts.STOCK: msg("In stock"),
    Whereabouts.LOAN: msg("On loan"),
    Whereabouts.SOLD: msg("Sold"),
}
_SOLD = (UnitState.SOLD, UnitState.HANDED_OVER)
_LENT = (Holding.DEMO, Holding.LOANER, Holding.RENTAL)


@dataclass(frozen=True, slots=True)
class Built:
    """Hardware revisions and versions of firmware that a store has robots of."""

    revisions: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a campaign is, over all robots or those at one place."""

    open: int = 0
    done: int = 0

    @property
    def all(self) -> int:
        return self.open + self.done

    @property
    def done_bp(self) -> int | None:
        """Share in basis points, rounded down: 100 % is said of all alone."""
        return self.done * 10_000 // self.all if self.all else None

    def plus(self, other: "Tally") -> "Tally":
        return Tally(self.open + other.open, self.done + other.done)


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign's tallies by whereabouts; places without robots are left out."""

    by_place: dict[Whereabouts, Tally]

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.by_place.values():
            total = total.plus(tally)
        return total


def criteria_of(
    session: Session, bulletin_ids: Iterable[int]
) -> dict[int, list[BulletinCriterion]]:
    """Criteria by bulletin, in one statement."""
    found: dict[int, list[BulletinCriterion]] = {}
    for row in session.scalars(
        select(BulletinCriterion)
        .where(BulletinCriterion.bulletin_id.in_(list(bulletin_ids)))
        .order_by(BulletinCriterion.bulletin_id, BulletinCriterion.position)
    ):
        found.setdefault(row.bulletin_id, []).append(row)
    return found


def built_in(session: Session, store_id: int, criteria: Iterable[BulletinCriterion]) -> Built:
    """What the store's robots are built of, as far as these criteria ask: one statement or none.

    Versions are compared by their own order, which no index knows; so their distinct writings are
    compared here, and the database is asked for those that fit.
    """
    if not any(one.firmware or one.revisions for one in criteria):
        return Built()
    rows = session.execute(
        select(Unit.hardware_revision, Unit.firmware).where(Unit.store_id == store_id).distinct()
    ).all()
    return Built(frozenset(row[0] for row in rows), frozenset(row[1] for row in rows))


def progress(session: Session, store_id: int, bulletins: Sequence[Bulletin]) -> dict[int, Progress]:
    """How far each campaign is in a store: three statements, however many bulletins."""
    if not bulletins:
        return {}
    criteria = criteria_of(session, [bulletin.id for bulletin in bulletins])
    built = built_in(session, store_id, [one for rows in criteria.values() for one in rows])
    found: dict[int, dict[Whereabouts, Tally]] = {bulletin.id: {} for bulletin in bulletins}
    counted = [
        _counted(store_id, bulletin, criteria.get(bulletin.id, []), built) for bulletin in bulletins
    ]
    for bulletin_id, place, is_open, count in session.execute(union_all(*counted)):
        tally = Tally(open=count) if is_open else Tally(done=count)
        places = found[bulletin_id]
        where = Whereabouts(place)
        places[where] = places.get(where, Tally()).plus(tally)
    return {bulletin_id: Progress(places) for bulletin_id, places in found.items()}


def matching(session: Session, store_id: int, bulletin: Bulletin) -> list[int]:
    """Ids of the store's robots that fit a bulletin now, settled or not."""
    criteria = criteria_of(session, [bulletin.id]).get(bulletin.id, [])
    built = built_in(session, store_id, criteria)
    robots = robots_of(store_id, bulletin, criteria, built)
    fitting = select(robots.c.unit_id).where(robots.c.position.is_not(None))
    return list(session.scalars(fitting.order_by(robots.c.unit_id)))


def robots_of(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> Subquery:
    """The campaign's robots: `unit_id`, `position` of the criterion (None: fits no more), `since`
    when the youngest part came in that it names, `done_at` when it was last settled.
    """
    settled = select(
        BulletinCompletion.unit_id.label("unit_id"),
        cast(null(), Integer).label("position"),
        cast(null(), UtcDateTime()).label("since"),
        BulletinCompletion.at.label("done_at"),
    ).where(BulletinCompletion.bulletin_id == bulletin.id, BulletinCompletion.store_id == store_id)
    rows = union_all(*_fitting(store_id, bulletin, criteria, built), settled).subquery()
    return (
        select(
            rows.c.unit_id,
            func.min(rows.c.position).label("position"),
            func.max(rows.c.since).label("since"),
            func.max(rows.c.done_at).label("done_at"),
        )
        .group_by(rows.c.unit_id)
        .subquery()
    )


def is_open(robots: Subquery) -> _Condition:
    """SQL for: the bulletin waits on this robot."""
    return and_(
        robots.c.position.is_not(None),
        or_(robots.c.done_at.is_(None), robots.c.done_at < robots.c.since),
    )


def stands_at(place: Whereabouts) -> _Condition:
    """SQL for: the unit is there."""
    return _place() == place.value


def _place() -> ColumnElement[str]:
    return case(
        (Unit.state.in_(_SOLD), literal(Whereabouts.SOLD.value)),
        (Unit.holding.in_(_LENT), literal(Whereabouts.LOAN.value)),
        else_=literal(Whereabouts.STOCK.value),
    )


def _counted(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> Select[int, str, bool, int]:
    robots = robots_of(store_id, bulletin, criteria, built)
    told = (
        select(_place().label("place"), is_open(robots).label("is_open"))
        .join_from(robots, Unit, Unit.id == robots.c.unit_id)
        .where(Unit.state != UnitState.RETIRED)
        .subquery()
    )
    return select(
        literal(bulletin.id).label("bulletin_id"), told.c.place, told.c.is_open, func.count()
    ).group_by(told.c.place, told.c.is_open)


def _fitting(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> list[_Row]:
    """One or two queries per criterion: `unit_id`, `position`, `since`, and no `done_at`."""
    if bulletin.withdrawn_at is not None:
        return []
    return [
        query.where(*_of_unit(store_id, bulletin, criterion, built))
        for criterion in criteria
        for query in (
            _carriers(store_id, criterion) if asks_inside(criterion) else [_any(criterion)]
        )
    ]


def _any(criterion: BulletinCriterion) -> _Row:
    return select(
        Unit.id.label("unit_id"),
        literal(criterion.position).label("position"),
        cast(null(), UtcDateTime()).label("since"),
        cast(null(), UtcDateTime()).label("done_at"),
    )


def _carriers(store_id: int, criterion: BulletinCriterion) -> list[_Row]:
    """Robots with such a component inside now, and with such a part without a serial."""
    columns = (
        Unit.id.label("unit_id"),
        literal(criterion.position).label("position"),
        Occupant.since.label("since"),
        cast(null(), UtcDateTime()).label("done_at"),
    )
    now = Occupant.until.is_(None)
    with_serial = (
        select(*columns)
        .join_from(Component, Occupant, Occupant.component_id == Component.id)
        .join(Unit, Unit.id == Occupant.unit_id)
        .where(Component.store_id == store_id, now)
    )
    # in these words, so that the index that leaves out all other rows can serve
    of_a_lot = literal_column("occupants.part_key <> ''", type_=Boolean())
    without = (
        select(*columns)
        .join_from(Occupant, Unit, Unit.id == Occupant.unit_id)
        .where(Occupant.store_id == store_id, now, of_a_lot)
    )
    if criterion.part_key:
        with_serial = with_serial.where(Component.part_key == criterion.part_key)
        without = without.where(Occupant.part_key == criterion.part_key)
    if criterion.lot_key:
        with_serial = with_serial.where(Component.lot_key == criterion.lot_key)
        without = without.where(Occupant.lot_key == criterion.lot_key)
    return [with_serial, without]


def _of_unit(
    store_id: int, bulletin: Bulletin, criterion: BulletinCriterion, built: Built
) -> list[_Condition]:
    """What a robot must be. Where the criterion asks what is inside, few carry it: they are found
    first, and the robot's own columns are kept out of the planner's sight.
    """
    of = _hidden if asks_inside(criterion) else _plain
    conditions: list[_Condition] = [
        of(Unit.store_id) == store_id,
        of(Unit.maker_id) == bulletin.maker_id,
        Unit.state != UnitState.RETIRED,
    ]
    if criterion.model_id is not None:
        conditions.append(of(Unit.model_id) == criterion.model_id)
    if criterion.serials:
        serials = read_serial_range(criterion.serials)
        conditions += _in_range(serials, key=of(Unit.serial_key), order=of(Unit.serial_order))
    if criterion.revisions:
        meant = [one for one in built.revisions if may_be_of(criterion, one)]
        conditions.append(of(Unit.hardware_revision).in_(sorted(meant)))
    if criterion.firmware:
        meant = [one for one in built.versions if may_run(criterion, one)]
        conditions.append(of(Unit.firmware).in_(sorted(meant)))
    return conditions


def _plain(column: InstrumentedAttribute[Value]) -> ColumnElement[Value]:
    return column.expression


def _hidden(column: InstrumentedAttribute[Value]) -> ColumnElement[Value]:
    """The same value, but no index serves it."""
    return func.coalesce(column, column)


def _in_range(
    serials: SerialRange, *, key: ColumnElement[str], order: ColumnElement[str]
) -> list[_Condition]:
    bounds = serials.order_bounds()
    if bounds is not None:
        return [order >= bounds[0], order <= bounds[1]]
    if serials.first is not None:
        return [key == search_key(serials.first)]
    prefix = search_key(serials.prefix)
    return [key >= prefix, key < prefix + _LAST] if prefix else []

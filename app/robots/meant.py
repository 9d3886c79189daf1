"""SQL for which robots a bulletin means: now, and tomorrow anew.

Where nothing is asked of what is inside, robots are asked themselves, since a whole model may be
meant. Else the few that carry such a part are found first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Label,
    ScalarSelect,
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
from app.robots.bulletin_models import Bulletin, BulletinCompletion, BulletinCriterion
from app.robots.bulletincriteria import asks_inside, may_be_of, may_run
from app.robots.models import Unit
from app.robots.serialranges import SerialRange, read_serial_range
from app.robots.slot_models import Component, FirmwareRecord, Occupant, VersionOf
from app.robots.states import UnitState

# Behind every key that begins with a prefix.
_LAST = "\U0010ffff"
Value = TypeVar("Value")
_Condition = ColumnElement[bool]
_Moment = ColumnElement[Any]
_Row = Select[int, int | None, datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Built:
    """Hardware revisions and versions of firmware that a store has robots of."""

    revisions: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()


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


def robots_of(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> Subquery:
    """The campaign's robots: `unit_id`, `position` of the criterion (None: fits no more), `since`
    when the youngest part came in that it names or the version that it means, `done_at` when it
    was last settled.
    """
    if by_robots_alone(bulletin, criteria) and not any(one.serials for one in criteria):
        return _in_units(store_id, bulletin, criteria, built)
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
    """SQL for: the bulletin waits on this robot. It is true or false, never unknown."""
    again = and_(robots.c.since.is_not(None), robots.c.done_at < robots.c.since)
    return and_(robots.c.position.is_not(None), or_(robots.c.done_at.is_(None), again))


def by_robots_alone(bulletin: Bulletin, criteria: Sequence[BulletinCriterion]) -> bool:
    """Whether nothing is asked of what is inside: then many may be meant, a whole model of them."""
    return bulletin.withdrawn_at is None and not any(map(asks_inside, criteria))


@dataclass(frozen=True, slots=True)
class Fits:
    """SQL for what a bulletin asks of a robot itself: its criterion, and since when it fits."""

    position: ColumnElement[int | None]
    since: _Moment
    any: _Condition


def fits_of(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> Fits:
    each = [(one, and_(*_of_unit(store_id, bulletin, one, built))) for one in criteria]
    by_version = [fits for one, fits in each if one.firmware]
    no_since = cast(null(), UtcDateTime())
    return Fits(
        position=case(*[(fits, literal(one.position)) for one, fits in each], else_=null()),
        since=case((or_(*by_version), _version_since()), else_=null()) if by_version else no_since,
        any=or_(*[fits for _, fits in each]),
    )


def _in_units(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> Subquery:
    """The same without a group, so that a page of a whole model's robots costs no more than it.

    For a few serials it would look at every robot of the store.
    """
    fits = fits_of(store_id, bulletin, criteria, built)
    settled = select(BulletinCompletion.unit_id).where(
        BulletinCompletion.bulletin_id == bulletin.id, BulletinCompletion.store_id == store_id
    )
    done_at = (
        select(func.max(BulletinCompletion.at))
        .where(BulletinCompletion.unit_id == Unit.id, BulletinCompletion.bulletin_id == bulletin.id)
        .correlate(Unit)
        .scalar_subquery()
    )
    return (
        select(
            Unit.id.label("unit_id"),
            fits.position.label("position"),
            fits.since.label("since"),
            done_at.label("done_at"),
        )
        .where(Unit.store_id == store_id, or_(fits.any, Unit.id.in_(settled)))
        .subquery()
    )


def _version_since() -> ScalarSelect[datetime]:
    """SQL for: since when the unit runs its version; None if it came with it."""
    return (
        select(func.max(FirmwareRecord.at))
        .where(
            FirmwareRecord.unit_id == Unit.id,
            FirmwareRecord.part == VersionOf.ROBOT,
            FirmwareRecord.version != FirmwareRecord.before,
        )
        .correlate(Unit)
        .scalar_subquery()
    )


def _fitting(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> list[_Row]:
    """Up to four queries per criterion: `unit_id`, `position`, `since`, and no `done_at`."""
    if bulletin.withdrawn_at is not None:
        return []
    return [
        query.where(*_of_unit(store_id, bulletin, criterion, built))
        for criterion in criteria
        for since in ([None, _version_since()] if criterion.firmware else [None])
        for query in (
            _carriers(store_id, criterion, since)
            if asks_inside(criterion)
            else [select(*_columns(criterion, since))]
        )
    ]


def _columns(
    criterion: BulletinCriterion, since: _Moment | None
) -> tuple[Label[Any], Label[Any], Label[Any], Label[Any]]:
    none = cast(null(), UtcDateTime())
    return (
        Unit.id.label("unit_id"),
        literal(criterion.position).label("position"),
        (none if since is None else since).label("since"),
        none.label("done_at"),
    )


def _carriers(store_id: int, criterion: BulletinCriterion, since: _Moment | None) -> list[_Row]:
    """Robots with such a component inside now, and with such a part without a serial; `since`
    when they came in, or what is given.
    """
    columns = _columns(criterion, Occupant.since.expression if since is None else since)
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
        Unit.state != UnitState.RETIRED,
    ]
    if criterion.model_id is None:
        conditions.append(of(Unit.maker_id) == bulletin.maker_id)
    else:  # which is of this maker
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

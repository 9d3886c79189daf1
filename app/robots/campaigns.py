"""How far bulletins are settled, by where their robots are.

A campaign's robots are those that fit a criterion, and those on which it was settled though they
fit no more. Retired robots are in none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.kernel.text import Text, msg
from app.robots import meant
from app.robots.bulletin_models import Bulletin, BulletinCompletion, BulletinCriterion
from app.robots.meant import Built
from app.robots.models import Unit
from app.robots.states import Holding, UnitState

_Count = Select[int, str, bool, int]


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


def progress(session: Session, store_id: int, bulletins: Sequence[Bulletin]) -> dict[int, Progress]:
    """How far each campaign is in a store: three statements, however many bulletins."""
    if not bulletins:
        return {}
    criteria = criteria_of(session, [bulletin.id for bulletin in bulletins])
    built = meant.built_in(session, store_id, [one for rows in criteria.values() for one in rows])
    found: dict[int, dict[Whereabouts, Tally]] = {bulletin.id: {} for bulletin in bulletins}
    counted = [
        query
        for bulletin in bulletins
        for query in _counted(store_id, bulletin, criteria.get(bulletin.id, []), built)
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
    built = meant.built_in(session, store_id, criteria)
    robots = meant.robots_of(store_id, bulletin, criteria, built)
    fitting = select(robots.c.unit_id).where(robots.c.position.is_not(None))
    return list(session.scalars(fitting.order_by(robots.c.unit_id)))


def stands_at(place: Whereabouts) -> ColumnElement[bool]:
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
) -> list[_Count]:
    """Rows of bulletin, place, whether it waits, how many; they may be several of one kind."""
    if meant.by_robots_alone(bulletin, criteria):
        return _counted_in_units(store_id, bulletin, criteria, built)
    robots = meant.robots_of(store_id, bulletin, criteria, built)
    told = (
        select(_place().label("place"), meant.is_open(robots).label("is_open"))
        .join_from(robots, Unit, Unit.id == robots.c.unit_id)
        .where(Unit.state != UnitState.RETIRED)
        .subquery()
    )
    return [
        select(
            literal(bulletin.id).label("bulletin_id"), told.c.place, told.c.is_open, func.count()
        ).group_by(told.c.place, told.c.is_open)
    ]


def _counted_in_units(
    store_id: int, bulletin: Bulletin, criteria: Sequence[BulletinCriterion], built: Built
) -> list[_Count]:
    """All that fit, by an index alone where a model is meant; less those on which it is settled."""
    fits = meant.fits_of(store_id, bulletin, criteria, built)
    settled = (
        select(BulletinCompletion.unit_id, func.max(BulletinCompletion.at).label("done_at"))
        .where(
            BulletinCompletion.bulletin_id == bulletin.id, BulletinCompletion.store_id == store_id
        )
        .group_by(BulletinCompletion.unit_id)
        .subquery()
    )
    told = (
        select(
            _place().label("place"),
            fits.position.label("position"),
            settled.c.done_at,
            fits.since.label("since"),
        )
        .join_from(settled, Unit, Unit.id == settled.c.unit_id)
        .where(Unit.state != UnitState.RETIRED)
        .subquery()
    )
    done = or_(told.c.position.is_(None), told.c.since.is_(None), told.c.done_at >= told.c.since)
    waiting, number = literal(value=True), literal(bulletin.id).label("bulletin_id")
    place = _place().label("place")
    return [
        select(number, place, waiting, func.count())
        .where(Unit.store_id == store_id, fits.any)
        .group_by(place),
        select(number, told.c.place, ~waiting, func.count()).where(done).group_by(told.c.place),
        select(number, told.c.place, waiting, -func.count())
        .where(done, told.c.position.is_not(None))
        .group_by(told.c.place),
    ]

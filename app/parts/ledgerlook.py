"""The ledger of one part as people read it: what happened, from where to where, what was left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.kernel import clock
from app.kernel.text import Text, msg
from app.parts.models import VALUED, Balance, Movement, Part, Place, PlaceKind
from app.parts.owners import owner_label, owner_page
from app.parts.places import label_of
from app.robots.addresses import component_page, robot_page
from app.robots.models import Unit
from app.robots.slot_models import Component, Occupant
from app.stores.models import Store
from app.web import paging

PAGE = 20
_MONTHS = 12
_USED = (PlaceKind.ROBOT, PlaceKind.CUSTOMER)
# What the ledger's references lead to, and how they are written.
_PAGES = {
    "purchase": "/parts/orders/",
    "return": "/parts/returns/",
    "count": "/parts/counts/",
    "import": "/parts/imports/",
}
_WRITTEN = {"purchase": "PO-{}", "return": "RT-{}"}

_CAME: dict[PlaceKind, tuple[Text, str]] = {
    PlaceKind.SUPPLIER: (msg("Received"), "ok"),
    PlaceKind.OPENING: (msg("Opening stock"), "ok"),
    PlaceKind.COUNT: (msg("Found by count"), "warn"),
    PlaceKind.CUSTOMER: (msg("Came back"), "info"),
    PlaceKind.ROBOT: (msg("Taken out"), "info"),
    PlaceKind.BENCH: (msg("Put back"), "info"),
    PlaceKind.SCRAP: (msg("Taken from scrap"), "warn"),
}
_WENT: dict[PlaceKind, tuple[Text, str]] = {
    PlaceKind.SUPPLIER: (msg("Sent back"), "hold"),
    PlaceKind.COUNT: (msg("Missing by count"), "warn"),
    PlaceKind.CUSTOMER: (msg("Handed out"), "plain"),
    PlaceKind.ROBOT: (msg("Fitted"), "plain"),
    PlaceKind.BENCH: (msg("Issued to the bench"), "info"),
    PlaceKind.SCRAP: (msg("Scrapped"), "bad"),
    PlaceKind.QUARANTINE: (msg("Quarantined"), "hold"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One movement; `left` are the pieces in the store after it, robots' slots apart.

    `robot` is the one that a component went into or came out of.
    """

    movement: Movement
    start: Place
    end: Place
    component: Component | None
    left: int
    robot: Unit | None

    @property
    def what(self) -> Text:
        return self._told[0]

    @property
    def tone(self) -> str:
        return self._told[1]

    @property
    def way(self) -> Text:
        return msg("{start} → {end}", start=label_of(self.start), end=label_of(self.end))

    @property
    def reference(self) -> Text:
        kind, _, number = self.movement.reference.partition(":")
        if kind in _WRITTEN:
            return msg("{reference}", reference=_WRITTEN[kind].format(number))
        match kind:
            case "delivery":
                return msg("delivery {number}", number=number)
            case "count":
                return msg("stocktake {number}", number=number)
            case "import":
                return msg("import {number}", number=number)
        return owner_label(self.movement.reference)

    @property
    def initials(self) -> str:
        """Of who did it."""
        return "".join(word[0] for word in self.movement.actor.split()[:2]).upper()

    @property
    def link(self) -> str:
        """Where it is told for what this was done; empty without a page."""
        kind, _, number = self.movement.reference.partition(":")
        if kind in _PAGES and number.isdecimal():
            return _PAGES[kind] + number
        return owner_page(self.movement.reference)

    @property
    def robot_link(self) -> str:
        return robot_page(self.robot.serial) if self.robot is not None else ""

    @property
    def component_link(self) -> str:
        return component_page(self.component.id) if self.component is not None else ""

    @property
    def _told(self) -> tuple[Text, str]:
        if self.movement.reverses_id is not None:
            return msg("Reversed"), "warn"
        went, came = _WENT.get(self.end.kind), _CAME.get(self.start.kind)
        if self.start.kind in {PlaceKind.SUPPLIER, PlaceKind.OPENING, PlaceKind.COUNT} and came:
            return came
        return went or came or (msg("Moved"), "info")


@dataclass(frozen=True, slots=True)
class Month:
    """The first day of a month, and the pieces that went to robots and customers in it."""

    day: date
    used: int


def in_store(session: Session, part: Part) -> int:
    """Pieces of a part that are here, whatever they are kept for; not those in robots' slots."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Balance.quantity), 0))
            .join(Place, Place.id == Balance.place_id)
            .where(Balance.part_id == part.id, Place.kind.in_(VALUED))
        )
        or 0
    )


def movements(
    session: Session,
    part: Part,
    *,
    cursor: str | None = None,
    most: int = PAGE,
    present: int | None = None,
) -> paging.Page[Line]:
    """A part's movements, the newest first, each with what was left after it.

    `present`: the pieces in the store now, of who knows them already.
    """
    start, end = aliased(Place), aliased(Place)
    query = (
        select(Movement, start, end, Component, Unit)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .outerjoin(Component, Component.id == Movement.component_id)
        .outerjoin(Unit, Unit.id == _robot_id(start, end))
        .where(Movement.part_id == part.id)
        .order_by(Movement.id.desc())
        .limit(most + 1)
    )
    if cursor:
        last_id, left = (int(key) for key in paging.decode(cursor, int, int))
        query = query.where(Movement.id < last_id)
    else:
        left = in_store(session, part) if present is None else present
    rows = session.execute(query).all()
    shown: list[Line] = []
    for movement, came_from, went_to, component, robot in rows[:most]:
        shown.append(Line(movement, came_from, went_to, component, left, robot))
        left -= movement.stock_change
    following = paging.encode(shown[-1].movement.id, left) if len(rows) > most else None
    return paging.Page(shown, following)


def _robot_id(start: type[Place], end: type[Place]) -> ScalarSelect[int]:
    """SQL: the robot of the component's last stay that began, or had ended, at the movement."""
    began = and_(end.kind == PlaceKind.ROBOT, Occupant.since <= Movement.at)
    had_ended = and_(start.kind == PlaceKind.ROBOT, Occupant.until <= Movement.at)
    return (
        select(Occupant.unit_id)
        .where(Occupant.component_id == Movement.component_id, or_(began, had_ended))
        .order_by(Occupant.since.desc(), Occupant.id.desc())
        .limit(1)
        .correlate(Movement, start, end)
        .scalar_subquery()
    )


def use_by_month(session: Session, part: Part, store: Store) -> list[Month]:
    """Pieces that went to robots and customers in each of the last twelve months; one statement.

    What was reversed was not used.
    """
    zone = ZoneInfo(store.zone)
    days = _first_days(clock.now().astimezone(zone).date())
    edges = [_start_of(day, zone) for day in [*days, _next(days[-1])]]
    start, end = aliased(Place), aliased(Place)
    signed = case(
        (Movement.reverses_id.is_(None) & end.kind.in_(_USED), Movement.quantity),
        (Movement.reverses_id.is_not(None) & start.kind.in_(_USED), -Movement.quantity),
        else_=0,
    )
    sums = [
        func.coalesce(
            func.sum(case((and_(Movement.at >= low, Movement.at < high), signed), else_=0)), 0
        )
        for low, high in pairwise(edges)
    ]
    found = session.execute(
        select(*sums)
        .select_from(Movement)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .where(
            Movement.store_id == part.store_id,
            Movement.part_id == part.id,
            Movement.at >= edges[0],
        )
    ).one()
    return [Month(day, max(int(used), 0)) for day, used in zip(days, found, strict=True)]


def _first_days(today: date) -> Sequence[date]:
    days = [today.replace(day=1)]
    while len(days) < _MONTHS:
        days.insert(0, (days[0] - timedelta(days=1)).replace(day=1))
    return days


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)

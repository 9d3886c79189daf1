"""What is due on which robot by the store's plans: reckoned whenever it is asked, never kept.

So a corrected serial, a reading or a changed plan cannot leave an old date behind.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.kernel.actor import Actor
from app.kernel.clock import add_months
from app.robots.counters import SECONDS_PER_HOUR
from app.robots.models import Unit
from app.robots.slot_models import Counter, CounterReading, MeterExchange
from app.robots.states import Holding
from app.service import duequery, plans
from app.service.models import Ticket
from app.service.planning_models import (
    Occasion,
    PlanTicket,
    ServicePlan,
    UnitOccasion,
)
from app.stores import desk
from app.web import paging

# How long before its day a plan's work is told, so that an appointment can be made.
AHEAD = timedelta(days=14)
_COUNTED = (Counter.HOURS, Counter.CYCLES)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a robot when its plan is reckoned: last time, counters, occasions."""

    since: date | None
    done_on: date | None = None
    done_at: datetime | None = None
    hours_s_then: int = 0
    cycles_then: int = 0
    hours_s: int = 0
    cycles: int = 0
    occasions: dict[Occasion, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Next:
    """When a plan's work is due next: on a day, at a count, or by what has happened."""

    on: date | None = None
    at_hours_s: int | None = None
    at_cycles: int | None = None
    after: datetime | None = None
    hours_due: bool = False
    cycles_due: bool = False

    def is_due(self, today: date) -> bool:
        """Due, or so soon that an appointment should be made."""
        return (self.on is not None and self.on <= today + AHEAD) or self.by_use

    @property
    def by_use(self) -> bool:
        return self.hours_due or self.cycles_due or self.after is not None

    def is_late(self, today: date) -> bool:
        return (self.on is not None and self.on < today) or self.by_use


@dataclass(frozen=True, slots=True)
class DueWork:
    """A plan, the robot that it is due on, and the open ticket that the robot has."""

    unit: Unit
    plan: ServicePlan
    next: Next
    known: Known
    ticket: Ticket | None
    # that ticket does this plan's work
    is_planned: bool


def reckon(plan: ServicePlan, known: Known) -> Next:
    """The same for pages, programs and lists; duequery asks the database for the same."""
    base = known.done_on or known.since
    on = None
    if plan.every_months is not None and base is not None:
        on = add_months(base, plan.every_months)
    hours = cycles = None
    if plan.every_hours is not None:
        hours = known.hours_s_then + plan.every_hours * SECONDS_PER_HOUR
    if plan.every_cycles is not None:
        cycles = known.cycles_then + plan.every_cycles
    happened = known.occasions.get(plan.occasion) if plan.occasion is not None else None
    if happened is not None and known.done_at is not None and happened <= known.done_at:
        happened = None
    return Next(
        on=on,
        at_hours_s=hours,
        at_cycles=cycles,
        after=happened,
        hours_due=hours is not None and known.hours_s >= hours,
        cycles_due=cycles is not None and known.cycles >= cycles,
    )


def of_unit(session: Session, unit: Unit) -> list[DueWork]:
    """Every plan of a robot with what is next, due or not."""
    if not _is_served(unit):
        return []
    found = [
        plan
        for plan in plans.listed(session, unit.store_id, in_use=True)
        if plan.model_id in (None, unit.model_id)
    ]
    return _work(session, [unit], found, unit.store_id) if found else []


def due(session: Session, actor: Actor, *, cursor: str | None = None) -> paging.Page[DueWork]:
    """Work that is due by robot, the most urgent of a page first: nine statements.

    Every page but the last is full.
    """
    actor.require("service.view")
    after = None
    if cursor:
        unit_id, plan_id = paging.decode(cursor, int, int)
        after = int(unit_id), int(plan_id)
    found = plans.listed(session, actor.store_id, in_use=True)
    if not found:
        return paging.Page([], None)
    pairs = duequery.due_pairs(
        session,
        actor.store_id,
        found,
        until=today_of(session, actor.store_id) + AHEAD,
        zone=ZoneInfo(desk.store_of(session, actor.store_id).zone),
        after=after,
        most=paging.PAGE + 1,
    )
    shown = set(pairs[: paging.PAGE])
    units = session.scalars(
        select(Unit)
        .where(Unit.id.in_({unit_id for unit_id, _ in shown}))
        .options(joinedload(Unit.model), joinedload(Unit.maker))
        .order_by(Unit.id)
    ).all()
    work = [
        one
        for one in _work(session, units, found, actor.store_id)
        if (one.unit.id, one.plan.id) in shown
    ]
    following = paging.encode(*pairs[paging.PAGE - 1]) if len(pairs) > paging.PAGE else None
    return paging.Page(sorted(work, key=_urgency), following)


def today_of(session: Session, store_id: int) -> date:
    return desk.business_day_of(desk.store_of(session, store_id))


def totals(session: Session, unit_ids: Collection[int]) -> dict[tuple[int, Counter], int]:
    """What hours and cycles of robots stand for, over all of their meters: two statements."""
    row = aliased(CounterReading)
    newest = [
        select(row.id)
        .where(row.unit_id == Unit.id, row.counter == counter)
        .order_by(row.at.desc(), row.id.desc())
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
        for counter in _COUNTED
    ]
    readings = session.scalars(
        select(CounterReading)
        .join(Unit, or_(*(CounterReading.id == one for one in newest)))
        .where(Unit.id.in_(unit_ids))
    )
    offsets: defaultdict[tuple[int, Counter], list[tuple[int, int]]] = defaultdict(list)
    for exchange in session.scalars(
        select(MeterExchange).where(MeterExchange.unit_id.in_(unit_ids))
    ):
        offsets[exchange.unit_id, exchange.counter].append(
            (exchange.meter, exchange.last - exchange.first)
        )
    return {
        (one.unit_id, one.counter): one.value
        + sum(more for meter, more in offsets[one.unit_id, one.counter] if meter <= one.meter)
        for one in readings
    }


def _work(
    session: Session, units: Sequence[Unit], found: Iterable[ServicePlan], store_id: int
) -> list[DueWork]:
    """Each robot with each plan of its model: five statements for all of them."""
    ids = [unit.id for unit in units]
    if not ids:
        return []
    zone = ZoneInfo(desk.store_of(session, store_id).zone)
    counts = totals(session, ids)
    done = _done(session, ids)
    happened = _happened(session, ids)
    open_tickets = _open_tickets(session, ids)
    planned = _planned(session, ids)
    work = []
    for unit in units:
        ticket = open_tickets.get(unit.id)
        for plan in found:
            if plan.model_id not in (None, unit.model_id):
                continue
            last = done.get((unit.id, plan.id))
            known = Known(
                since=_since(unit, zone),
                done_on=last.done_on if last else None,
                done_at=last.done_at if last else None,
                hours_s_then=last.hours_s if last else 0,
                cycles_then=last.cycles if last else 0,
                hours_s=counts.get((unit.id, Counter.HOURS), 0),
                cycles=counts.get((unit.id, Counter.CYCLES), 0),
                occasions=happened[unit.id],
            )
            work.append(
                DueWork(
                    unit=unit,
                    plan=plan,
                    next=reckon(plan, known),
                    known=known,
                    ticket=ticket,
                    is_planned=ticket is not None and (ticket.id, plan.id) in planned,
                )
            )
    return work


def _since(unit: Unit, zone: ZoneInfo) -> date | None:
    """From when time counts on a robot that was never served by this plan."""
    if unit.warranty_starts_on is not None:
        return unit.warranty_starts_on
    return unit.received_at.astimezone(zone).date() if unit.received_at else None


def _done(session: Session, ids: Collection[int]) -> dict[tuple[int, int], PlanTicket]:
    newest = (
        select(func.max(PlanTicket.id))
        .where(PlanTicket.unit_id.in_(ids), PlanTicket.done_at.is_not(None))
        .group_by(PlanTicket.unit_id, PlanTicket.plan_id)
    )
    rows = session.scalars(select(PlanTicket).where(PlanTicket.id.in_(newest)))
    return {(row.unit_id, row.plan_id): row for row in rows}


def _open_tickets(session: Session, ids: Collection[int]) -> dict[int, Ticket]:
    rows = session.scalars(select(Ticket).where(Ticket.unit_id.in_(ids), Ticket.ended_at.is_(None)))
    return {row.unit_id: row for row in rows}


def _planned(session: Session, ids: Collection[int]) -> set[tuple[int, int]]:
    """By ticket and plan: what an open ticket is to do."""
    rows = session.execute(
        select(PlanTicket.ticket_id, PlanTicket.plan_id).where(
            PlanTicket.unit_id.in_(ids), PlanTicket.done_at.is_(None)
        )
    )
    return {(ticket_id, plan_id) for ticket_id, plan_id in rows}


def _happened(session: Session, ids: Collection[int]) -> dict[int, dict[Occasion, datetime]]:
    found: defaultdict[int, dict[Occasion, datetime]] = defaultdict(dict)
    for unit_id, occasion, at in session.execute(
        select(UnitOccasion.unit_id, UnitOccasion.occasion, func.max(UnitOccasion.at))
        .where(UnitOccasion.unit_id.in_(ids))
        .group_by(UnitOccasion.unit_id, UnitOccasion.occasion)
    ):
        found[unit_id][occasion] = at
    return found


def _is_served(unit: Unit) -> bool:
    return unit.state not in duequery.NOT_SERVED and unit.holding is not Holding.STOCK


def _urgency(work: DueWork) -> tuple[date, int, int]:
    """What happened or was counted stands before what a day asks for."""
    first = date.min if work.next.by_use else (work.next.on or date.max)
    return first, work.unit.id, work.plan.id

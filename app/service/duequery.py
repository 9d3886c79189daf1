"""Which plan is due on which robot, asked of the database: what `duework.reckon` says of one robot
at a time, for a list that has to fill its pages. A test holds the two together.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.clock import add_months
from app.robots.counters import SECONDS_PER_HOUR
from app.robots.meters import total_of
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.robots.states import Holding, UnitState
from app.service.planning_models import PlanTicket, ServicePlan, UnitOccasion

_Value = TypeVar("_Value")
NOT_SERVED = (UnitState.EXPECTED, UnitState.RETIRED)
_LONGEST_MONTH = 31


def due_pairs(
    session: Session,
    store_id: int,
    plans: Sequence[ServicePlan],
    *,
    until: date,
    zone: ZoneInfo,
    after: tuple[int, int] | None,
    most: int,
) -> list[tuple[int, int]]:
    """Robot and plan by their ids, for work that is due by a day or by use: one statement."""
    due = or_(*(and_(ServicePlan.id == plan.id, _is_due(plan, until, zone)) for plan in plans))
    query = (
        select(Unit.id, ServicePlan.id)
        .join(ServicePlan, ServicePlan.store_id == Unit.store_id)
        .where(
            Unit.store_id == store_id,
            Unit.state.not_in(NOT_SERVED),
            Unit.holding != Holding.STOCK,
            or_(ServicePlan.model_id.is_(None), ServicePlan.model_id == Unit.model_id),
            due,
        )
        .order_by(Unit.id, ServicePlan.id)
        .limit(most)
    )
    if after is not None:
        query = query.where(tuple_(Unit.id, ServicePlan.id) > after)
    return [(unit_id, plan_id) for unit_id, plan_id in session.execute(query)]


def _is_due(plan: ServicePlan, until: date, zone: ZoneInfo) -> ColumnElement[bool]:
    """Whichever comes first makes it due."""
    ways: list[ColumnElement[bool]] = []
    if plan.every_months is not None:
        ways.append(_by_months(plan, _latest_base(until, plan.every_months), zone))
    if plan.every_hours is not None:
        more = plan.every_hours * SECONDS_PER_HOUR
        ways.append(_counted(Counter.HOURS) >= _last(plan, PlanTicket.hours_s) + more)
    if plan.every_cycles is not None:
        ways.append(_counted(Counter.CYCLES) >= _last(plan, PlanTicket.cycles) + plan.every_cycles)
    if plan.occasion is not None:
        ways.append(_happened_since(plan))
    return or_(*ways)


def _latest_base(until: date, months: int) -> date:
    """The last day from which so many months end by `until`; months end where the calendar says."""
    base = until - timedelta(days=months * _LONGEST_MONTH)
    while add_months(base + timedelta(days=1), months) <= until:
        base += timedelta(days=1)
    return base


def _by_months(plan: ServicePlan, base: date, zone: ZoneInfo) -> ColumnElement[bool]:
    """From the last time; without one from when its warranty began, or it came."""
    last = _newest_done(plan, PlanTicket.done_on)
    day_after = datetime.combine(base + timedelta(days=1), time(0), zone)
    never = or_(
        Unit.warranty_starts_on <= base,
        and_(Unit.warranty_starts_on.is_(None), Unit.received_at < day_after),
    )
    return or_(last <= base, and_(last.is_(None), never))


def _counted(counter: Counter) -> ColumnElement[int]:
    return total_of(counter, Unit.id, of=Unit)


def _last(plan: ServicePlan, column: InstrumentedAttribute[int]) -> ColumnElement[int]:
    return func.coalesce(_newest_done(plan, column), literal(0))


def _newest_done(plan: ServicePlan, column: InstrumentedAttribute[_Value]) -> ScalarSelect[_Value]:
    return (
        select(column)
        .where(
            PlanTicket.unit_id == Unit.id,
            PlanTicket.plan_id == plan.id,
            PlanTicket.done_at.is_not(None),
        )
        .order_by(PlanTicket.id.desc())
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )


def _happened_since(plan: ServicePlan) -> ColumnElement[bool]:
    done_at = _newest_done(plan, PlanTicket.done_at)
    happened = (
        select(UnitOccasion.id)
        .where(
            UnitOccasion.unit_id == Unit.id,
            UnitOccasion.occasion == plan.occasion,
            or_(done_at.is_(None), UnitOccasion.at > done_at),
        )
        .correlate(Unit)
    )
    return happened.exists()

"""The demo store's benches, its calendar, and what it does every so often."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.demo import deliveries, visitors
from app.demo.opening import Crew
from app.demo.visitors import Visitor
from app.kernel import clock
from app.robots import registry
from app.robots.models import Unit
from app.service import appointments, benches, plans, planwork, tickets
from app.service.appointments import Wish
from app.service.planning_models import Bench, BenchKind, Occasion
from app.service.plans import PlanInput

_ZONE = ZoneInfo("Europe/Berlin")
_WORKDAYS = 5
_YEARLY = (
    "Screws of hips and shoulders to torque",
    "Cables of neck and wrists: play and chafing",
    "Fans and filters cleaned",
    "Emergency stop tested",
)


def set_up(session: Session, crew: Crew) -> None:
    """Two benches and a cell, what people can do, and two plans of the store’s own."""
    for name, kind in (
        ("Bench 1", BenchKind.BENCH),
        ("Hoist", BenchKind.HOIST),
        ("Cell", BenchKind.CELL),
    ):
        benches.add(session, crew.petra, name=name, kind=kind)
    if crew.emre.staff_id is not None:
        benches.set_skills(session, crew.petra, crew.emre.staff_id, ["Unitree", "Hands"])
    plans.add(
        session,
        crew.petra,
        PlanInput("Yearly service", every_months=12, every_hours=1_000, minutes=150, items=_YEARLY),
    )
    plans.add(
        session,
        crew.petra,
        PlanInput(
            "Look over after shipping",
            occasion=Occasion.SHIPPING,
            minutes=45,
            items=("Case and straps", "Joints by hand, power off", "Stands and walks ten steps"),
        ),
    )


def fill_calendar(session: Session, crew: Crew) -> None:
    """Appointments of the next days; a robot that was shipped is to be looked over."""
    bench, _, hoist = benches.listed(session, crew.petra.store_id)
    sold = registry.by_serial(session, crew.jana, deliveries.SOLD_AND_GONE)
    _keep(session, crew, sold, bench, days=2, hour=9, minutes=150)
    for visitor, place, days, hour in (
        (visitors.INSTITUTE, hoist, 1, 9),
        (visitors.CLINIC, bench, 1, 13),
    ):
        _keep(session, crew, _of(session, crew, visitor), place, days=days, hour=hour, minutes=120)
    planwork.happened(session, crew.jana, sold, Occasion.SHIPPING)


def _of(session: Session, crew: Crew, visitor: Visitor) -> Unit:
    return registry.by_serial(session, crew.jana, visitor.serial)


def _keep(
    session: Session, crew: Crew, unit: Unit, bench: Bench, *, days: int, hour: int, minutes: int
) -> None:
    ticket = tickets.open_of(session, unit.id)
    if ticket is None:
        return
    start = _workday(days, hour)
    wish = Wish(bench.id, start, start + timedelta(minutes=minutes), crew.emre.staff_id)
    appointments.make(session, crew.jana, ticket, wish)


def _workday(days: int, hour: int) -> datetime:
    """An hour of the day that is so many workdays ahead."""
    day = clock.now().astimezone(_ZONE).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _WORKDAYS
    return datetime.combine(day, time(hour), _ZONE)

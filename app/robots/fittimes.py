"""What a robot's counters stood at when each of its parts was fitted."""

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session, aliased

from app.robots.counters import SECONDS_PER_HOUR
from app.robots.meters import Meters
from app.robots.slot_models import Counter, CounterReading, Occupant
from app.robots.warranty import Counters


def counters_at_fit(session: Session, unit_id: int) -> dict[int, Counters]:
    """By occupant's id, totals over all meters; a counter that nobody had read is None.

    Three statements.
    """
    meters = Meters(session, unit_id)
    totals = {
        counter: {
            occupant_id: value + meters.offset(counter, meter)
            for occupant_id, meter, value in session.execute(
                select(Occupant.id, CounterReading.meter, CounterReading.value)
                .join(CounterReading, CounterReading.id == _last_before_fit(counter))
                .where(Occupant.unit_id == unit_id)
            )
        }
        for counter in (Counter.HOURS, Counter.CYCLES)
    }
    hours, cycles = totals[Counter.HOURS], totals[Counter.CYCLES]
    return {
        occupant_id: Counters(
            hours=begun_hours(hours[occupant_id]) if occupant_id in hours else None,
            cycles=cycles.get(occupant_id),
        )
        for occupant_id in hours.keys() | cycles.keys()
    }


def begun_hours(seconds: int) -> int:
    """Whole hours, the last one as soon as it has begun: warranty terms know no minutes."""
    return -(-seconds // SECONDS_PER_HOUR)


def _last_before_fit(counter: Counter) -> ScalarSelect[int]:
    row = aliased(CounterReading)
    return (
        select(row.id)
        .where(row.unit_id == Occupant.unit_id, row.counter == counter, row.at <= Occupant.since)
        .order_by(row.at.desc(), row.id.desc())
        .limit(1)
        .correlate(Occupant)
        .scalar_subquery()
    )

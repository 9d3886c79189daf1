"""How long a component has run in its place: the robot's hours between fitting and removal."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.kernel.db import UtcDateTime
from app.robots.slot_models import Counter, CounterReading, MeterExchange, Occupant


def hours_of_stays(session: Session, *stays: ColumnElement[bool], at: datetime) -> dict[int, int]:
    """Seconds run by occupant's id, up to removal or `at`; two statements.

    A stay without a reading up to its end is left out, and so is one without a reading up to its
    begin, unless the component came with the robot: then it has run as long as the robot.
    """
    first, last = aliased(CounterReading), aliased(CounterReading)
    end = func.coalesce(Occupant.until, literal(at, UtcDateTime()))
    rows = session.execute(
        select(
            Occupant.id,
            Occupant.unit_id,
            Occupant.as_built,
            func.coalesce(first.meter, 0),
            func.coalesce(first.value, 0),
            last.meter,
            last.value,
        )
        .select_from(Occupant)
        .outerjoin(first, first.id == _last_reading(Occupant.since))
        .join(last, last.id == _last_reading(end))
        .where(*stays)
    ).all()
    # before the first exchange a meter's hours are the total
    exchanged = {row[1] for row in rows if row[3] > 1 or row[5] > 1}
    offsets = _offsets(session, exchanged)
    run: dict[int, int] = {}
    for stay_id, unit_id, as_built, meter_in, value_in, meter_out, value_out in rows:
        out = value_out + offsets[unit_id][meter_out]
        if meter_in > 0:
            run[stay_id] = max(0, out - value_in - offsets[unit_id][meter_in])
        elif as_built:
            run[stay_id] = out
    return run


def _last_reading(
    moment: ColumnElement[datetime] | InstrumentedAttribute[datetime],
) -> ScalarSelect[int]:
    row = aliased(CounterReading)
    return (
        select(row.id)
        .where(row.unit_id == Occupant.unit_id, row.counter == Counter.HOURS, row.at <= moment)
        .order_by(row.at.desc(), row.id.desc())
        .limit(1)
        .correlate(Occupant)
        .scalar_subquery()
    )


def _offsets(session: Session, unit_ids: set[int]) -> dict[int, dict[int, int]]:
    """By robot and meter, what makes the meter's hours a total over all meters."""
    offsets: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    if not unit_ids:
        return offsets
    rows = session.scalars(
        select(MeterExchange)
        .where(MeterExchange.unit_id.in_(unit_ids), MeterExchange.counter == Counter.HOURS)
        .order_by(MeterExchange.meter)
    )
    for row in rows:
        meters = offsets[row.unit_id]
        meters[row.meter] = meters[row.meter - 1] + row.last - row.first
    return offsets

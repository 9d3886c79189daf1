"""How long a model's robots have run in a time: what their counters vouch for, and no more.

Between two readings of a robot its hours are spread evenly; before the first and after the last one
nothing is counted. Totals run over all meters.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session, aliased

from app.robots.models import Unit
from app.robots.slot_models import Counter, CounterReading, MeterExchange


@dataclass(frozen=True, slots=True)
class _Point:
    at: datetime
    total: int


def seconds_of_model(
    session: Session, store_id: int, model_id: int, *, start: datetime, end: datetime
) -> dict[int, int]:
    """Seconds run between two moments by unit's id, without those that vouch for none. Two
    statements, however many readings there are.
    """
    of_units = (Unit.store_id == store_id, Unit.model_id == model_id)
    rows = [aliased(CounterReading) for _ in range(4)]
    wanted = [
        _neighbour(moment, earlier=earlier) for moment in (start, end) for earlier in (True, False)
    ]
    query = select(Unit.id, *(column for row in rows for column in (row.meter, row.value, row.at)))
    query = query.select_from(Unit)
    for row, reading in zip(rows, wanted, strict=True):
        query = query.outerjoin(row, row.id == reading)
    found = session.execute(query.where(*of_units)).all()
    exchanged: dict[int, list[MeterExchange]] = defaultdict(list)
    for exchange in session.scalars(
        select(MeterExchange)
        .join(Unit, Unit.id == MeterExchange.unit_id)
        .where(*of_units, MeterExchange.counter == Counter.HOURS)
    ):
        exchanged[exchange.unit_id].append(exchange)
    run = {}
    for unit_id, *columns in found:
        points = [
            _point(exchanged[unit_id], *columns[first : first + 3]) for first in range(0, 12, 3)
        ]
        seconds = _between(points, start=start, end=end)
        if seconds > 0:
            run[unit_id] = seconds
    return run


def _neighbour(moment: datetime, *, earlier: bool) -> ScalarSelect[int]:
    """A robot's last reading up to a moment, or its first one after."""
    row = aliased(CounterReading)
    order = (row.at.desc(), row.id.desc()) if earlier else (row.at, row.id)
    return (
        select(row.id)
        .where(
            row.unit_id == Unit.id,
            row.counter == Counter.HOURS,
            row.at <= moment if earlier else row.at > moment,
        )
        .order_by(*order)
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )


def _point(
    exchanges: list[MeterExchange], meter: int | None, value: int | None, at: datetime | None
) -> _Point | None:
    if meter is None or value is None or at is None:
        return None
    offset = sum(one.last - one.first for one in exchanges if one.meter <= meter)
    return _Point(at, value + offset)


def _between(points: list[_Point | None], *, start: datetime, end: datetime) -> int:
    before_start, after_start, before_end, after_end = points
    first = _total_at(before_start, after_start, start) if after_start else None
    last = _total_at(before_end, after_end, end) if before_end else None
    if first is None or last is None:
        return 0
    return int(last - first)


def _total_at(before: _Point | None, after: _Point | None, moment: datetime) -> Fraction:
    """Between two readings as on a straight line; with one of them alone as it says."""
    if before is None or after is None:
        one = before or after
        return Fraction(one.total if one else 0)
    whole = after.at - before.at
    if not whole:
        return Fraction(before.total)
    share = Fraction((moment - before.at).total_seconds()) / Fraction(whole.total_seconds())
    return before.total + (after.total - before.total) * share

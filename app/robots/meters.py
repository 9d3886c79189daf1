"""A counter's meters: which one counted when, and what stood before and after a moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session, aliased

from app.kernel.db import Base
from app.robots.slot_models import Counter, CounterReading, MeterExchange


@dataclass(frozen=True, slots=True)
class Bound:
    """What a reading may not be below, or above: a value, and when it was so."""

    value: int
    at: datetime


def exchanges(session: Session, unit_id: int) -> list[MeterExchange]:
    """Every meter of a robot after the first, oldest first."""
    return list(
        session.scalars(
            select(MeterExchange)
            .where(MeterExchange.unit_id == unit_id)
            .order_by(MeterExchange.at, MeterExchange.id)
        )
    )


class Meters:
    """The meters that a robot's counters have had."""

    def __init__(self, session: Session, unit_id: int) -> None:
        self._begun: dict[Counter, list[MeterExchange]] = {counter: [] for counter in Counter}
        for row in exchanges(session, unit_id):
            self._begun[row.counter].append(row)

    def at(self, counter: Counter, moment: datetime) -> int:
        """The number of the meter that counted at a moment."""
        return 1 + sum(row.at <= moment for row in self._begun[counter])

    def newest(self, counter: Counter) -> MeterExchange | None:
        return self._begun[counter][-1] if self._begun[counter] else None

    def offset(self, counter: Counter, meter: int) -> int:
        """What must be added to a meter's readings for a total over all meters."""
        return sum(row.last - row.first for row in self._begun[counter] if row.meter <= meter)

    def first(self, counter: Counter, meter: int) -> Bound | None:
        """What a meter began with; the first one began at nobody knows what."""
        return self._bound(counter, meter, lambda row: row.first)

    def last(self, counter: Counter, meter: int) -> Bound | None:
        """What a meter ended with, if it was exchanged."""
        return self._bound(counter, meter + 1, lambda row: row.last)

    def _bound(
        self, counter: Counter, meter: int, value: Callable[[MeterExchange], int]
    ) -> Bound | None:
        return next(
            (Bound(value(row), row.at) for row in self._begun[counter] if row.meter == meter),
            None,
        )


def neighbours(
    session: Session, unit_id: int, moment: datetime | None, *, earlier: bool
) -> dict[Counter, CounterReading]:
    """Each counter's last reading up to a moment, or its first one after; None: the very last."""
    row = aliased(CounterReading)
    order = (row.at.desc(), row.id.desc()) if earlier else (row.at, row.id)
    wanted = []
    for counter in Counter:
        query = select(row.id).where(row.unit_id == unit_id, row.counter == counter)
        if moment is not None:
            query = query.where(row.at <= moment if earlier else row.at > moment)
        wanted.append(query.order_by(*order).limit(1).scalar_subquery())
    rows = session.scalars(select(CounterReading).where(CounterReading.id.in_(wanted)))
    return {found.counter: found for found in rows}


def of_meter(row: CounterReading | None, meter: int) -> Bound | None:
    return Bound(row.value, row.at) if row is not None and row.meter == meter else None


def total_of(
    counter: Counter, unit_id: SQLColumnExpression[int], *, of: type[Base]
) -> ColumnElement[int]:
    """SQL: what a counter stands for over all meters of a robot, none: 0. `of` is the table that
    the question is asked of, and that `unit_id` is a column of.
    """
    newest = (
        select(CounterReading.id)
        .where(CounterReading.unit_id == unit_id, CounterReading.counter == counter)
        .order_by(CounterReading.at.desc(), CounterReading.id.desc())
        .limit(1)
        .correlate(of)
        .scalar_subquery()
    )
    reading = aliased(CounterReading)
    before = (
        select(func.coalesce(func.sum(MeterExchange.last - MeterExchange.first), 0))
        .where(
            MeterExchange.unit_id == reading.unit_id,
            MeterExchange.counter == reading.counter,
            MeterExchange.meter <= reading.meter,
        )
        .correlate(reading)
        .scalar_subquery()
    )
    total = select(reading.value + before).where(reading.id == newest).correlate(of)
    return func.coalesce(total.scalar_subquery(), 0)

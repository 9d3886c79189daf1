"""What must always hold of what is inside robots, and of what they count."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.kernel.searchkeys import search_key
from app.robots.components import series_of
from app.robots.models import Unit
from app.robots.slot_models import (
    BodyPlan,
    Component,
    CounterReading,
    MeterExchange,
    Occupant,
    Slot,
)

_AT_ONCE = 1000


def breaches(session: Session) -> Iterator[str]:
    yield from _stays_are_in_order(session)
    yield from _one_occupant_each(session)
    yield from _components_in_one_place(session)
    yield from _slots_are_of_the_model(session)
    yield from _keys_fit_components(session)
    yield from _counters_never_fall(session)
    yield from _meters_follow_each_other(session)


def _stays_are_in_order(session: Session) -> Iterator[str]:
    for stay in session.scalars(select(Occupant).where(Occupant.until < Occupant.since)):
        yield f"robots: occupant {stay.id} was removed before it was fitted"


def _one_occupant_each(session: Session) -> Iterator[str]:
    same_slot = (Occupant.unit_id, Occupant.slot_id)
    for before, after in _overlaps(session, *same_slot):
        yield (
            f"robots: unit {after.unit_id}, slot {after.slot_id}: "
            f"occupants {before.id} and {after.id} at the same time"
        )


def _components_in_one_place(session: Session) -> Iterator[str]:
    has_serial = Occupant.component_id.is_not(None)
    for before, after in _overlaps(session, Occupant.component_id, only=has_serial):
        yield (
            f"robots: component {after.component_id} is in two places at the same time "
            f"(occupants {before.id} and {after.id})"
        )


def _overlaps(
    session: Session,
    *of_one: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    only: ColumnElement[bool] | None = None,
) -> Iterator[tuple[Occupant, Occupant]]:
    """Pairs of stays that share these columns and overlap in time; neighbours tell of all."""
    query = select(Occupant).order_by(*of_one, Occupant.since, Occupant.id)
    if only is not None:
        query = query.where(only)
    latest: Occupant | None = None
    for stay in session.scalars(query.execution_options(yield_per=_AT_ONCE)):
        if latest is None or any(
            getattr(latest, column.key) != getattr(stay, column.key) for column in of_one
        ):
            latest = stay
            continue
        if latest.until is None or latest.until > stay.since:
            yield latest, stay
        if latest.until is not None and (stay.until is None or stay.until > latest.until):
            latest = stay


def _slots_are_of_the_model(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Occupant.id, Unit.id)
        .join(Unit, Unit.id == Occupant.unit_id)
        .join(Slot, Slot.id == Occupant.slot_id)
        .join(BodyPlan, BodyPlan.id == Slot.plan_id)
        .where(BodyPlan.model_id != Unit.model_id)
    )
    for stay_id, unit_id in rows:
        yield f"robots: occupant {stay_id}: its slot is not one of unit {unit_id}"


def _keys_fit_components(session: Session) -> Iterator[str]:
    for row in session.scalars(select(Component).execution_options(yield_per=_AT_ONCE)):
        kept = (row.serial_key, row.part_key, row.lot_key, row.series)
        series = series_of(row.part_number, maker_id=row.maker_id, slot_class=row.slot_class)
        keys = tuple(map(search_key, (row.serial, row.part_number, row.lot)))
        if kept != (*keys, series):
            yield f"robots: component {row.id}: its keys {kept!r} are not of what is printed on it"


def _counters_never_fall(session: Session) -> Iterator[str]:
    before: CounterReading | None = None
    for row in session.scalars(
        select(CounterReading)
        .order_by(
            CounterReading.unit_id,
            CounterReading.counter,
            CounterReading.meter,
            CounterReading.at,
            CounterReading.id,
        )
        .execution_options(yield_per=_AT_ONCE)
    ):
        if (
            before is not None
            and (before.unit_id, before.counter, before.meter)
            == (row.unit_id, row.counter, row.meter)
            and before.value > row.value
        ):
            yield (
                f"robots: unit {row.unit_id}: {row.counter} falls from {before.value} "
                f"to {row.value} without a meter exchange"
            )
        before = row


def _meters_follow_each_other(session: Session) -> Iterator[str]:
    """A meter ends no lower than it was read, and goes on no lower than it began."""
    reading = aliased(CounterReading)
    same = (reading.unit_id == MeterExchange.unit_id) & (reading.counter == MeterExchange.counter)
    old, new = reading.meter == MeterExchange.meter - 1, reading.meter == MeterExchange.meter
    rows = session.execute(
        select(MeterExchange.id, reading.id)
        .join(reading, same)
        .where(
            (old & (reading.value > MeterExchange.last))
            | (new & (reading.value < MeterExchange.first))
        )
    )
    for exchange_id, reading_id in rows:
        yield f"robots: meter exchange {exchange_id} contradicts counter reading {reading_id}"

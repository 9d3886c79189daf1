"""What must always hold of stocktakes and batteries: what was scanned, booked and found adds up."""

from collections.abc import Iterator

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from app.parts.battery_models import Battery, BatteryCheck
from app.parts.count_models import CountEntry, CountLine, CountPlace, CountState, StockCount
from app.parts.models import Movement
from app.robots.slot_models import Component


def breaches(session: Session) -> Iterator[str]:
    yield from _lines_equal_entries(session)
    yield from _booked_equals_movements(session)
    yield from _live_while_counting(session)
    yield from _batteries_as_last_checked(session)


def _lines_equal_entries(session: Session) -> Iterator[str]:
    entered = (
        select(CountEntry.line_id, func.sum(CountEntry.change).label("counted"))
        .group_by(CountEntry.line_id)
        .subquery()
    )
    counted = func.coalesce(entered.c.counted, 0)
    rows = session.execute(
        select(StockCount.number, CountLine.id, CountLine.counted, counted)
        .join(CountPlace, CountPlace.id == CountLine.count_place_id)
        .join(StockCount, StockCount.id == CountPlace.count_id)
        .outerjoin(entered, entered.c.line_id == CountLine.id)
        .where(CountLine.counted != counted)
        .order_by(CountLine.id)
    )
    for number, line_id, kept, given in rows:
        yield f"parts: C-{number} line {line_id}: {kept} counted, entries give {int(given)}"


def _booked_equals_movements(session: Session) -> Iterator[str]:
    """What a stocktake found and missed is what its movements brought and took, each of its lines
    included; one that was not booked has no movements.
    """
    moved = (
        select(
            Movement.store_id,
            Movement.reference,
            func.sum(Movement.value_change).label("value"),
        )
        .where(Movement.reference.like("count:%"), Movement.reverses_id.is_(None))
        .group_by(Movement.store_id, Movement.reference)
        .subquery()
    )
    lines = (
        select(CountPlace.count_id, func.sum(CountLine.booked_minor).label("value"))
        .join(CountLine, CountLine.count_place_id == CountPlace.id)
        .group_by(CountPlace.count_id)
        .subquery()
    )
    net = StockCount.found_minor - StockCount.missing_minor
    by_movements = func.coalesce(moved.c.value, 0)
    by_lines = func.coalesce(lines.c.value, 0)
    rows = session.execute(
        select(StockCount.number, net, by_movements, by_lines)
        .outerjoin(
            moved,
            (moved.c.store_id == StockCount.store_id)
            & (moved.c.reference == literal("count:").concat(StockCount.number)),
        )
        .outerjoin(lines, lines.c.count_id == StockCount.id)
        .where(or_(net != by_movements, net != by_lines))
        .order_by(StockCount.id)
    )
    for number, kept, given, told in rows:
        yield (
            f"parts: C-{number}: differences of {int(kept)}, movements give {int(given)}, "
            f"its lines {int(told)}"
        )


def _live_while_counting(session: Session) -> Iterator[str]:
    """A bin is kept for a stocktake exactly while that counts."""
    rows = session.execute(
        select(StockCount.number, CountPlace.place_id)
        .join(StockCount, StockCount.id == CountPlace.count_id)
        .where(CountPlace.is_live != (StockCount.state == CountState.COUNTING))
        .order_by(StockCount.id, CountPlace.id)
    )
    for number, place_id in rows:
        yield f"parts: C-{number} keeps place {place_id} though it is over, or does not"


def _batteries_as_last_checked(session: Session) -> Iterator[str]:
    last = (
        select(BatteryCheck.component_id, func.max(BatteryCheck.id).label("id"))
        .group_by(BatteryCheck.component_id)
        .subquery()
    )
    rows = session.execute(
        select(Component.serial)
        .join(Battery, Battery.component_id == Component.id)
        .join(last, last.c.component_id == Battery.component_id)
        .join(BatteryCheck, BatteryCheck.id == last.c.id)
        .where(
            or_(
                Battery.soc_percent != BatteryCheck.soc_percent,
                Battery.condition != BatteryCheck.condition,
                Battery.checked_at != BatteryCheck.at,
            )
        )
        .order_by(Component.id)
    )
    for serial in rows.scalars():
        yield f"parts: battery {serial} is not as its last check found it"

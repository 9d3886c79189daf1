"""The one place that reads the wall clock, and all arithmetic of days and months."""

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_set_to: ContextVar[datetime | None] = ContextVar("clock_set_to", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _set_to.get() or datetime.now(UTC)


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Let this context live at another moment: for imports of history and for tests."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)


def business_day(moment: datetime, *, zone: str, cut_off: time) -> date:
    """The store's day that a moment belongs to: before the cut-off it is still yesterday's."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= cut_off else local.date() - timedelta(days=1)


def day_bounds(day: date, *, zone: str, cut_off: time) -> tuple[datetime, datetime]:
    """First moment of a business day and first moment of the next, in UTC."""
    here = ZoneInfo(zone)
    start = datetime.combine(day, cut_off, here)
    end = datetime.combine(day + timedelta(days=1), cut_off, here)
    return start.astimezone(UTC), end.astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day of another month, clamped to its end: 31 January + 1 is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

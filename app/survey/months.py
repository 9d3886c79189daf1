"""Months as a store counts them: from the first business day's begin to the next one's."""

from datetime import date, datetime

from app.kernel import clock
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.stores import desk
from app.stores.models import Store


def this_one(store: Store) -> date:
    """The first day of the store's running month."""
    return desk.business_day_of(store).replace(day=1)


def bounds(store: Store, month: date) -> tuple[datetime, datetime]:
    """The first moment of a month and the first one of the next."""
    start, _ = clock.day_bounds(month, zone=store.zone, cut_off=store.day_starts_at)
    following = clock.add_months(month, 1)
    end, _ = clock.day_bounds(following, zone=store.zone, cut_off=store.day_starts_at)
    return start, end


def lately(store: Store, count: int) -> list[date]:
    """So many months up to the running one, the oldest first."""
    last = this_one(store)
    return [clock.add_months(last, -back) for back in range(count - 1, -1, -1)]


def read(typed: str, store: Store) -> date:
    """A month as 2026-10; nothing typed is the last whole one. Raises Refused."""
    written = clean(typed)
    if not written:
        return clock.add_months(this_one(store), -1)
    try:
        month = date.fromisoformat(f"{written}-01")
    except ValueError:
        month = date.min
    if len(written) != len("2026-10") or not date(2000, 1, 1) <= month <= this_one(store):
        raise Refused(msg("Write a month as 2026-10, not after the running one."), field="month")
    return month


def shown(month: date) -> str:
    return f"{month:%Y-%m}"

"""Stocktakes as lists show them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text
from app.parts import counts, differences
from app.parts.count_models import CountPlace, CountState, StockCount
from app.web import paging
from app.web.paging import Page

_TONES = {CountState.BOOKED: "ok", CountState.CANCELLED: ""}


@dataclass(frozen=True, slots=True)
class CountRow:
    """A stocktake, how many bins it has, and how many of them are finished."""

    count: StockCount
    bins: int
    finished: int
    found: Money
    missing: Money

    @property
    def label(self) -> str:
        return counts.label_of(self.count)

    @property
    def page(self) -> str:
        return counts.page_of(self.count)

    @property
    def is_counted(self) -> bool:
        return self.finished == self.bins

    @property
    def state_label(self) -> Text:
        return counts.state_label(self.count, is_counted=self.is_counted)

    @property
    def tone(self) -> str:
        if self.count.state is CountState.COUNTING:
            return "warn" if self.is_counted else "info"
        return _TONES[self.count.state]

    @property
    def net(self) -> Money:
        return self.found - self.missing


def listed(
    session: Session, actor: Actor, *, cursor: str | None = None, most: int = paging.PAGE
) -> Page[CountRow]:
    """The store's stocktakes, the newest first."""
    actor.require("stock.view")
    currency = differences.currency_of(session, actor)
    bins, finished = (
        select(counted)
        .where(CountPlace.count_id == StockCount.id)
        .correlate(StockCount)
        .scalar_subquery()
        for counted in (func.count(), func.count(CountPlace.finished_at))
    )
    query = (
        select(StockCount, bins, finished)
        .where(StockCount.store_id == actor.store_id)
        .order_by(StockCount.number.desc())
        .limit(most + 1)
    )
    if cursor:
        (before,) = paging.decode(cursor, int)
        query = query.where(StockCount.number < before)
    rows = [
        CountRow(
            count,
            int(all_bins),
            int(done),
            Money(count.found_minor, currency),
            Money(count.missing_minor, currency),
        )
        for count, all_bins, done in session.execute(query)
    ]
    after = paging.encode(rows[most - 1].count.number) if len(rows) > most else None
    return Page(rows[:most], after)


def row_of(session: Session, actor: Actor, count: StockCount) -> CountRow:
    """One stocktake as the list shows it."""
    currency = differences.currency_of(session, actor)
    bins, finished = session.execute(
        select(func.count(), func.count(CountPlace.finished_at)).where(
            CountPlace.count_id == count.id
        )
    ).one()
    return CountRow(
        count,
        int(bins),
        int(finished),
        Money(count.found_minor, currency),
        Money(count.missing_minor, currency),
    )

"""From which day to which day, and to which counter reading, a component is covered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from app.kernel.clock import add_months
from app.robots.warranty_terms import Cover, MakerTerms, ReplacedPart, StartBasis

_WITHOUT_END = 10**15


@dataclass(frozen=True, slots=True)
class StartDates:
    """What is on file that can start a warranty."""

    receipt: date | None = None
    invoice: date | None = None
    warranty_card: date | None = None
    activation: date | None = None
    manufacture: date | None = None

    def on(self, basis: StartBasis) -> date | None:
        day: date | None = getattr(self, basis.value)
        return day


@dataclass(frozen=True, slots=True)
class Start:
    """`said` is False where the terms name no start: then it is the earliest day on file."""

    day: date
    basis: StartBasis
    said: bool


@dataclass(frozen=True, slots=True)
class Counters:
    """Readings; None where nobody read the counter."""

    hours: int | None = None
    cycles: int | None = None


NEW = Counters(0, 0)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The component now in the slot, or one before it, was put in as a replacement."""

    fitted_on: date
    under_warranty: bool = True
    counters: Counters = Counters()


class Standing(IntEnum):
    """Where a period stands on a day; UNDECIDED when a counter that limits it is not known."""

    OVER = 0
    UNDECIDED = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Period:
    """One run of one cover; `ends_at` holds counter readings, None without limit or base."""

    cover: Cover
    starts_on: date
    ends_on: date | None
    ends_at: Counters

    def standing(self, day: date, counters: Counters) -> Standing:
        """All limits count; a reading equal to its limit is still inside."""
        if self.ends_on is not None and day > self.ends_on:
            return Standing.OVER
        rooms = [
            None if end is None or reading is None else end - reading
            for limit, end, reading in (
                (self.cover.hours, self.ends_at.hours, counters.hours),
                (self.cover.cycles, self.ends_at.cycles, counters.cycles),
            )
            if limit is not None
        ]
        if any(room is not None and room < 0 for room in rooms):
            return Standing.OVER
        return Standing.UNDECIDED if None in rooms else Standing.OPEN

    @property
    def length(self) -> tuple[date, int, int]:
        """How far it reaches, for “the longest counts”."""
        hours, cycles = self.ends_at.hours, self.ends_at.cycles
        return (
            self.ends_on or date.max,
            _WITHOUT_END if hours is None else hours,
            _WITHOUT_END if cycles is None else cycles,
        )


@dataclass(frozen=True, slots=True)
class History:
    """The periods that count for the component now in place, and what the terms leave open."""

    periods: tuple[Period, ...]
    replaced_unsaid: bool = False
    bought_unsaid: bool = False


def found_start(terms: MakerTerms, dates: StartDates) -> Start | None:
    """The start by the maker's precedence; None when nothing that counts is on file."""
    for rule in terms.start:
        day = dates.on(rule.basis)
        if day is not None:
            return Start(day + timedelta(days=rule.plus_days), rule.basis, said=True)
    if terms.start:
        return None
    known = [(day, basis) for basis in StartBasis if (day := dates.on(basis)) is not None]
    return Start(*min(known), said=False) if known else None


def history(
    terms: MakerTerms,
    covers: Sequence[Cover],
    *,
    start: Start,
    counters_at_start: Counters,
    replacements: Iterable[Replacement],
) -> History:
    """Periods from the start, changed by each replacement in its turn as the maker's rule says."""
    found = History(tuple(_period(cover, start.day, counters_at_start) for cover in covers))
    for replacement in sorted(replacements, key=lambda replacement: replacement.fitted_on):
        if not replacement.under_warranty:
            found = _after_purchase(terms, replacement)
        elif not found.bought_unsaid:
            found = _after_warranty(terms, covers, replacement, found)
    return found


def _after_warranty(
    terms: MakerTerms, covers: Sequence[Cover], replacement: Replacement, before: History
) -> History:
    """Inheriting changes nothing: the rest of the old term is counted from the old start."""
    if terms.replaced_months is not None:
        covers = (Cover(terms.replaced_clause, months=terms.replaced_months),)
    day, counters = replacement.fitted_on, replacement.counters
    again = tuple(_period(cover, day, counters) for cover in covers)
    match terms.replaced:
        case ReplacedPart.NEW_TERM:
            return History(again)
        case ReplacedPart.LONGER:
            return History((*before.periods, *again))
        case ReplacedPart.UNSAID:
            return History(before.periods, replaced_unsaid=True)
        case ReplacedPart.INHERITS:
            return before


def _after_purchase(terms: MakerTerms, replacement: Replacement) -> History:
    """A part the customer paid for stands on its own terms, not on the robot's."""
    if terms.bought_months is None:
        return History((), bought_unsaid=True)
    cover = Cover(terms.bought_clause or terms.replaced_clause, months=terms.bought_months)
    return History((_period(cover, replacement.fitted_on, replacement.counters),))


def _period(cover: Cover, starts_on: date, base: Counters) -> Period:
    months = cover.months
    return Period(
        cover=cover,
        starts_on=starts_on,
        ends_on=None if months is None else add_months(starts_on, months),
        ends_at=Counters(_sum(base.hours, cover.hours), _sum(base.cycles, cover.cycles)),
    )


def _sum(base: int | None, limit: int | None) -> int | None:
    return None if base is None or limit is None else base + limit


def longest(
    periods: Sequence[Period], day: date, counters: Counters
) -> tuple[Period, Standing] | None:
    """The period that counts: an open one before an undecided one, then the one that ends last."""
    standings = [(period, period.standing(day, counters)) for period in periods]
    return max(standings, key=lambda pair: (pair[1], pair[0].length), default=None)

"""A robot's body coloured by what is asked: what is fitted, since when, for how many hours, …

Domains that know more of a slot (faults, calibration, bulletins) add their own way of looking in
`app.wiring`; until then there is no data for it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.text import Text, msg
from app.robots import bodymap
from app.robots.bodymap import BodyMap
from app.robots.bodyplan import Side, Vector
from app.robots.components import occupant_label
from app.robots.counters import SECONDS_PER_HOUR
from app.robots.insides import CHANGE_LABELS, CHANGE_TONES, Change, Inside, Place
from app.robots.models import Unit

_DAYS_PER_YEAR = 365.25


class Look(StrEnum):
    FITTED = "fitted"
    AGE = "age"
    HOURS = "hours"
    FAULTS = "faults"
    CALIBRATION = "calibration"
    BULLETINS = "bulletins"


LOOK_LABELS: dict[Look, Text] = {
    Look.FITTED: msg("Fitted"),
    Look.AGE: msg("Age"),
    Look.HOURS: msg("Hours"),
    Look.FAULTS: msg("Faults"),
    Look.CALIBRATION: msg("Calibration"),
    Look.BULLETINS: msg("Bulletins"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of one slot: `group` for the key of the map, `words` for this slot alone.

    `tone` is "ok", "warn", "bad", "hold", "info", or "" where nothing is known.
    """

    tone: str
    group: Text
    words: Text


Looker = Callable[[Session, Unit, Inside], Mapping[str, Mark]]
_lookers: dict[Look, Looker] = {}


def look_by(look: Look, looker: Looker) -> None:
    """Have `looker` say a mark for each slot, by path; a slot that it leaves out is unknown."""
    _lookers[look] = looker


@dataclass(frozen=True, slots=True)
class Body:
    """A robot's slots as a map and as a list that say the same. No `marks`: nobody has data."""

    look: Look
    map: BodyMap
    marks: Mapping[str, Mark]
    known: bool

    @property
    def key(self) -> list[tuple[str, Text, int]]:
        """Tone, group and number of slots, the most frequent first."""
        groups = {mark.group.template: mark for mark in self.marks.values()}
        counted = Counter(mark.group.template for mark in self.marks.values())
        return [
            (groups[said].tone, groups[said].group, count) for said, count in counted.most_common()
        ]


def body(session: Session, unit: Unit, inside: Inside, look: Look) -> Body:
    """The body as one looks at it."""
    looker = _lookers.get(look)
    said = looker(session, unit, inside) if looker is not None else {}
    unknown = Mark("", msg("No data yet"), msg("no data yet"))
    return marked(inside, said, look=look, otherwise=unknown, known=looker is not None)


def marked(
    inside: Inside, said: Mapping[str, Mark], *, look: Look, otherwise: Mark, known: bool = True
) -> Body:
    """The body with marks by slot that somebody has at hand; `otherwise` for all other slots."""
    return Body(
        look=look,
        map=_map(tuple(map(_located, inside.places))),
        marks={place.path: said.get(place.path, otherwise) for place in inside.places},
        known=known,
    )


@dataclass(frozen=True, slots=True)
class _Located:
    """What the map depends on, so that robots of one model share one."""

    path: str
    slot_class: str
    side: Side
    parent_path: str | None
    position_m: Vector | None


def _located(place: Place) -> _Located:
    return _Located(place.path, place.slot_class, place.side, place.parent_path, place.position_m)


@lru_cache(maxsize=64)
def _map(slots: Sequence[_Located]) -> BodyMap:
    return bodymap.body_map(slots)


def _fitted(_session: Session, _unit: Unit, inside: Inside) -> dict[str, Mark]:
    return {
        place.path: Mark(
            CHANGE_TONES[place.change],
            CHANGE_LABELS[place.change],
            _what(place, CHANGE_LABELS[place.change]),
        )
        for place in inside.places
    }


def _what(place: Place, group: Text) -> Text:
    if place.now is None:
        return group
    return msg("{what}, {how}", what=occupant_label(place.now), how=group)


_AGES = (
    (1.0, "ok", msg("Less than a year")),
    (3.0, "info", msg("One to three years")),
    (float("inf"), "warn", msg("Three years and more")),
)
_RUNS = (
    (500.0, "ok", msg("Less than 500 h")),
    (2000.0, "info", msg("500 to 2,000 h")),
    (float("inf"), "warn", msg("2,000 h and more")),
)
_EMPTY = Mark("", CHANGE_LABELS[Change.EMPTY], CHANGE_LABELS[Change.EMPTY])


def _age(_session: Session, _unit: Unit, inside: Inside) -> dict[str, Mark]:
    moment = inside.at or clock.now()
    marks = {}
    for place in inside.places:
        marks[place.path] = _EMPTY
        if place.now is not None:
            years = (moment - place.now.since).days / _DAYS_PER_YEAR
            tone, group = _step(_AGES, years)
            since = msg("since {day}", day=place.now.since.date())
            marks[place.path] = Mark(tone, group, since)
    return marks


def _hours(_session: Session, _unit: Unit, inside: Inside) -> dict[str, Mark]:
    marks = {}
    for place in inside.places:
        if place.run_s is not None:
            hours = place.run_s // SECONDS_PER_HOUR
            tone, group = _step(_RUNS, hours)
            marks[place.path] = Mark(tone, group, msg("{hours} h", hours=hours))
    return marks


def _step(steps: Sequence[tuple[float, str, Text]], value: float) -> tuple[str, Text]:
    return next((tone, group) for below, tone, group in steps if value < below)


look_by(Look.FITTED, _fitted)
look_by(Look.AGE, _age)
look_by(Look.HOURS, _hours)

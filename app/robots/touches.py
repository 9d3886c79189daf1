"""What is read off a robot whenever somebody has it in hand: what it counts, what runs in it.

Whoever receives, inspects, lends, takes back, hands over or takes in a robot asks for it with the
same fields, and keeps it with the act. What nobody could read is left empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.searchkeys import clean
from app.kernel.text import Text
from app.robots import counters, firmware
from app.robots.components import read_version
from app.robots.counters import COUNTER_LABELS, Standing, read_count
from app.robots.firmware import IN_ROBOT, PART_LABELS
from app.robots.models import Unit
from app.robots.slot_models import Counter, VersionOf
from app.web.forms import Reading, StoreForm, Typed

# The versions, as forms, notes and programs name them.
VERSION_FIELDS: dict[VersionOf, str] = {
    VersionOf.ROBOT: "firmware",
    VersionOf.CONTROLLER: "controller",
    VersionOf.AI_MODEL: "ai_model",
}


@dataclass(frozen=True, slots=True)
class Touch:
    """What was read; what is left out was not. Hours are in seconds."""

    counts: Mapping[Counter, int] = field(default_factory=dict)
    versions: Mapping[VersionOf, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.counts or self.versions)


UNREAD = Touch()


@dataclass(frozen=True, slots=True)
class Asked:
    """A field with what is on record of it: `before`, and since when, if that is known."""

    name: str
    label: Text
    before: Decimal | int | str | None
    at: datetime | None = None


class TouchForm(StoreForm):
    """Base of the forms of whoever has a robot in hand."""

    hours: Typed = ""
    steps: Typed = ""
    falls: Typed = ""
    cycles: Typed = ""
    firmware: Typed = ""
    controller: Typed = ""
    ai_model: Typed = ""

    def touch(self) -> Touch:
        """What was filled in; raises Invalid."""
        seen = Reading()
        touch = read_touch(self.typed(), seen)
        seen.done()
        return touch


def read_touch(typed: Mapping[str, str], seen: Reading, *, prefix: str = "") -> Touch:
    """What was filled in of the fields, each named with `prefix`; problems are told to `seen`."""
    counts = {
        counter: seen.take(prefix + counter, _counting(counter, said, prefix + counter), 0)
        for counter in Counter
        if clean(said := typed.get(prefix + counter, ""))
    }
    versions = {
        part: seen.take(prefix + name, _version(said, prefix + name), "")
        for part, name in VERSION_FIELDS.items()
        if clean(said := typed.get(prefix + name, ""))
    }
    return Touch(counts, versions)


def asked(
    session: Session, unit: Unit, standings: Mapping[Counter, Standing] | None = None
) -> list[Asked]:
    """The fields for one robot with what is on record of it; three statements.

    One statement for those who have its `standings` at hand.
    """
    if standings is None:
        standings = counters.latest(session, unit.id)
    versions = firmware.versions(session, unit)
    counts = [
        Asked(counter, label, counters.shown(counter, stood.value), stood.at)
        if (stood := standings.get(counter))
        else Asked(counter, label, None)
        for counter, label in COUNTER_LABELS.items()
    ]
    return counts + [
        Asked(VERSION_FIELDS[part], PART_LABELS[part], versions.get(part)) for part in IN_ROBOT
    ]


def nothing_known() -> list[Asked]:
    """The fields for a robot that nobody has seen before."""
    return [
        *(Asked(counter, label, None) for counter, label in COUNTER_LABELS.items()),
        *(Asked(VERSION_FIELDS[part], PART_LABELS[part], None) for part in IN_ROBOT),
    ]


def keep(
    session: Session, actor: Actor, unit: Unit, touch: Touch, *, reference: str, prefix: str = ""
) -> None:
    """Keep what was read, as part of an act whose own permission was checked.

    Raises CounterFalls when a counter stood higher before; its field is named with `prefix`.
    """
    if touch.counts:
        counters.keep(session, actor, unit, touch.counts, reference=reference, prefix=prefix)
    for part, version in touch.versions.items():
        firmware.keep(session, actor, unit, part, version, reference=reference)


def _counting(counter: Counter, said: str, name: str) -> Callable[[], int]:
    return lambda: read_count(counter, said, field=name)


def _version(said: str, name: str) -> Callable[[], str]:
    return lambda: read_version(said, field=name)

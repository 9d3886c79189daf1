"""What the pages of slots, parts, counters and versions send."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots.bodyplan import Side, SlotClass
from app.robots.choosing import Part
from app.robots.components import Identity
from app.robots.counters import read_count
from app.robots.firmwarerules import RULE_PARTS, RuleInput
from app.robots.occupancy import Work
from app.robots.slot_models import Component, Control, Counter, VersionOf
from app.robots.slots import SlotChange
from app.web.forms import Reading, StoreForm, Typed

_LONGEST_REFERENCE = 64
_LONGEST_REASON = 200
_Word = TypeVar("_Word", SlotClass, Side, Control, Counter, VersionOf)


class WorkForm(StoreForm):
    """Common to whatever is done to a part: why, for which ticket, and when."""

    reference: Typed = ""
    reason: Typed = ""
    at: Typed = ""

    def work(self, seen: Reading, zone: str) -> Work:
        return Work(
            reason=seen.text("reason", self.reason, most=_LONGEST_REASON),
            reference=seen.text("reference", self.reference, most=_LONGEST_REFERENCE),
            at=seen.take("at", lambda: read_moment(self.at, zone), None),
        )


class FitForm(WorkForm):
    """`occupant` is what is to come out first, if the slot held something on the page."""

    part_number: Typed = ""
    serial: Typed = ""
    lot: Typed = ""
    firmware: Typed = ""
    occupant: Typed = ""

    def read(self, zone: str) -> tuple[Part, Work, int | None]:
        seen = Reading()
        part = Part(
            part_number=clean(self.part_number),
            serial=clean(self.serial),
            lot=clean(self.lot),
            firmware=clean(self.firmware),
        )
        work = self.work(seen, zone)
        seen.done()
        return part, work, number_of(self.occupant)


class RemoveForm(WorkForm):
    occupant: Typed = ""

    def read(self, zone: str) -> tuple[Work, int | None]:
        seen = Reading()
        work = self.work(seen, zone)
        seen.done()
        return work, number_of(self.occupant)


class SwapForm(WorkForm):
    """`other_serial` empty: the other slot is of the same robot."""

    other_serial: Typed = ""
    other_slot: Typed = ""

    def read(self, zone: str) -> tuple[str, str, Work]:
        seen = Reading()
        slot = seen.text("other_slot", self.other_slot, required=True)
        work = self.work(seen, zone)
        seen.done()
        return clean(self.other_serial), slot, work


class CountersForm(StoreForm):
    hours: Typed = ""
    steps: Typed = ""
    falls: Typed = ""
    cycles: Typed = ""
    reference: Typed = ""

    def read(self) -> tuple[dict[Counter, int], str]:
        """Only what was filled in; raises Invalid."""
        seen = Reading()
        values: dict[Counter, int] = {}
        for counter in Counter:
            typed: str = getattr(self, counter)
            if clean(typed):
                values[counter] = seen.take(counter, _counting(counter, typed, field=counter), 0)
        reference = seen.text("reference", self.reference, most=_LONGEST_REFERENCE)
        seen.done()
        return values, reference


@dataclass(frozen=True, slots=True)
class Exchange:
    counter: Counter
    last: int
    first: int
    reason: str


class ExchangeForm(StoreForm):
    counter: Typed = ""
    last: Typed = ""
    first: Typed = ""
    reason: Typed = ""

    def read(self) -> Exchange:
        seen = Reading()
        counter = seen.take("counter", lambda: word_of(Counter, self.counter, "counter"), None)
        chosen = counter or Counter.HOURS
        read = Exchange(
            chosen,
            seen.take("last", _counting(chosen, self.last, field="last"), 0),
            seen.take("first", _counting(chosen, self.first or "0", field="first"), 0),
            seen.text("reason", self.reason, most=_LONGEST_REASON, required=True),
        )
        seen.done()
        return read


class VersionForm(StoreForm):
    part: Typed = ""
    version: Typed = ""
    reference: Typed = ""

    def read(self) -> tuple[VersionOf, str, str]:
        seen = Reading()
        part = seen.take("part", lambda: word_of(VersionOf, self.part, "part"), VersionOf.ROBOT)
        version = seen.text("version", self.version, most=64, required=True)
        reference = seen.text("reference", self.reference, most=_LONGEST_REFERENCE)
        seen.done()
        return part, version, reference


class RevisionForm(StoreForm):
    revision: Typed = ""
    reason: Typed = ""


class SlotForm(StoreForm):
    """`parts`: allowed part numbers, one a line."""

    path: Typed = ""
    side: Typed = "center"
    parent: Typed = ""
    slot_class: Typed = ""
    control: Typed = "serial"
    parts: Typed = ""

    def read_change(self) -> SlotChange:
        seen = Reading()
        change = self._change(seen)
        seen.done()
        return change

    def read_new(self) -> tuple[str, Side, str, SlotChange]:
        seen = Reading()
        side = seen.take("side", lambda: word_of(Side, self.side, "side"), Side.CENTER)
        change = self._change(seen)
        seen.done()
        return self.path, side, self.parent, change

    def _change(self, seen: Reading) -> SlotChange:
        return SlotChange(
            slot_class=seen.take(
                "slot_class",
                lambda: word_of(SlotClass, self.slot_class, "slot_class"),
                SlotClass.OTHER,
            ),
            control=seen.take(
                "control", lambda: word_of(Control, self.control, "control"), Control.SERIAL
            ),
            part_numbers=tuple(filter(clean, self.parts.splitlines())),
        )


class RuleForm(StoreForm):
    """Up to three parts with the range of versions that is bad."""

    code: Typed = ""
    reason: Typed = ""
    part_1: Typed = ""
    versions_1: Typed = ""
    part_2: Typed = ""
    versions_2: Typed = ""
    part_3: Typed = ""
    versions_3: Typed = ""

    def read(self) -> RuleInput:
        pairs = (
            (self.part_1, self.versions_1),
            (self.part_2, self.versions_2),
            (self.part_3, self.versions_3),
        )
        parts = {part: versions for part, versions in pairs if part in RULE_PARTS}
        return RuleInput(code=self.code, reason=self.reason, parts=parts)


class WithdrawForm(StoreForm):
    code: Typed = ""


class ComponentForm(StoreForm):
    """What can be corrected of a component; serial and class stay."""

    part_number: Typed = ""
    name: Typed = ""
    lot: Typed = ""
    made_on: Typed = ""

    def read(self, component: Component) -> Identity:
        seen = Reading()
        identity = Identity(
            component.serial,
            component.slot_class,
            part_number=clean(self.part_number),
            name=seen.text("name", self.name),
            lot=clean(self.lot),
            made_on=seen.take("made_on", lambda: read_day(self.made_on, "made_on"), None),
        )
        seen.done()
        return identity


class SendForm(StoreForm):
    """To which other store of the house a component goes."""

    store: Typed = ""
    reason: Typed = ""


def _counting(counter: Counter, typed: str, *, field: str) -> Callable[[], int]:
    return lambda: read_count(counter, typed, field=field)


def word_of(kind: type[_Word], text: str, field: str) -> _Word:
    """The member that a choice names; raises Refused for a strange one."""
    try:
        return kind(text)
    except ValueError:
        raise Refused(msg("Please choose one of the list."), field=field) from None


def read_moment(text: str, zone: str, *, field: str = "at") -> datetime | None:
    """`2026-03-03T14:30` in the store's time; None for nothing."""
    typed = clean(text)
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            msg("“{text}” is not a moment like 2026-03-03 14:30.", text=typed[:40]), field=field
        ) from None


def read_day(text: str, field: str) -> date | None:
    typed = clean(text)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Refused(
            msg("“{text}” is not a day like 2026-03-03.", text=typed[:40]), field=field
        ) from None


def end_of(day: date, zone: str) -> datetime:
    """The last moment of a day in the store's time."""
    try:
        following = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
        return following.astimezone(UTC) - timedelta(microseconds=1)
    except OverflowError:
        raise Refused(msg("That day is out of reach."), field="at") from None


def number_of(text: str) -> int | None:
    """An id from a hidden field; a strange one is no id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None

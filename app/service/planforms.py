"""What the pages of the workshop's plan send, from text to typed input."""

from collections.abc import Mapping
from datetime import date, timedelta

from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots.daytext import required_day
from app.robots.slotforms import read_moment
from app.service.appointments import Wish
from app.service.forms import word
from app.service.hours import MIDNIGHT, WEEKDAYS, Span
from app.service.planning_models import BenchKind, Occasion
from app.service.plans import PlanInput
from app.web.forms import Reading, StoreForm, Typed

_MOST_DIGITS = 7
_TWO, _HOUR = 2, 60


class BenchForm(StoreForm):
    name: Typed = ""
    kind: Typed = BenchKind.BENCH.value

    def read(self) -> BenchKind:
        return word(BenchKind, self.kind, field="kind")


class SkillsForm(StoreForm):
    skills: Typed = ""


class ClosureForm(StoreForm):
    """A day on which the workshop is closed."""

    day: Typed = ""
    why: Typed = ""

    def read(self) -> date:
        return required_day(self.day, field="day")


class AppointmentForm(StoreForm):
    """For a ticket by its number, or for a robot by its serial: then its ticket is made too."""

    ticket: Typed = ""
    code: Typed = ""
    complaint: Typed = ""
    bench: Typed = ""
    technician: Typed = ""
    skill: Typed = ""
    starts_at: Typed = ""
    minutes: Typed = "60"
    version: Typed = ""

    def read(self, zone: str) -> Wish:
        """Raises Invalid with a sentence by field."""
        seen = Reading()
        bench = row_number(self.bench) if self.bench else None
        if bench is None:
            seen.refuse("bench", msg("Please choose one of the list."))
        start = seen.take(
            "starts_at", lambda: read_moment(self.starts_at, zone, field="starts_at"), None
        )
        if start is None:
            seen.refuse("starts_at", msg("Please say when."))
        minutes = seen.take("minutes", lambda: count(self.minutes, "minutes"), None)
        if not minutes:
            seen.refuse("minutes", msg("Please say how many minutes it takes."))
        seen.text("skill", self.skill, most=32)
        seen.done()
        if bench is None or start is None or minutes is None:
            raise Refused(msg("Please look at the marked fields."))
        return Wish(
            bench_id=bench,
            starts_at=start,
            ends_at=start + timedelta(minutes=minutes),
            staff_id=row_number(self.technician) if self.technician else None,
            skill=self.skill,
        )


class CallOffForm(StoreForm):
    why: Typed = ""


class PlanForm(StoreForm):
    """A plan of preventive service as the store sets it."""

    name: Typed = ""
    model: Typed = ""
    every_months: Typed = ""
    every_hours: Typed = ""
    every_cycles: Typed = ""
    occasion: Typed = ""
    minutes: Typed = "60"
    items: Typed = ""
    version: Typed = ""

    def read(self) -> PlanInput:
        seen = Reading()
        numbers = {
            name: seen.take(name, lambda name=name: count(getattr(self, name), name), None)  # type: ignore[misc]
            for name in ("every_months", "every_hours", "every_cycles", "minutes")
        }
        occasion = seen.take(
            "occasion",
            lambda: word(Occasion, self.occasion, field="occasion") if self.occasion else None,
            None,
        )
        seen.done()
        return PlanInput(
            name=clean(self.name),
            model_id=row_number(self.model) if self.model else None,
            every_months=numbers["every_months"],
            every_hours=numbers["every_hours"],
            every_cycles=numbers["every_cycles"],
            occasion=occasion,
            minutes=numbers["minutes"] or 0,
            items=tuple(clean(line) for line in self.items.splitlines() if clean(line)),
        )


class VisitForm(StoreForm):
    """Where the robot stands, and who opens the door."""

    address: Typed = ""
    contact: Typed = ""


class TravelForm(StoreForm):
    """What the way there costs; it becomes a line of the estimate."""

    description: Typed = ""
    price: Typed = ""


class OccasionForm(StoreForm):
    code: Typed = ""
    occasion: Typed = Occasion.SHIPPING.value

    def read(self) -> Occasion:
        return word(Occasion, self.occasion, field="occasion")


def read_week(typed: Mapping[str, str]) -> list[Span | None]:
    """`opens-0` to `closes-6`, Monday to Sunday; a day with neither is closed. Raises Invalid."""
    seen = Reading()
    week = [_read_span(typed, seen, weekday) for weekday in range(len(WEEKDAYS))]
    seen.done()
    return week


def _read_span(typed: Mapping[str, str], seen: Reading, weekday: int) -> Span | None:
    def minute(name: str) -> int | None:
        text = typed.get(name, "")
        return seen.take(name, lambda: read_minute(text, field=name), None)

    opens, closes = minute(f"opens-{weekday}"), minute(f"closes-{weekday}")
    if opens is None and closes is None:
        return None
    if opens is None or closes is None:
        missing = "opens" if opens is None else "closes"
        seen.refuse(f"{missing}-{weekday}", msg("From and to, or neither where it is closed."))
        return None
    # an evening that ends with the day is written 0:00 by clocks
    return Span(opens, closes or MIDNIGHT)


def read_minute(text: str, *, field: str) -> int | None:
    """A time of day as minutes: 8, 8:30, 24:00; None for nothing. Raises Refused."""
    said = clean(text)
    if not said:
        return None
    parts = [*said.replace(".", ":").split(":"), "0"][:2]
    if all(one.isascii() and one.isdigit() and len(one) <= _TWO for one in parts):
        minute = int(parts[0]) * 60 + int(parts[1])
        if int(parts[1]) < _HOUR and minute <= MIDNIGHT:
            return minute
    raise Refused(msg("A time of day is written as 8:00."), field=field)


def count(text: str, field: str) -> int | None:
    """A whole number; None for nothing."""
    digits = clean(text)
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise Refused(msg("Please write a whole number."), field=field)
    return int(digits)

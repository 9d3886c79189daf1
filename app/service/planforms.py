"""What the pages of the workshop's plan send, from text to typed input."""

from datetime import timedelta

from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots.slotforms import read_moment
from app.service.appointments import Wish
from app.service.forms import word
from app.service.planning_models import BenchKind, Occasion
from app.service.plans import PlanInput
from app.web.forms import Reading, StoreForm, Typed

_MOST_DIGITS = 7


class BenchForm(StoreForm):
    name: Typed = ""
    kind: Typed = BenchKind.BENCH.value

    def read(self) -> BenchKind:
        return word(BenchKind, self.kind, field="kind")


class SkillsForm(StoreForm):
    skills: Typed = ""


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


def count(text: str, field: str) -> int | None:
    """A whole number; None for nothing."""
    digits = clean(text)
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise Refused(msg("Please write a whole number."), field=field)
    return int(digits)

"""What pages and programs send about a robot that is given in trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_percent, parse_quantity
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots.lifeforms import HandsForm
from app.sales.tradein import MOST_MARKS, OFFER_DAYS, Mark, MarkKind, Offer
from app.sales.tradein_models import Grade, Payout
from app.sales.tradeintaking import Rest
from app.sales.tradeinvalues import Shares
from app.web.forms import Reading, StoreForm, Typed

# Rows for marks on the form; more of them can be sent.
MARK_ROWS = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What was typed after looking a robot over; the checklist's answers are read apart."""

    marks: tuple[Mark, ...]
    grade: Grade
    offer: Offer
    pin: str


def read_findings(typed: Mapping[str, str], currency: str, seen: Reading) -> Findings:
    """Fields `slot-N`, `kind-N`, `note-N`; `grade`, `amount`, `reason`, `days`, `tax_free`, `pin`.

    Problems are collected in `seen`.
    """
    marks = tuple(
        mark for index in range(MOST_MARKS) if (mark := _mark(typed, index, seen)) is not None
    )
    grade = Grade.B
    if typed.get("grade", "") in set(Grade):
        grade = Grade(typed["grade"])
    else:
        seen.refuse("grade", msg("Choose one of these."))
    return Findings(marks, grade, read_offer(typed, currency, seen), typed.get("pin", "").strip())


def read_offer(typed: Mapping[str, str], currency: str, seen: Reading) -> Offer:
    """The fields of an offer; an empty amount is what the rules suggest."""
    amount = None
    text = typed.get("amount", "")
    if text.strip():
        nothing = Money(0, currency)
        amount = seen.take("amount", lambda: parse_money(text, currency, field="amount"), nothing)
    days_text = typed.get("days", "").strip()
    days = OFFER_DAYS
    if days_text:
        days = seen.take("days", lambda: parse_quantity(days_text, field="days"), OFFER_DAYS)
    return Offer(
        amount=amount,
        reason=seen.text("reason", typed.get("reason", "")),
        days=days,
        is_tax_free=bool(typed.get("tax_free")),
    )


def _mark(typed: Mapping[str, str], index: int, seen: Reading) -> Mark | None:
    slot, kind = clean(typed.get(f"slot-{index}", "")), clean(typed.get(f"kind-{index}", ""))
    note = seen.text(f"mark-note-{index}", typed.get(f"mark-note-{index}", ""))
    if not (slot or kind or note):
        return None
    if kind not in set(MarkKind):
        seen.refuse(f"kind-{index}", msg("Say what was seen there."))
        return None
    return Mark(slot, MarkKind(kind), note)


class OfferForm(StoreForm):
    """Another price for an offer that was made."""

    amount: Typed = ""
    reason: Typed = ""
    days: Typed = ""
    pin: Typed = ""

    def read(self, currency: str) -> Offer:
        seen = Reading()
        if not self.amount.strip():
            seen.refuse("amount", msg("Please fill this in."))
        offer = read_offer(self.typed(), currency, seen)
        seen.done()
        return offer


class PriceForm(StoreForm):
    price: Typed = ""

    def read(self, currency: str) -> Money | None:
        return parse_money(self.price, currency, field="price") if self.price.strip() else None


class MarginForm(StoreForm):
    margin: Typed = ""


class EndForm(StoreForm):
    end_reason: Typed = ""


class TakeForm(HandsForm):
    """Taking a robot over; at the counter with the sale that it helps to pay."""

    order: Typed = ""
    due: Typed = ""
    trade_in: Typed = ""
    payout: Typed = ""
    payout_note: Typed = ""

    def rest(self) -> Rest:
        way = Payout(self.payout) if self.payout in set(Payout) else None
        return Rest(way, self.payout_note)


class RuleForm(StoreForm):
    model: Typed = ""
    grade: Typed = ""
    start: Typed = ""
    month: Typed = ""
    hours: Typed = ""
    least: Typed = ""

    def read(self) -> tuple[int | None, Grade, Shares]:
        """Model (None: every one), grade and shares; raises Invalid."""
        seen = Reading()
        start, month, hours, least = (
            seen.take(name, partial(parse_percent, text, field=name), 0)
            for name, text in (
                ("start", self.start),
                ("month", self.month or "0"),
                ("hours", self.hours or "0"),
                ("least", self.least or "0"),
            )
        )
        grade = Grade.A
        if self.grade in set(Grade):
            grade = Grade(self.grade)
        else:
            seen.refuse("grade", msg("Choose one of these."))
        if self.model and not (self.model.isascii() and self.model.isdigit()):
            seen.refuse("model", msg("Choose one of these."))
        seen.done()
        model_id = int(self.model[:9]) if self.model else None
        return model_id, grade, Shares(start, month, hours, least)

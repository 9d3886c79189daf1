"""What pages send about quotes, options, deposits and pre-orders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from pydantic import StringConstraints

from app.kernel.errors import Refused
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_percent, parse_quantity, row_number
from app.kernel.text import msg
from app.web.forms import Reading, StoreForm, Typed

_CHOICE = re.compile(r"choice-([0-9]{1,18})")
_PICK = re.compile(r"pick-([0-9]{1,18})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_choices(typed: Mapping[str, str]) -> dict[int, int]:
    """How many of each choice: `pick-7=12` is one of choice 12, `choice-12=2` two of it."""
    seen = Reading()
    wanted: dict[int, int] = {}
    for name, text in typed.items():
        counted, picked = _CHOICE.fullmatch(name), _PICK.fullmatch(name)
        if counted and text.strip() not in {"", "0"}:
            wanted[int(counted[1])] = seen.take(name, partial(parse_quantity, text), 0)
        if picked:
            choice_id = row_number(text)
            if choice_id is not None:
                wanted[choice_id] = 1
    seen.done()
    return wanted


class LineForm(StoreForm):
    """A product by its code and how many; or another number and a discount of a line."""

    product: Typed = ""
    quantity: Typed = "1"
    percent: Typed = ""
    reason: Typed = ""
    pin: Typed = ""

    def count(self) -> int:
        return parse_quantity(self.quantity)

    def share(self) -> int:
        return parse_percent(self.percent) if self.percent.strip() else 0


@dataclass(frozen=True, slots=True)
class Terms:
    """Until when a quote holds, and what it asks beforehand."""

    valid_until: date
    note: str
    deposit: Money
    deposit_days: int
    free_days: int
    keep_bp: int


class TermsForm(StoreForm):
    valid_until: Typed = ""
    note: Typed = ""
    deposit: Typed = ""
    deposit_days: Typed = "14"
    free_days: Typed = "0"
    keep: Typed = "0"

    def read(self, total: Money) -> Terms:
        """A deposit as an amount, or as a share of the total (`20 %`)."""
        seen = Reading()
        terms = Terms(
            valid_until=seen.take(
                "valid_until", lambda: read_day(self.valid_until, field="valid_until"), date.max
            ),
            note=seen.text("note", self.note, most=2_000),
            deposit=seen.take(
                "deposit", lambda: read_deposit(self.deposit, total), Money(0, total.currency)
            ),
            deposit_days=seen.take(
                "deposit_days", lambda: parse_quantity(self.deposit_days, field="deposit_days"), 1
            ),
            free_days=seen.take("free_days", lambda: _whole(self.free_days, "free_days"), 0),
            keep_bp=seen.take("keep", lambda: parse_percent(self.keep or "0", field="keep"), 0),
        )
        seen.done()
        return terms


class NameForm(StoreForm):
    """Who accepts, and the version that was read."""

    version: Typed = ""
    by: Typed = ""
    signature: Annotated[str, StringConstraints(max_length=500_000)] = ""


class CancelForm(StoreForm):
    reason: Typed = ""
    waive: Typed = ""


class DepositForm(StoreForm):
    deposit: Typed = ""
    days: Typed = "14"
    free_days: Typed = "0"
    keep: Typed = "0"

    def read(self, total: Money) -> tuple[Money, int, int, int]:
        """Amount, days, free days and the share that is kept."""
        seen = Reading()
        found = (
            seen.take(
                "deposit", lambda: read_deposit(self.deposit, total), Money(0, total.currency)
            ),
            seen.take("days", lambda: parse_quantity(self.days, field="days"), 1),
            seen.take("free_days", lambda: _whole(self.free_days, "free_days"), 0),
            seen.take("keep", lambda: parse_percent(self.keep or "0", field="keep"), 0),
        )
        seen.done()
        return found


class ArrivalForm(StoreForm):
    amount: Typed = ""
    note: Typed = ""


class AllocateForm(StoreForm):
    unit: Typed = ""
    reason: Typed = ""


class GroupForm(StoreForm):
    model: Typed = ""
    name: Typed = ""
    slot: Typed = ""
    least: Typed = "0"
    most: Typed = "1"


class ChoiceForm(StoreForm):
    group: Typed = ""
    name: Typed = ""
    product: Typed = ""


class ExclusionForm(StoreForm):
    one: Typed = ""
    other: Typed = ""


def read_deposit(text: str, total: Money) -> Money:
    """`2000`, or `20 %` of the total; empty: none."""
    plain = text.strip()
    if not plain:
        return Money(0, total.currency)
    if plain.endswith("%"):
        share = parse_percent(plain, field="deposit")
        return total.share([share, 10_000 - share])[0] if share < 10_000 else total  # noqa: PLR2004
    return parse_money(plain, total.currency, field="deposit")


def read_day(text: str, *, field: str) -> date:
    """A day as a date field sends it."""
    plain = text.strip()
    try:
        if _DAY.fullmatch(plain):
            return date.fromisoformat(plain)
    except ValueError:
        pass
    raise Refused(msg("“{text}” is no day.", text=plain[:40]), field=field)


def _whole(text: str, field: str) -> int:
    return 0 if text.strip() in {"", "0"} else parse_quantity(text, field=field)

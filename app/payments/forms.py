"""What the till's pages send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ConfigDict

from app.kernel.money import Money, parse_money
from app.kernel.searchkeys import figures
from app.kernel.text import msg
from app.web.forms import Reading, StoreForm, Typed

INTO, OUT_OF = "in", "out"


class TillForm(StoreForm):
    """Base of the till's forms: at which till, where the terminal itself does not say it."""

    till: Typed = ""


_PIECE = re.compile(r"piece_([0-9]{1,10})")
_PIECES = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Told:
    """A count as it was typed: a sum, or how many of each note and coin, or both."""

    total: Money | None
    pieces: Mapping[int, int]


class CountForm(TillForm):
    """Base of the forms that count a drawer; fields `piece_500` say how many of each value."""

    model_config = ConfigDict(extra="allow")

    def read_count(self, field: str, typed: str, currency: str) -> Told:
        """Both are read, so that every problem is told at once; one of the two must be there."""
        reading = Reading()
        pieces: dict[int, int] = {}
        for name, value in (self.model_extra or {}).items():
            kind, text = _PIECE.fullmatch(name), figures(str(value)[:20])
            if kind is None or not text:
                continue
            if _PIECES.fullmatch(text):
                pieces[int(kind[1])] = int(text)
            else:
                reading.refuse(name, msg("Write how many there are, or leave it empty."))
        total = None
        if typed.strip() or not pieces:
            total = reading.take(
                field, lambda: parse_money(typed, currency, field=field), Money(0, currency)
            )
        reading.done()
        return Told(total, pieces)


class OpenForm(CountForm):
    float_amount: Typed = ""

    def read(self, currency: str) -> Told:
        return self.read_count("float_amount", self.float_amount, currency)


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount` is positive into the drawer, negative out of it."""

    amount: Money
    reason: str


class MovementForm(TillForm):
    amount: Typed = ""
    direction: Typed = OUT_OF
    reason: Typed = ""

    def read(self, currency: str) -> Movement:
        reading = Reading()
        amount = reading.take(
            "amount",
            lambda: parse_money(self.amount, currency, field="amount"),
            Money(0, currency),
        )
        reason = reading.text("reason", self.reason, required=True)
        reading.done()
        return Movement(amount if self.direction == INTO else -amount, reason)


class CloseForm(CountForm):
    counted: Typed = ""
    reason: Typed = ""

    def read(self, currency: str) -> Told:
        return self.read_count("counted", self.counted, currency)


class SafeForm(TillForm):
    safe_amount: Typed = ""
    bag: Typed = ""

    def read(self, currency: str) -> Money:
        reading = Reading()
        amount = reading.take(
            "safe_amount",
            lambda: parse_money(self.safe_amount, currency, field="safe_amount"),
            Money(0, currency),
        )
        reading.text("bag", self.bag, most=64, required=True)
        reading.done()
        return amount


class DrawerForm(TillForm):
    drawer_reason: Typed = ""


class ReaderForm(TillForm):
    reader: Typed = ""


class NewReaderForm(TillForm):
    """Also what renames one: then without a code."""

    code: Typed = ""
    label: Typed = ""


class SetAsideForm(StoreForm):
    reason: Typed = ""

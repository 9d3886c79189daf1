"""What the till's pages send."""

from dataclasses import dataclass

from app.kernel.money import Money, parse_money
from app.web.forms import Reading, StoreForm, Typed

INTO, OUT_OF = "in", "out"


class TillForm(StoreForm):
    """Base of the till's forms: at which till, where the terminal itself does not say it."""

    till: Typed = ""


class OpenForm(TillForm):
    float_amount: Typed = ""

    def read(self, currency: str) -> Money:
        return _amount("float_amount", self.float_amount, currency)


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


class CloseForm(TillForm):
    counted: Typed = ""
    reason: Typed = ""

    def read(self, currency: str) -> Money:
        return _amount("counted", self.counted, currency)


class ReaderForm(TillForm):
    reader: Typed = ""


class SetAsideForm(StoreForm):
    reason: Typed = ""


def _amount(field: str, typed: str, currency: str) -> Money:
    reading = Reading()
    amount = reading.take(
        field, lambda: parse_money(typed, currency, field=field), Money(0, currency)
    )
    reading.done()
    return amount

"""What the pages of buying send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from app.kernel.errors import Refused
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_quantity, row_number
from app.kernel.searchkeys import clean, figures
from app.kernel.text import msg
from app.parts.prices import PriceInput
from app.parts.purchasing import SAME
from app.parts.receiving import Booking
from app.parts.suppliers import MOST_DAYS, SupplierInput
from app.robots.daytext import read_day
from app.web.forms import Reading, StoreForm, Typed

_RATE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", re.ASCII)
_DAYS = re.compile(r"[0-9]{1,4}", re.ASCII)
_NO_DAY = date(2000, 1, 1)


class SupplierForm(StoreForm):
    name: Typed = ""
    currency: Typed = ""
    lead_days: Typed = ""
    return_days: Typed = ""
    language: Typed = "en"
    account: Typed = ""
    contact: Typed = ""
    email: Typed = ""
    phone: Typed = ""
    address: Typed = ""
    note: Typed = ""

    def read(self) -> SupplierInput:
        seen = Reading()
        typed = SupplierInput(
            name=self.name,
            currency=self.currency,
            lead_days=seen.take("lead_days", lambda: _days(self.lead_days, "lead_days"), 0),
            language=self.language,
            account=self.account,
            contact=self.contact,
            email=self.email,
            phone=self.phone,
            address=self.address,
            return_days=seen.take("return_days", lambda: _days(self.return_days, "return_days"), 0),
            note=self.note,
        )
        seen.done()
        return typed


class PriceForm(StoreForm):
    """A line of a price list; the part by any of its numbers."""

    part: Typed = ""
    number: Typed = ""
    price: Typed = ""
    minimum: Typed = "1"
    pack: Typed = "1"
    valid_from: Typed = ""

    def read(self, currency: str, *, today: date) -> PriceInput:
        seen = Reading()
        if not clean(self.part):
            seen.refuse("part", msg("Please fill this in."))
        typed = PriceInput(
            price=seen.take(
                "price",
                lambda: parse_money(self.price, currency, field="price"),
                Money(0, currency),
            ),
            valid_from=seen.take(
                "valid_from",
                lambda: read_day(self.valid_from, field="valid_from") or today,
                _NO_DAY,
            ),
            number=self.number,
            minimum=seen.take("minimum", lambda: parse_quantity(self.minimum or "1"), 1),
            pack=seen.take("pack", lambda: parse_quantity(self.pack or "1"), 1),
        )
        seen.done()
        return typed


class DraftForm(StoreForm):
    supplier: Typed = ""

    def read(self) -> int:
        return row_number(self.supplier) or 0


class LineForm(StoreForm):
    """A part onto an order; without a price the supplier's list says it."""

    part: Typed = ""
    quantity: Typed = "1"
    price: Typed = ""

    def read(self, currency: str) -> tuple[int, Money | None]:
        seen = Reading()
        if not clean(self.part):
            seen.refuse("part", msg("Please fill this in."))
        quantity = seen.take("quantity", lambda: parse_quantity(self.quantity), 1)
        price = None
        if clean(self.price):
            price = seen.take(
                "price", lambda: parse_money(self.price, currency, field="price"), None
            )
        seen.done()
        return quantity, price


class SendForm(StoreForm):
    expected_on: Typed = ""
    rate: Typed = ""

    def read(self) -> tuple[date | None, int | None]:
        seen = Reading()
        expected_on = seen.take(
            "expected_on", lambda: read_day(self.expected_on, field="expected_on"), None
        )
        rate = seen.take("rate", lambda: _rate(self.rate), None)
        seen.done()
        return expected_on, rate


class KeepForm(StoreForm):
    """Awaited pieces of a line, and for whom they are kept."""

    line: Typed = ""
    quantity: Typed = "1"
    purpose: Typed = ""

    def read(self) -> tuple[int, int]:
        return row_number(self.line) or 0, parse_quantity(self.quantity)


class ReasonForm(StoreForm):
    reason: Typed = ""


class CodeForm(StoreForm):
    """One scan of a page that only looks something up."""

    code: Typed = ""


class UnpackForm(StoreForm):
    """A scan while unpacking: `line` is the one that is marked, `scan_id` the client's own."""

    code: Typed = ""
    line: Typed = ""
    scan_id: Typed = ""
    rejects: Typed = ""
    reason: Typed = ""

    @property
    def position(self) -> int | None:
        return row_number(self.line)

    def rejected_for(self) -> str:
        """Why pieces are not taken just now; raises Refused when that is not said."""
        if not self.rejects:
            return ""
        if not clean(self.reason):
            raise Refused(msg("Say what is wrong with them."), field="reason")
        return clean(self.reason)


class MoveForm(StoreForm):
    """A scan while moving: what is in hand travels with the form."""

    code: Typed = ""
    source: Typed = ""
    held: Typed = "[]"
    collects: Typed = ""


class UndoForm(StoreForm):
    movements: Typed = ""

    def read(self) -> list[int]:
        rows = [row_number(each) for each in self.movements.split(",")[:200]]
        return [row for row in rows if row is not None]


class CreditForm(StoreForm):
    amount: Typed = ""


@dataclass(frozen=True, slots=True)
class ReturnTyped:
    """The common fields of a return, as typed."""

    reason: str
    due_on: date | None
    authorisation: str
    expected: Money


def read_return(values: Mapping[str, str], currency: str) -> ReturnTyped:
    seen = Reading()
    typed = ReturnTyped(
        reason=seen.text("reason", values.get("reason", ""), required=True),
        due_on=seen.take(
            "due_on", lambda: read_day(values.get("due_on", ""), field="due_on"), None
        ),
        authorisation=seen.text("authorisation", values.get("authorisation", ""), most=64),
        expected=seen.take(
            "expected",
            lambda: parse_money(values.get("expected", "") or "0", currency, field="expected"),
            Money(0, currency),
        ),
    )
    seen.done()
    return typed


def read_booking(values: Mapping[str, str], currency: str) -> Booking:
    """Prices are typed as `price_3` for line 3, where the delivery note says another one."""
    seen = Reading()
    prices = {}
    for name, text in values.items():
        position = row_number(name.removeprefix("price_")) if name.startswith("price_") else None
        if position is not None and clean(text):
            read = partial(parse_money, text, currency, field=name)
            prices[position] = seen.take(name, read, Money(0, currency))
    note_number = seen.text("note_number", values.get("note_number", ""), most=64)
    seen.done()
    return Booking(
        seen=clean(values.get("seen", "")),
        note_number=note_number,
        prices=prices,
        confirmed=bool(values.get("confirmed")),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A ticked line of the suggestion list."""

    part_id: int
    quantity: int
    supplier_id: int


def read_choices(values: Mapping[str, str]) -> list[Choice]:
    """Lines are sent as `take_7`, `quantity_7` and `supplier_7`, each for part 7."""
    seen = Reading()
    chosen = []
    for name in values:
        part_id = row_number(name.removeprefix("take_")) if name.startswith("take_") else None
        if part_id is None:
            continue
        field = f"quantity_{part_id}"
        quantity = seen.take(field, partial(parse_quantity, values.get(field, "")), 1)
        supplier_id = row_number(values.get(f"supplier_{part_id}", ""))
        if supplier_id is None:
            seen.refuse(f"supplier_{part_id}", msg("Nobody offers this part yet."))
        chosen.append(Choice(part_id, quantity, supplier_id or 0))
    seen.done()
    return chosen


def _days(text: str, field: str) -> int:
    plain = figures(text) or "0"
    if not _DAYS.fullmatch(plain) or int(plain) > MOST_DAYS:
        raise Refused(msg("Days are from 0 to {most}.", most=MOST_DAYS), field=field)
    return int(plain)


def _rate(text: str) -> int | None:
    """`7.8` or `0,128205` in millionths; None for nothing."""
    plain = figures(text).replace(",", ".")
    if not plain:
        return None
    if not _RATE.fullmatch(plain) or not Decimal(plain):
        raise Refused(msg("This is no rate of exchange."), field="rate")
    return int(Decimal(plain) * SAME)

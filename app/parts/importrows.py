"""One row of an imported file: from texts to what they say, or a sentence for what cannot be.

A column that is not there, and a cell that is empty, say nothing: what is on record stays.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from typing import TypeVar

from app.kernel import words
from app.kernel.errors import Refused
from app.kernel.money import parse_money
from app.kernel.quantity import parse_quantity
from app.kernel.searchkeys import bare_key, clean, figures, folded, search_key
from app.kernel.text import Text, msg
from app.parts import catalogue, numbers
from app.parts.import_models import ImportKind
from app.parts.revisions import read_revision
from app.robots.bodyplan import SlotClass
from app.robots.components import read_lot
from app.robots.daytext import read_day
from app.robots.serials import read_serial
from app.robots.slot_models import Control
from app.robots.slotnames import CLASS_LABELS, CONTROL_LABELS
from app.web.i18n import LANGUAGES, speech

# 8.93901E+18 or 1,23E+15: what spreadsheets make of long numbers. 12E34 is a number of a part.
_SHORTENED = re.compile(r"[+-]?\d+(?:[.,]\d+e[+-]?|e\+)\d+", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_MOST_DAYS = 3_650
Word = TypeVar("Word", bound=StrEnum)
_LONGEST_DESCRIPTION = 5_000
_CONTROLS = {
    "serialised": Control.SERIAL,
    "serial": Control.SERIAL,
    "seriennummer": Control.SERIAL,
    "序列号": Control.SERIAL,
    "lot": Control.LOT,
    "batch": Control.LOT,
    "charge": Control.LOT,
    "los": Control.LOT,
    "批次": Control.LOT,
    "none": Control.NONE,
    "no": Control.NONE,
    "ohne": Control.NONE,
    "keine": Control.NONE,
    "无": Control.NONE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, and in which field; row 0 is the whole file."""

    row: int
    field: str
    text: Text


@dataclass(slots=True)
class Said:
    """A row as it was read. `values` has what the file says, by field."""

    row: int
    number: str = ""
    values: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return bare_key(self.number)

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))

    def whole(self, name: str, default: int = 0) -> int:
        value = self.values.get(name)
        return value if isinstance(value, int) else default


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads rows of one kind of file, in the store's currency."""

    kind: ImportKind
    columns: Sequence[str]
    currency: str

    def read(self, row: int, cells: Sequence[str], problems: list[Problem]) -> Said:
        """What a row says; what it should not say goes to `problems`."""
        said = Said(row)
        surplus = sum(bool(clean(cell)) for cell in cells[len(self.columns) :])
        if surplus:
            sentence = msg("This row has more cells than there are titles: {count}.", count=surplus)
            problems.append(Problem(row, "", sentence))
        ways = _WAYS[self.kind]
        for name, cell in zip(self.columns, cells, strict=False):
            if not name or not clean(cell):
                continue
            try:
                said.values[name] = ways[name](cell, self.currency)
            except Refused as refusal:
                problems.append(Problem(row, name, refusal.message))
                said.values[name] = None
        number = said.values.pop("number", "")
        if number == "":
            problems.append(Problem(row, "number", msg("Please fill this in.")))
        said.number = str(number or "")
        return said


def _number(text: str, _currency: str) -> str:
    return numbers.read_number(_unshortened(text, "number"))


def _gtin(text: str, _currency: str) -> str:
    return numbers.read_gtin(_unshortened(text, "gtin"))


def _control(text: str, _currency: str) -> Control:
    return _worded(text, _control_words(), field="control")


def _slot_class(text: str, _currency: str) -> SlotClass:
    return _worded(text, _class_words(), field="slot_class")


def _maker(text: str, _currency: str) -> str:
    return words.fitting(text, most=100, field="maker")


def _description(text: str, _currency: str) -> str:
    return words.fitting(text, most=_LONGEST_DESCRIPTION, field="description")


def _price(text: str, currency: str) -> int:
    return _money(text, currency, "price")


def _cost(text: str, currency: str) -> int:
    return _money(text, currency, "cost")


def _level(text: str, _currency: str) -> int:
    return 0 if figures(text) == "0" else parse_quantity(text)


def _days(text: str, _currency: str) -> int:
    days = parse_quantity(text, field="core_days")
    if days > _MOST_DAYS:
        raise Refused(msg("A number of days from 1 to {most}.", most=_MOST_DAYS), field="core_days")
    return days


def _day(text: str, _currency: str) -> date | None:
    day_first = _DAY_FIRST.fullmatch(search_key(text))
    if day_first:
        day, month, year = (int(each) for each in day_first.groups())
        text = f"{year:04}-{month:02}-{day:02}"
    return read_day(text.removesuffix("T00:00:00"), field="valid_from")


def _place(text: str, _currency: str) -> str:
    return words.fitting(text, most=32, field="place")


def _supplier(text: str, _currency: str) -> str:
    return words.fitting(text, most=200, field="supplier")


def _money(text: str, currency: str, name: str) -> int:
    money = parse_money(text.replace(currency, ""), currency, field=name)
    if money.minor < 0:
        raise Refused(msg("A price is not below zero."), field=name)
    return money.minor


def _unshortened(text: str, name: str) -> str:
    if _SHORTENED.fullmatch(clean(text)):
        raise Refused(
            msg(
                "“{text}” is a number that a spreadsheet (Excel) has shortened; its last digits "
                "are lost. Format the column as text and enter it again.",
                text=clean(text)[:40],
            ),
            field=name,
        )
    return text


def _worded(text: str, words: Mapping[str, Word], *, field: str) -> Word:
    word = words.get(folded(text))
    if word is None:
        raise Refused(
            msg(
                "“{text}” is not known here. Write one of: {words}.",
                text=clean(text)[:40],
                words=", ".join(dict.fromkeys(str(each) for each in words.values())),
            ),
            field=field,
        )
    return word


@cache
def _control_words() -> Mapping[str, Control]:
    return {control.value: control for control in Control} | _CONTROLS | _in_all(CONTROL_LABELS)


@cache
def _class_words() -> Mapping[str, SlotClass]:
    return {each.value: each for each in SlotClass} | _in_all(CLASS_LABELS)


def _in_all(labels: Mapping[Word, Text]) -> dict[str, Word]:
    """The words for people, folded, in every language of the house."""
    return {
        folded(speech(language).say(label)): word
        for language in LANGUAGES
        for word, label in labels.items()
    }


_Way = Callable[[str, str], object]
_WAYS: dict[ImportKind, dict[str, _Way]] = {
    ImportKind.PARTS: {
        "number": _number,
        "name": lambda text, _: catalogue.read_name(text),
        "gtin": _gtin,
        "control": _control,
        "slot_class": _slot_class,
        "maker": _maker,
        "revision": lambda text, _: read_revision(text),
        "description": _description,
        "price": _price,
        "tax_code": lambda text, _: words.fitting(text, most=16, field="tax_code"),
        "minimum": _level,
        "maximum": _level,
        "core_days": _days,
        "un_number": lambda text, _: catalogue.read_un_number(text),
        "successor": _number,
    },
    ImportKind.PRICES: {
        "number": _number,
        "price": _price,
        "supplier": _supplier,
        # in the supplier's currency, which only the store's books know
        "cost": lambda text, _: clean(text),
        "supplier_number": _number,
        "from_quantity": lambda text, _: parse_quantity(text),
        "pack": lambda text, _: parse_quantity(text),
        "valid_from": _day,
    },
    ImportKind.STOCK: {
        "number": _number,
        "quantity": _level,
        "place": _place,
        "lot": lambda text, _: read_lot(_unshortened(text, "lot")),
        "serial": lambda text, _: read_serial(text),
        "cost": _cost,
    },
}

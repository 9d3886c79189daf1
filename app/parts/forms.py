"""What the pages of parts send."""

from enum import StrEnum
from typing import TypeVar

from app.kernel.errors import Refused
from app.kernel.money import Money, parse_money
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean, figures
from app.kernel.text import msg
from app.parts.catalogue import MOST_PIECES, Particulars
from app.parts.catalogue_models import NumberKind
from app.parts.fitplaces import Where
from app.parts.fitrows import FitInput
from app.parts.models import Part, PlaceKind
from app.parts.numbers import Numbered
from app.parts.substitution import Approval
from app.robots.bodyplan import SlotClass
from app.robots.daytext import read_day
from app.robots.slot_models import Control
from app.web.forms import Reading, StoreForm, Typed

_DIGITS = 7
Member = TypeVar("Member", bound=StrEnum)


class PartForm(StoreForm):
    """A part's number, name and particulars; `seen` is what the editor started from."""

    seen: Typed = ""
    number: Typed = ""
    name: Typed = ""
    gtin: Typed = ""
    control: Typed = "none"
    slot_class: Typed = ""
    maker: Typed = ""
    revision: Typed = ""
    description: Typed = ""
    price: Typed = ""
    tax_code: Typed = ""
    minimum: Typed = ""
    maximum: Typed = ""
    core_days: Typed = ""
    un_number: Typed = ""

    @classmethod
    def of(cls, part: Part, *, maker: str, currency: str) -> "PartForm":
        """The form filled with what is known of a part."""
        return cls(
            number=part.number,
            name=part.name,
            gtin=part.gtin,
            control=part.control.value,
            slot_class=part.slot_class.value if part.slot_class else "",
            maker=maker,
            revision=part.revision,
            description=part.description,
            price=Money(part.price_minor, currency).plain if part.price_minor else "",
            tax_code=part.tax_code,
            minimum=str(part.minimum or ""),
            maximum=str(part.maximum or ""),
            core_days=str(part.core_days or ""),
            un_number=part.un_number,
        )

    def read(self, currency: str) -> Particulars:
        seen = Reading()
        control = seen.take("control", lambda: _member(Control, self.control, "control"), None)
        slot_class = seen.take("slot_class", lambda: _class(self.slot_class), None)
        price = seen.take("price", lambda: _price(self.price, currency), 0)
        minimum = seen.take("minimum", lambda: _count(self.minimum, "minimum"), 0)
        maximum = seen.take("maximum", lambda: _count(self.maximum, "maximum"), 0)
        core_days = seen.take("core_days", lambda: _count(self.core_days, "core_days"), 0)
        for field in ("number", "name"):
            seen.text(field, getattr(self, field), required=True)
        seen.done()
        return Particulars(
            control=control or Control.NONE,
            slot_class=slot_class,
            maker=self.maker,
            revision=self.revision,
            description=self.description,
            price_minor=price,
            tax_code=self.tax_code,
            minimum=minimum,
            maximum=maximum,
            core_days=core_days or None,
            un_number=self.un_number,
        )


class PlaceNamesForm(StoreForm):
    """What a place is called, what its label says, and the room that it is in."""

    kind: Typed = "bin"
    name: Typed = ""
    code: Typed = ""
    room: Typed = ""

    def read_kind(self) -> PlaceKind:
        return _member(PlaceKind, self.kind, "kind")


class NumberForm(StoreForm):
    """A further number of a part."""

    kind: Typed = "maker"
    owner: Typed = ""
    number: Typed = ""

    def read(self) -> Numbered:
        kind = _member(NumberKind, self.kind, "kind")
        return Numbered(kind, self.number, self.owner)


class PlaceForm(StoreForm):
    """A model, and there a slot or a kind of slot."""

    model: Typed = ""
    slot: Typed = ""
    slot_class: Typed = ""

    def where(self) -> Where:
        """One slot, if one is named, whatever kind is chosen beside it."""
        return Where(self.slot, None if clean(self.slot) else _class(self.slot_class))


class FitForm(PlaceForm):
    """One more place in which a part works."""

    part_revisions: Typed = ""
    revisions: Typed = ""
    firmware: Typed = ""
    note: Typed = ""

    def read(self) -> FitInput:
        return FitInput(
            model_id=row_number(self.model),
            where=self.where(),
            part_revisions=self.part_revisions,
            revisions=self.revisions,
            firmware=self.firmware,
            note=self.note,
        )


class SuccessorForm(StoreForm):
    """The part that replaces this one."""

    successor: Typed = ""
    both_ways: Typed = ""
    note: Typed = ""


class SubstituteForm(PlaceForm):
    """That this part may be used in place of another one."""

    instead_of: Typed = ""
    reason: Typed = ""
    until: Typed = ""

    def read(self) -> Approval:
        return Approval(
            reason=self.reason,
            model_id=row_number(self.model),
            where=self.where(),
            until=read_day(self.until, field="until"),
        )


def _class(text: str) -> SlotClass | None:
    return _member(SlotClass, text, "slot_class") if clean(text) else None


def _price(text: str, currency: str) -> int:
    return parse_money(text, currency, field="price").minor if clean(text) else 0


def _count(text: str, field: str) -> int:
    """A whole number, 0 where nothing is typed."""
    plain = figures(text)
    if not plain:
        return 0
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _DIGITS):
        raise Refused(msg("A number of pieces from 0 to {most}.", most=MOST_PIECES), field=field)
    return int(plain)


def _member(kind: type[Member], text: str, field: str) -> Member:
    try:
        return kind(text)
    except ValueError:
        raise Refused(msg("Please choose one of the list."), field=field) from None

"""What the pages of estimates, operations, claims and returns send, from text to typed input."""

from collections.abc import Mapping
from datetime import date

from app.kernel.errors import Refused
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_percent, parse_quantity, row_number
from app.kernel.searchkeys import clean, figures
from app.kernel.signatures import read_signature
from app.kernel.text import msg
from app.robots.bodyplan import SlotClass
from app.robots.daytext import read_day, required_day
from app.service.authorisations import GrantInput
from app.service.decisions import Answer
from app.service.estimate_models import How, LineKind
from app.service.forms import version, word
from app.service.lineitems import LineInput
from app.service.lines import ChangeInput
from app.service.operation_models import OperationKind, SafetyTick
from app.service.operations import OperationInput
from app.service.payers import Measure, Payer, Share
from app.web.forms import Reading, StoreForm, Typed

PAYS, WHO, ANSWER = "pays-", "who-", "line-"
APPROVED, DECLINED = "approve", "decline"
_REST_WORDS = frozenset({"rest", "*", "余", "剩余"})
_NO_DAY = date(2000, 1, 1)


class LineForm(StoreForm):
    """A line by code or part number; or, without a code, by what it is and costs."""

    code: Typed = ""
    quantity: Typed = "1"
    slot: Typed = ""
    kind: Typed = LineKind.FEE.value
    description: Typed = ""
    minutes: Typed = ""
    price: Typed = ""

    def read(self, currency: str) -> LineInput:
        seen = Reading()
        code = clean(self.code)
        typed = LineInput(
            code=code,
            kind=seen.take("kind", lambda: word(LineKind, self.kind, field="kind"), LineKind.FEE),
            description=self.description,
            quantity=seen.take("quantity", lambda: parse_quantity(self.quantity or "1"), 1),
            minutes=seen.take("minutes", self._minutes, 0),
            price=None if code else seen.take("price", lambda: _price(self.price, currency), None),
            slot_path=clean(self.slot),
        )
        seen.done()
        return typed

    def _minutes(self) -> int:
        return parse_quantity(self.minutes, field="minutes") if clean(self.minutes) else 0


def read_change(
    typed: Mapping[str, str], currency: str
) -> tuple[ChangeInput, tuple[Share, ...] | None]:
    """A line's form: quantity, price, words, and who pays. Raises Invalid.

    Who pays is typed per payer: `50 %`, `120.00`, or `rest`; None where nothing of it was sent.
    """
    seen = Reading()
    change = ChangeInput(
        seen=seen.take("form", lambda: version(typed.get("revision", "")), 0),
        quantity=seen.take("quantity", lambda: parse_quantity(typed.get("quantity", "")), None),
        price=seen.take("price", lambda: _price(typed.get("price", ""), currency), None),
        price_reason=typed.get("price_reason", ""),
        description=typed.get("description", ""),
    )
    shares = seen.take("shares", lambda: read_shares(typed, currency), None)
    seen.done()
    return change, shares


def read_shares(typed: Mapping[str, str], currency: str) -> tuple[Share, ...] | None:
    """Who pays, as typed beside each payer; empty fields pay nothing."""
    if not any(name.startswith(PAYS) for name in typed):
        return None
    return tuple(
        _share(payer, text, clean(typed.get(f"{WHO}{payer}", "")), currency)
        for payer in Payer
        if (text := clean(typed.get(f"{PAYS}{payer}", "")))
    )


def share_text(share: Share, currency: str) -> str:
    """A share as its field shows it, to be read again by `read_shares`."""
    if share.measure is Measure.REST:
        return "rest"
    if share.measure is Measure.AMOUNT:
        return Money(share.value, currency).plain
    whole, rest = divmod(share.value, 100)
    return f"{whole} %" if not rest else f"{whole}.{rest:02d} %"


def _share(payer: Payer, text: str, reference: str, currency: str) -> Share:
    if text.casefold() in _REST_WORDS:
        return Share(payer, Measure.REST, 0, reference)
    if text.endswith(("%", "％")):
        points = parse_percent(text.replace("％", "%"), field="shares")
        return Share(payer, Measure.PERCENT, points, reference)
    amount = parse_money(text, currency, field="shares")
    if amount.minor < 0:
        raise Refused(msg("A share is not less than nothing."), field="shares")
    return Share(payer, Measure.AMOUNT, amount.minor, reference)


def read_answer(typed: Mapping[str, str], *, how: How, noted_by: str, link: str = "") -> Answer:
    """Who decided what, from fields `line-<key>`; lines that nobody answered stay open.

    Raises Refused at `signature` for a drawing that is none.
    """
    approved = {
        name.removeprefix(ANSWER): value == APPROVED
        for name, value in typed.items()
        if name.startswith(ANSWER) and value in {APPROVED, DECLINED}
    }
    signed = read_signature(typed.get("by", ""), typed.get("signature", ""))
    return Answer(
        approved, by=signed.name, how=how, noted_by=noted_by, link=link, signature=signed.picture
    )


class NoteForm(StoreForm):
    note: Typed = ""


class AgainForm(StoreForm):
    """A line that was once declined."""

    line: Typed = ""

    def read(self) -> int:
        found = row_number(self.line)
        if found is None:
            raise Refused(msg("This line is on offer already, or was never declined."))
        return found


class OperationForm(StoreForm):
    code: Typed = ""
    name: Typed = ""
    kind: Typed = OperationKind.LABOUR.value
    slot_class: Typed = ""
    minutes: Typed = ""
    price: Typed = ""
    needs_two: Typed = ""
    ticks: list[Typed] = []
    needs_authorisation: Typed = ""
    maker: Typed = ""
    version: Typed = "0"

    def read(self, currency: str) -> OperationInput:
        seen = Reading()
        typed = OperationInput(
            code=self.code,
            name=self.name,
            minutes=seen.take("minutes", lambda: parse_quantity(self.minutes, field="minutes"), 1),
            kind=seen.take("kind", lambda: word(OperationKind, self.kind, field="kind"),
                           OperationKind.LABOUR),
            slot_class=seen.take("slot_class", self._class, None),
            price=seen.take("price", lambda: _price(self.price, currency), None),
            needs_two=bool(self.needs_two),
            ticks=seen.take("ticks", self._ticks, ()),
            needs_authorisation=bool(self.needs_authorisation),
            maker_id=row_number(self.maker) if self.maker else None,
        )  # fmt: skip
        seen.done()
        return typed

    def _class(self) -> SlotClass | None:
        return word(SlotClass, self.slot_class, field="slot_class") if self.slot_class else None

    def _ticks(self) -> tuple[SafetyTick, ...]:
        return tuple(word(SafetyTick, one, field="ticks") for one in self.ticks)


class RateForm(StoreForm):
    rate: Typed = ""
    tax_code: Typed = ""

    def read(self, currency: str) -> Money:
        return parse_money(self.rate, currency, field="rate")


class GrantForm(StoreForm):
    maker: Typed = ""
    operation: Typed = ""
    valid_from: Typed = ""
    valid_until: Typed = ""
    reference: Typed = ""

    def read(self) -> GrantInput:
        seen = Reading()
        maker_id = row_number(self.maker)
        if maker_id is None:
            seen.refuse("maker", msg("Please choose one of the list."))
        typed = GrantInput(
            maker_id=maker_id or 0,
            operation_id=row_number(self.operation) if self.operation else None,
            valid_from=seen.take(
                "valid_from", lambda: required_day(self.valid_from, field="valid_from"), _NO_DAY
            ),
            valid_until=seen.take(
                "valid_until", lambda: read_day(self.valid_until, field="valid_until"), None
            ),
            reference=self.reference,
        )
        seen.done()
        return typed


class PayForm(StoreForm):
    """Money taken for a bill; empty amounts mean all that is due."""

    amount: Typed = ""
    tendered: Typed = ""
    note: Typed = ""
    days: Typed = ""
    code: Typed = ""

    def read(self, currency: str) -> tuple[Money | None, Money | None]:
        seen = Reading()
        amount = seen.take("amount", lambda: _price(self.amount, currency, "amount"), None)
        tendered = seen.take("tendered", lambda: _price(self.tendered, currency, "tendered"), None)
        seen.done()
        return amount, tendered

    def read_days(self, default: int) -> int:
        return parse_quantity(self.days, field="days") if clean(self.days) else default


class ClaimForm(StoreForm):
    """One step of a claim."""

    step: Typed = ""
    granted: Typed = ""
    note: Typed = ""
    their_reference: Typed = ""
    debtor: Typed = ""

    def read_granted(self, currency: str) -> Money:
        return parse_money(self.granted, currency, field="granted")


def _price(text: str, currency: str, field: str = "price") -> Money | None:
    return parse_money(figures(text), currency, field=field) if clean(text) else None

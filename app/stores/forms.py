"""What the settings pages of a store send."""

import re
from dataclasses import dataclass
from datetime import date, time

from app.kernel.errors import Refused
from app.kernel.mail import read_mail
from app.kernel.quantity import parse_percent
from app.kernel.searchkeys import clean
from app.kernel.tax import PriceMode, TaxCategory
from app.kernel.text import msg
from app.kernel.vatid import read_bank_account, read_vat_id
from app.stores.particulars import Particulars
from app.web.forms import Reading, StoreForm, Typed
from app.web.i18n import LANGUAGES

LONGEST_FOOTER = 1_000
_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:[0-9]{2})?")


class ParticularsForm(StoreForm):
    seen: Typed = ""
    name: Typed = ""
    legal_name: Typed = ""
    street: Typed = ""
    postcode: Typed = ""
    city: Typed = ""
    country: Typed = ""
    vat_id: Typed = ""
    phone: Typed = ""
    email: Typed = ""
    bank_account: Typed = ""
    price_mode: Typed = ""
    zone: Typed = ""
    day_starts_at: Typed = ""
    language: Typed = ""
    receipt_footer: Typed = ""

    def read(self) -> Particulars:
        reading = Reading()
        given = Particulars(
            name=reading.text("name", self.name, required=True),
            legal_name=reading.text("legal_name", self.legal_name, required=True),
            street=reading.text("street", self.street),
            postcode=reading.text("postcode", self.postcode),
            city=reading.text("city", self.city),
            country=clean(self.country).upper(),
            vat_id=reading.take("vat_id", lambda: read_vat_id(self.vat_id), ""),
            phone=reading.text("phone", self.phone),
            email=reading.take("email", lambda: read_mail(self.email), ""),
            bank_account=reading.take(
                "bank_account", lambda: read_bank_account(self.bank_account), ""
            ),
            price_mode=reading.take(
                "price_mode", lambda: _price_mode(self.price_mode), PriceMode.GROSS
            ),
            zone=reading.text("zone", self.zone, required=True),
            day_starts_at=reading.take(
                "day_starts_at", lambda: _time_of_day(self.day_starts_at), time(0)
            ),
            language=self.language if self.language in LANGUAGES else "en",
            receipt_footer=reading.text("receipt_footer", self.receipt_footer, most=LONGEST_FOOTER),
        )
        reading.done()
        return given


class TillForm(StoreForm):
    name: Typed = ""
    printer: Typed = ""
    reader_id: Typed = ""


class NewTillForm(StoreForm):
    name: Typed = ""


@dataclass(frozen=True, slots=True)
class NewRate:
    code: str
    label: str
    rate_bp: int
    valid_from: date
    category: TaxCategory
    reason: str


class RateForm(StoreForm):
    code: Typed = ""
    label: Typed = ""
    rate: Typed = ""
    valid_from: Typed = ""
    category: Typed = "standard"
    reason: Typed = ""

    def read(self) -> NewRate:
        reading = Reading()
        read = NewRate(
            code=reading.text("code", self.code, most=16, required=True),
            label=reading.text("label", self.label, required=True),
            rate_bp=reading.take("rate", lambda: parse_percent(self.rate, field="rate"), 0),
            valid_from=reading.take("valid_from", lambda: _day(self.valid_from), date.min),
            category=reading.take(
                "category", lambda: _category(self.category), TaxCategory.STANDARD
            ),
            reason=reading.text("reason", self.reason),
        )
        reading.done()
        return read


def _price_mode(text: str) -> PriceMode:
    try:
        return PriceMode(text)
    except ValueError:
        raise Refused(msg("Choose one of the two."), field="price_mode") from None


def _category(text: str) -> TaxCategory:
    try:
        return TaxCategory(text)
    except ValueError:
        raise Refused(msg("Choose why a rate is none."), field="category") from None


def _time_of_day(text: str) -> time:
    match = _TIME.fullmatch(clean(text))
    try:
        return time(int(match["hour"]), int(match["minute"])) if match else _no_time()
    except ValueError:
        return _no_time()


def _no_time() -> time:
    raise Refused(msg("Write a time of day as 04:00."), field="day_starts_at")


def _day(text: str) -> date:
    """A day as the browser's date field sends it, or as people type ISO dates."""
    try:
        return date.fromisoformat(clean(text))
    except ValueError:
        raise Refused(msg("Write a day as 2026-01-31."), field="valid_from") from None

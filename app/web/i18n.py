"""Languages: which one to speak, and how to say times, amounts and sentences in it."""

import gettext
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

from app.kernel.money import Money, decimals
from app.kernel.text import Text
from app.web.viewer import viewer_of

LOCALE_DIR = Path(__file__).parents[1] / "locale"
LANGUAGES = {"en": "English", "de": "Deutsch", "zh": "简体中文"}
HTML_LANG = {"en": "en", "de": "de", "zh": "zh-Hans"}
_BABEL = {"en": "en_GB", "de": "de_DE", "zh": "zh_Hans_CN"}
LANGUAGE_COOKIE = "qf_language"


def language_of(request: Request) -> str:
    """What the page was turned to, else the person's setting, else this browser's choice, else its
    Accept-Language, else English.
    """
    turned: str | None = getattr(request.state, "language", None)
    if turned is not None:
        return turned
    viewer = viewer_of(request)
    if viewer is not None and viewer.locale in LANGUAGES:
        return viewer.locale
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return accepted_language(request.headers.get("accept-language", ""))


def speak(request: Request, language: str) -> None:
    """Turn this one page to a language, as the link to it says."""
    request.state.language = language


def accepted_language(header: str) -> str:
    """The first of our languages in an Accept-Language header, by its weights."""
    wishes = []
    for position, wish in enumerate(header.split(",")[:20]):
        tag, _, weight = wish.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), position, tag[:2].lower()))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(wishes) if tag in LANGUAGES), "en")


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; compiled here when nobody compiled it before."""
    folder = LOCALE_DIR / language / "LC_MESSAGES"
    source, compiled = folder / "messages.po", folder / "messages.mo"
    if not source.exists():
        return gettext.NullTranslations()
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    with source.open("rb") as file:
        catalogue = read_po(file, locale=_BABEL[language])
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


class Speech:
    """How one language says things. `zone` is the store's time zone name."""

    def __init__(self, language: str, *, zone: str = "UTC") -> None:
        self.language = language
        self.locale = Locale.parse(_BABEL[language])
        self.zone = ZoneInfo(zone)
        self._catalogue = translations(language)

    def gettext(self, message: str) -> str:
        return self._catalogue.gettext(message) if message else ""

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self._catalogue.ngettext(one, many, count)

    def say(self, value: object) -> str:
        """A sentence, amount, time or anything else, as this language writes it."""
        if isinstance(value, Text):
            return value.render(self.gettext, self.say)
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, datetime):
            return self.datetime(value)
        if isinstance(value, date):
            return self.date(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return self.number(value)
        return str(value)

    def money(self, amount: Money) -> str:
        """`€46,926.00`, `46.926,00 €`, minus as U+2212. Digits come from whole minor units."""
        return _money(self.language, amount)

    def number(self, value: int | Decimal) -> str:
        return numbers.format_decimal(value, locale=self.locale).replace("-", "−")

    def percent(self, basis_points: int) -> str:
        """1900 basis points are `19%`, in German `19 %`; 550 are `5.5%`."""
        return _percent(self.language, basis_points)

    def month(self, day: date, *, year: bool = False) -> str:
        """`Nov`, or `Nov 2025`, of any day in it."""
        return dates.format_skeleton("yMMM" if year else "MMM", day, locale=self.locale)

    def date(self, day: date | datetime) -> str:
        local = day.astimezone(self.zone).date() if isinstance(day, datetime) else day
        return _date(self.language, local)

    def time(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%H:%M")

    def datetime(self, moment: datetime) -> str:
        return f"{self.date(moment)} {self.time(moment)}"


_DATE = {"en": "d MMM y", "de": "dd.MM.y", "zh": "y年M月d日"}


# The same prices, rates and days stand on page after page; writing each anew costs more than
# keeping it.


@lru_cache(maxsize=4096)
def _money(language: str, amount: Money) -> str:
    digits = decimals(amount.currency)
    text = numbers.format_currency(
        abs(amount.minor) if digits == 0 else _exact(amount),
        amount.currency,
        locale=_BABEL[language],
    )
    return f"−{text}" if amount.minor < 0 else text


@lru_cache(maxsize=256)
def _percent(language: str, basis_points: int) -> str:
    pattern = "#,##0.##\u00a0%" if language == "de" else "#,##0.##%"
    share = Decimal(basis_points) / 10_000
    return numbers.format_percent(share, format=pattern, locale=_BABEL[language])


@lru_cache(maxsize=1024)
def _date(language: str, day: date) -> str:
    return dates.format_date(day, format=_DATE[language], locale=_BABEL[language])


def _exact(amount: Money) -> Decimal:
    return Decimal(abs(amount.minor)).scaleb(-decimals(amount.currency))


@cache
def speech(language: str, zone: str = "UTC") -> Speech:
    return Speech(language, zone=zone)


def speech_of(request: Request) -> Speech:
    viewer = viewer_of(request)
    return speech(language_of(request), viewer.zone if viewer else "UTC")

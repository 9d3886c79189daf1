"""Amounts as Stripe wants them: whole numbers of the currency's smallest unit."""

from stripe_stand_in.errors import invalid
from stripe_stand_in.forms import Params

_CURRENCIES = (  # noqa: SIM905 - a word a line would hide the list
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp "
    "byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip "
    "gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt "
    "lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr "
    "nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd "
    "std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar "
    "zmw"
).split()

_ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})

# Stripe's published smallest charges. Any other currency must convert to 50 US cents; without
# rates we ask for 50 units.
_SMALLEST = {
    "aed": 200, "bgn": 100, "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17500,
    "mxn": 1000, "myr": 200, "nok": 300, "pln": 200, "ron": 200, "sek": 300, "thb": 1000,
}  # fmt: skip
_SMALLEST_ELSEWHERE = 50

_DIGITS = {"idr": 12, "cop": 10, "huf": 10, "jpy": 10, "inr": 9}
_DIGITS_ELSEWHERE = 8

_SIGNS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥", "cny": "CN¥"}


def read_currency(params: Params) -> str:
    """Return the request's `currency` in small letters, or refuse one that is unknown."""
    currency = params.needed_text("currency").lower()
    if currency not in _CURRENCIES:
        known = ", ".join(_CURRENCIES)
        raise invalid(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}",
            param=params.path("currency"),
        )
    return currency


def check_charge(amount: int, currency: str, *, param: str) -> None:
    """Refuse an amount that cannot be charged in this currency."""
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param=param,
            code="parameter_invalid_integer",
        )
    smallest = _SMALLEST.get(currency, _SMALLEST_ELSEWHERE)
    if amount < smallest:
        raise invalid(
            f"Amount must be at least {shown(smallest, currency)} {currency}",
            param=param,
            code="amount_too_small",
        )
    largest = 10 ** _DIGITS.get(currency, _DIGITS_ELSEWHERE) - 1
    if amount > largest:
        raise invalid(
            f"Amount must be no more than {shown(largest, currency)}",
            param=param,
            code="amount_too_large",
        )
    if currency in _THREE_DECIMAL and amount % 10:
        raise invalid(f"The last digit of an amount in {currency} must be 0.", param=param)


def exponent(currency: str) -> int:
    """Return how many of the digits stand behind the point."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def shown(amount: int, currency: str) -> str:
    """Return an amount as people read it: `€20.00`, `¥500`, `20.00 CHF`."""
    places = exponent(currency)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**places)
    number = f"{sign}{whole:,}" + (f".{rest:0{places}d}" if places else "")
    mark = _SIGNS.get(currency)
    return f"{mark}{number}" if mark else f"{number} {currency.upper()}"

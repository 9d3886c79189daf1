"""Amounts as the card service counts and takes them: https://docs.stripe.com/currencies.

Its decimals are not always ours: a króna has none here and two, always nought, there; a Serbian
dinar none here and two there; a Kuwaiti dinar three at both, the last of them always nought.
"""

from app.kernel.errors import Refused
from app.kernel.money import Money, decimals
from app.kernel.text import msg

# "Zero-decimal currencies" there. Krónur and Uganda shillings are written with two, for what was
# written before: "Special cases" of the same page.
_NO_DECIMALS = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV"),
        *("XAF", "XOF", "XPF"),
    }
)
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_TWO, _THREE = 2, 3
_TEN = 10

# Stripe's smallest charges, in its minor units:
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
# Currencies that are not here have none of their own; the service itself then says no.
LEAST_BY_CARD: dict[str, int] = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250,
    "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200,
    "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip


def provider_amount(amount: Money) -> int:
    """Our minor units as Stripe counts them: JPY 80 is 80, ISK 80 is 8000."""
    there, here = _decimals_there(amount.currency), decimals(amount.currency)
    if there >= here:
        return int(amount.minor * _TEN ** (there - here))
    return int(amount.minor // _TEN ** (here - there))


def our_amount(provider_minor: int, currency: str) -> Money:
    """Stripe's whole number as our money."""
    code = currency.upper()
    there, here = _decimals_there(code), decimals(code)
    if there >= here:
        return Money(int(provider_minor // _TEN ** (there - here)), code)
    return Money(int(provider_minor * _TEN ** (here - there)), code)


def least_charge(currency: str) -> Money:
    """The smallest amount that the card service takes, as far as it is known here."""
    return our_amount(LEAST_BY_CARD.get(currency, 1), currency) or Money(1, currency)


def by_card(amount: Money) -> Money:
    """As much of an amount as a card can be charged with: KWD 5.124 is 5.120."""
    return amount - Money(amount.minor % _step(amount.currency), amount.currency)


def check_charge(amount: Money) -> None:
    """Raises Refused for an amount that no card can be charged with."""
    least = least_charge(amount.currency)
    if amount < least:
        raise Refused(msg("Less than {least} cannot be paid by card.", least=least), field="amount")
    check_last_digit(amount)


def check_last_digit(amount: Money) -> None:
    """Raises Refused where cards know no such small part of this currency, in or out."""
    if amount.minor % _step(amount.currency):
        raise Refused(
            msg(
                "By card {amount} cannot go, but {less} can: its last figure has to be 0.",
                amount=amount,
                less=by_card(amount),
            ),
            field="amount",
        )


def _decimals_there(currency: str) -> int:
    if currency in _NO_DECIMALS:
        return 0
    return _THREE if currency in _THREE_DECIMALS else _TWO


def _step(currency: str) -> int:
    """The smallest part of ours that goes by card."""
    if currency in _THREE_DECIMALS:
        return _TEN
    return int(_TEN ** max(decimals(currency) - _decimals_there(currency), 0))

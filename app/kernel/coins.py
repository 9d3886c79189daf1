"""Cash as it lies in a drawer: the pieces of each currency, and the smallest step it is paid in.

Steps are those of the law or of the central bank where small coins are gone: Swiss coins end at
5 Rappen (WZG, SR 941.10), Sweden (lag 1970:1029) and Norway round to the krone, Denmark to 50 øre,
Czechia to 1 Kč (2008), Hungary to 5 Ft (2008. évi III. törvény), Canada, Australia and Singapore to
5 cents, New Zealand and Hong Kong to 10, and no coin under 5 fils or baisa is left in Kuwait,
Bahrain and Oman. Some countries round the euro to 5 cents.
"""

from app.kernel.money import Money, half_up

_STEP = {
    "AUD": 5, "BHD": 5, "CAD": 5, "CHF": 5, "CZK": 100, "DKK": 50, "HKD": 10, "HUF": 500,
    "ILS": 10, "KWD": 5, "MYR": 5, "NOK": 100, "NZD": 10, "OMR": 5, "SEK": 100, "SGD": 5,
    "ZAR": 10,
}  # fmt: skip
# Belgium, Estonia, Finland, Ireland, Italy, Lithuania, the Netherlands, Slovakia
_EURO_IN_FIVES = frozenset({"BE", "EE", "FI", "IE", "IT", "LT", "NL", "SK"})
_FIVE_CENTS = 5

# Notes and coins in minor units, largest first; a currency that is not here is counted as a sum.
PIECES: dict[str, tuple[int, ...]] = {
    "AUD": (10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5),
    "CAD": (10000, 5000, 2000, 1000, 500, 200, 100, 25, 10, 5),
    "CHF": (100000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5),
    "CNY": (10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1),
    "CZK": (500000, 200000, 100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100),
    "DKK": (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50),
    "EUR": (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "GBP": (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "HKD": (100000, 50000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10),
    "HUF": (2000000, 1000000, 500000, 200000, 100000, 50000, 20000, 10000, 5000, 2000, 1000, 500),
    "JPY": (10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 1),
    "KRW": (50000, 10000, 5000, 1000, 500, 100, 50, 10, 5, 1),
    "NOK": (100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 100),
    "NZD": (10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10),
    "PLN": (50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    "SEK": (100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100),
    "SGD": (100000, 10000, 5000, 1000, 500, 200, 100, 50, 20, 10, 5),
    "USD": (10000, 5000, 2000, 1000, 500, 200, 100, 50, 25, 10, 5, 1),
}


def step_of(currency: str, country: str) -> int:
    """The smallest difference that can be paid in cash, in minor units."""
    if currency == "EUR" and country in _EURO_IN_FIVES:
        return _FIVE_CENTS
    return _STEP.get(currency, 1)


def in_coins(amount: Money, step: int) -> Money:
    """The nearest sum that can be paid in cash; half a step goes up."""
    return Money(half_up(amount.minor, step) * step, amount.currency)


def pieces_of(currency: str, country: str) -> tuple[int, ...]:
    """What may lie in a drawer: no coin below the step is in use any more."""
    step = step_of(currency, country)
    return tuple(piece for piece in PIECES.get(currency, ()) if piece >= step)

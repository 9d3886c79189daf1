"""Money as whole minor units of one currency; floats never touch a price."""

import re
from dataclasses import dataclass
from functools import cache

from babel.numbers import get_currency_precision

from app.kernel.errors import Refused
from app.kernel.searchkeys import figures
from app.kernel.text import msg

_AMOUNT = re.compile(r"(?P<sign>-?)(?P<units>[0-9]{1,15})(?:[.](?P<rest>[0-9]{1,3}))?")
_SPACED = re.compile(
    r"(?P<whole>-?[0-9]{1,3}(?P<sign>[ '’])[0-9]{3}(?:(?P=sign)[0-9]{3})*)(?P<rest>[.,][0-9]+)?"
)
_GROUPED = re.compile(r"-?[0-9]{1,3}(?P<sign>[.,'’ \u00a0\u202f])[0-9]{3}((?P=sign)[0-9]{3})*")
MOST_MINOR = 10**14
_GROUP = 3


@cache
def decimals(currency: str) -> int:
    """Digits after the decimal point: EUR 2, JPY 0 (ISO 4217)."""
    return get_currency_precision(currency)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` whole minor units (cents, fen, yen) of `currency` (ISO 4217 code)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole, not {self.minor!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.minor * factor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other).minor

    def __str__(self) -> str:
        return f"{self.plain} {self.currency}"

    @property
    def digits(self) -> int:
        """Digits after the decimal point."""
        return decimals(self.currency)

    @property
    def plain(self) -> str:
        """Digits for a file or an input field: `-1234.50`, no grouping."""
        digits = decimals(self.currency)
        sign = "-" if self.minor < 0 else ""
        if digits == 0:
            return f"{sign}{abs(self.minor)}"
        units, rest = divmod(abs(self.minor), 10**digits)
        return f"{sign}{units}.{rest:0{digits}d}"

    def share(self, weights: list[int]) -> list["Money"]:
        """Split by weights so that the parts add up to the whole (largest remainder first).

        Raises ValueError when no weight is positive.
        """
        return [Money(part, self.currency) for part in split(self.minor, weights)]

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"{other.currency} is not {self.currency}")
        return other


def split(amount: int, weights: list[int]) -> list[int]:
    """`amount` split by `weights`, whole, adding up; remainders go to the largest fractions."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be positive")
    parts = [amount * weight // total for weight in weights]
    fractions = [(amount * weight % total, -index) for index, weight in enumerate(weights)]
    for _, index in sorted(fractions, reverse=True)[: amount - sum(parts)]:
        parts[-index] += 1
    return parts


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half away from zero, in whole numbers."""
    quotient, rest = divmod(abs(numerator), denominator)
    rounded = quotient + (1 if 2 * rest >= denominator else 0)
    return rounded if numerator >= 0 else -rounded


def parse_money(text: str, currency: str, *, field: str = "amount") -> Money:
    """An amount as people type it: `1234.50`, `1234,50`, `1.234,50`, `1 234`, `１２３４`.

    `1.234` euro could be either; it is refused with both readings, so that nobody pays a
    thousandth. Refuses exponents, underscores, more decimals than the currency has.
    """
    plain = _one_decimal_point(figures(text), currency, field=field)
    match = _AMOUNT.fullmatch(plain)
    digits = decimals(currency)
    rest = (match["rest"] or "") if match else ""
    if match is None or len(rest.rstrip("0")) > digits:
        raise Refused(
            msg("“{text}” is not an amount in {currency}.", text=text[:40], currency=currency),
            field=field,
        )
    minor = int(match["units"]) * 10**digits + int((rest + "000")[:digits] or "0")
    if minor > MOST_MINOR:
        raise Refused(msg("“{text}” is too large an amount.", text=text[:40]), field=field)
    return Money(-minor if match["sign"] else minor, currency)


def _one_decimal_point(text: str, currency: str, *, field: str) -> str:
    """`text` with its grouping removed and a point as the decimal sign, where it is clear."""
    spaced = _SPACED.fullmatch(text)
    if spaced:
        return re.sub("[ '’]", "", spaced["whole"]) + (spaced["rest"] or "").replace(",", ".")
    signs = [sign for sign in text if sign in ".,"]
    if len(set(signs)) == 1 and len(signs) == 1 and _GROUPED.fullmatch(text):
        if decimals(currency) == 0:
            return text.replace(signs[0], "")
        if decimals(currency) == _GROUP:  # as we write it ourselves: 1.234 KWD has three decimals
            return text.replace(signs[0], ".")
        raise Refused(
            msg(
                "“{text}” can be read in two ways. Write {whole} or {small}.",
                text=text,
                whole=text.replace(signs[0], ""),
                small=text.replace(signs[0], ".")[:-1],
            ),
            field=field,
        )
    if _GROUPED.fullmatch(text):
        return re.sub(r"[.,'’ \u00a0\u202f]", "", text)
    if len(set(signs)) == 2 and signs.count(signs[-1]) == 1:  # noqa: PLR2004 - point and comma
        whole, _, rest = text.rpartition(signs[-1])
        if _GROUPED.fullmatch(whole):
            return f"{re.sub(r'[.,]', '', whole)}.{rest}"
    return text.replace(",", ".")

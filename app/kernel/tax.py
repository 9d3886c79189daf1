"""Tax once per rate and category on the document, half up; the parts add up to the total.

EN 16931 BR-CO-17: the tax of a category is its taxable amount times its rate, rounded once.
For prices that include tax the gross is what the customer saw, so the tax is taken out of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.money import half_up, split

BASIS = 10_000


class PriceMode(StrEnum):
    NET = "net"
    GROSS = "gross"


class TaxCategory(StrEnum):
    """Why a line is taxed as it is. Only STANDARD puts tax on a document.

    MARGIN: the tax lies in the difference between price and purchase; the document shows none.
    """

    STANDARD = "standard"
    ZERO = "zero"
    EXEMPT = "exempt"
    # the buyer owes the tax
    REVERSE = "reverse"
    # goods to a company in another country of the union
    INTRA = "intra"
    EXPORT = "export"
    # not within the scope of this country's tax
    OUTSIDE = "outside"
    MARGIN = "margin"

    @property
    def code(self) -> str:
        """By UNTDID 5305, as EN 16931 uses it."""
        return _CODES[self]

    def of_rate(self, rate_bp: int) -> "TaxCategory":
        """A standard rate of zero is the category of zero rates."""
        return TaxCategory.ZERO if self is TaxCategory.STANDARD and rate_bp == 0 else self


_CODES = {
    TaxCategory.STANDARD: "S",
    TaxCategory.ZERO: "Z",
    TaxCategory.EXEMPT: "E",
    TaxCategory.REVERSE: "AE",
    TaxCategory.INTRA: "K",
    TaxCategory.EXPORT: "G",
    TaxCategory.OUTSIDE: "O",
    TaxCategory.MARGIN: "E",
}
_PLACES = {category: place for place, category in enumerate(TaxCategory)}


@dataclass(frozen=True, slots=True)
class TaxSum:
    """One rate's line of a document, in minor units; rate in basis points (1900 is 19 %)."""

    rate_bp: int
    net: int
    tax: int
    category: TaxCategory = TaxCategory.STANDARD

    @property
    def gross(self) -> int:
        return self.net + self.tax


def sums_by_category(
    lines: Iterable[tuple[int, int, TaxCategory]], mode: PriceMode
) -> list[TaxSum]:
    """Tax sums of `(amount, rate_bp, category)` lines, highest rate first; amounts in the mode."""
    totals: dict[tuple[int, TaxCategory], int] = {}
    for amount, rate_bp, category in lines:
        key = charged(rate_bp, category)
        totals[key] = totals.get(key, 0) + amount
    ordered = sorted(totals, key=lambda key: (-key[0], _PLACES[key[1]]))
    return [
        _sum(rate_bp, category, totals[rate_bp, category], mode) for rate_bp, category in ordered
    ]


def charged(rate_bp: int, category: TaxCategory) -> tuple[int, TaxCategory]:
    """Rate and category as a document shows them: tax is charged by a standard rate alone."""
    category = category.of_rate(rate_bp)
    return (rate_bp if category is TaxCategory.STANDARD else 0, category)


def _sum(rate_bp: int, category: TaxCategory, amount: int, mode: PriceMode) -> TaxSum:
    if mode is PriceMode.NET:
        return TaxSum(rate_bp, amount, half_up(amount * rate_bp, BASIS), category)
    tax = tax_within(amount, rate_bp)
    return TaxSum(rate_bp, amount - tax, tax, category)


def tax_within(amount: int, rate_bp: int) -> int:
    """The tax that an amount includes."""
    return half_up(amount * rate_bp, BASIS + rate_bp)


def spread(total: int, amounts: list[int]) -> list[int]:
    """A document's sum over its lines, so that the lines add up (largest remainder)."""
    if not amounts or sum(amounts) == 0:
        return [0] * len(amounts)
    return split(total, [abs(amount) for amount in amounts])

"""Tax once per rate on the document, half up; the parts add up to the total.

EN 16931 BR-CO-17: the tax of a category is its taxable amount times its rate, rounded once.
For prices that include tax the gross is what the customer saw, so the tax is taken out of it.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.kernel.money import half_up, split

BASIS = 10_000


class PriceMode(StrEnum):
    NET = "net"
    GROSS = "gross"


@dataclass(frozen=True, slots=True)
class TaxSum:
    """One rate's line of a document, in minor units; rate in basis points (1900 is 19 %)."""

    rate_bp: int
    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax


def sums_by_rate(lines: list[tuple[int, int]], mode: PriceMode) -> list[TaxSum]:
    """Tax sums of `(amount, rate_bp)` lines, highest rate first; amounts in the price mode."""
    totals: dict[int, int] = {}
    for amount, rate_bp in lines:
        totals[rate_bp] = totals.get(rate_bp, 0) + amount
    return [_sum(rate_bp, totals[rate_bp], mode) for rate_bp in sorted(totals, reverse=True)]


def _sum(rate_bp: int, amount: int, mode: PriceMode) -> TaxSum:
    if mode is PriceMode.NET:
        return TaxSum(rate_bp, net=amount, tax=half_up(amount * rate_bp, BASIS))
    tax = half_up(amount * rate_bp, BASIS + rate_bp)
    return TaxSum(rate_bp, net=amount - tax, tax=tax)


def spread(total: int, amounts: list[int]) -> list[int]:
    """A document's sum over its lines, so that the lines add up (largest remainder)."""
    if not amounts or sum(amounts) == 0:
        return [0] * len(amounts)
    return split(total, [abs(amount) for amount in amounts])

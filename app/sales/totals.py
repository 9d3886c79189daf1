"""What a basket costs: lines, tax by rate and category, total; and what of it is revenue and tax.

On paper and in the books these differ for used robots that are taxed on the margin: the paper
shows their price without tax, the books take the tax out of the difference to the purchase.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.kernel.money import Money
from app.kernel.tax import (
    PriceMode,
    TaxCategory,
    TaxSum,
    charged,
    spread,
    sums_by_category,
    tax_within,
)
from app.sales.models import Order


class Taxed(Protocol):
    """A line as sums see it: an order's, or what is left of one after a return."""

    @property
    def amount_minor(self) -> int: ...
    @property
    def tax_rate_bp(self) -> int: ...
    @property
    def tax_category(self) -> TaxCategory: ...
    @property
    def margin_cost_minor(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an order in its currency, as its papers show them. `taxes` are per rate and category,
    highest rate first, in minor units.
    """

    currency: str
    mode: PriceMode
    taxes: tuple[TaxSum, ...]

    def money(self, minor: int) -> Money:
        """Another amount in this order's currency."""
        return Money(minor, self.currency)

    @property
    def net(self) -> Money:
        return Money(sum(tax.net for tax in self.taxes), self.currency)

    @property
    def tax(self) -> Money:
        return Money(sum(tax.tax for tax in self.taxes), self.currency)

    @property
    def gross(self) -> Money:
        return Money(sum(tax.gross for tax in self.taxes), self.currency)


def of_order(order: Order, lines: Sequence[Taxed] | None = None) -> Totals:
    """The totals of an order's lines (loaded with it, or given)."""
    counted = order.lines if lines is None else lines
    amounts = [(line.amount_minor, line.tax_rate_bp, line.tax_category) for line in counted]
    return Totals(
        order.currency, order.price_mode, tuple(sums_by_category(amounts, order.price_mode))
    )


def margin_cost(line: Taxed) -> int | None:
    """What the store gave for what it sells by the margin scheme; None: no such line."""
    return line.margin_cost_minor if line.tax_category is TaxCategory.MARGIN else None


def margin_tax(line: Taxed) -> int:
    """The tax in the difference between price and purchase; none where there is no gain.

    Each piece counts for itself: a loss on one robot lowers no other's tax.
    """
    cost = margin_cost(line)
    if cost is None:
        return 0
    return tax_within(max(line.amount_minor - cost, 0), line.tax_rate_bp)


def book_taxes(order: Order, lines: Sequence[Taxed]) -> tuple[TaxSum, ...]:
    """Net and tax by rate and category as the journal gets them.

    Like the paper's, but for margin lines: their tax is there, at the rate that it comes by.
    """
    shown = of_order(order, lines).taxes
    ordinary = [tax for tax in shown if tax.category is not TaxCategory.MARGIN]
    margins: dict[int, TaxSum] = {}
    for line in lines:
        if line.tax_category is TaxCategory.MARGIN:
            rate_bp, tax = line.tax_rate_bp, margin_tax(line)
            so_far = margins.get(rate_bp, TaxSum(rate_bp, 0, 0, TaxCategory.MARGIN))
            margins[rate_bp] = TaxSum(
                rate_bp,
                so_far.net + line.amount_minor - tax,
                so_far.tax + tax,
                TaxCategory.MARGIN,
            )
    return (*ordinary, *(margins[rate_bp] for rate_bp in sorted(margins, reverse=True)))


def net_by_line(order: Order, lines: Sequence[Taxed]) -> list[int]:
    """Each line's revenue in minor units; per rate and category they add up to `book_taxes`."""
    nets = [0] * len(lines)
    for tax in of_order(order, lines).taxes:
        places = [
            index
            for index, line in enumerate(lines)
            if charged(line.tax_rate_bp, line.tax_category) == (tax.rate_bp, tax.category)
        ]
        if tax.category is TaxCategory.MARGIN:
            for index in places:
                nets[index] = lines[index].amount_minor - margin_tax(lines[index])
            continue
        shares = spread(tax.net, [lines[index].amount_minor for index in places])
        for index, share in zip(places, shares, strict=True):
            nets[index] = share
    return nets


def left(total: Money, paid_minor: int) -> Money:
    """What is left of a total; never below zero."""
    return Money(max(total.minor - paid_minor, 0), total.currency)

"""What a basket costs: lines, tax by rate, total."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxSum, spread, sums_by_rate
from app.sales.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an order in its currency. `taxes` are per rate, highest first, in minor units."""

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


def of_order(order: Order, lines: Sequence[OrderLine] | None = None) -> Totals:
    """The totals of an order's lines (loaded with it, or given)."""
    counted = order.lines if lines is None else lines
    amounts = [(line.amount_minor, line.tax_rate_bp) for line in counted]
    return Totals(order.currency, order.price_mode, tuple(sums_by_rate(amounts, order.price_mode)))


def net_by_line(order: Order, lines: Sequence[OrderLine]) -> list[int]:
    """Each line's net in minor units; per rate they add up to the document's net."""
    nets = [0] * len(lines)
    for tax in of_order(order, lines).taxes:
        places = [index for index, line in enumerate(lines) if line.tax_rate_bp == tax.rate_bp]
        shares = spread(tax.net, [lines[index].amount_minor for index in places])
        for index, share in zip(places, shares, strict=True):
            nets[index] = share
    return nets

"""What a return credits: the sale before it less the sale after it, by the rules of the sale.

So several returns of one sale add up to it exactly, whatever was rounded: discounts and bundle
parts are shared out by pieces, tax is computed once per rate on what is left, and the last return
takes the remainder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.kernel.money import half_up
from app.kernel.tax import PriceMode, TaxCategory, TaxSum
from app.payments.models import Account
from app.sales import completion, totals
from app.sales.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a line with some of its pieces."""

    line: OrderLine
    quantity: int

    @property
    def amount_minor(self) -> int:
        return self._share(self.line.amount_minor)

    @property
    def tax_rate_bp(self) -> int:
        return self.line.tax_rate_bp

    @property
    def tax_category(self) -> TaxCategory:
        return self.line.tax_category

    @property
    def margin_cost_minor(self) -> int | None:
        cost = self.line.margin_cost_minor
        return None if cost is None else self._share(cost)

    def _share(self, minor: int) -> int:
        return half_up(minor * self.quantity, self.line.quantity)


@dataclass(frozen=True, slots=True)
class Credit:
    """Positive minor units: `amounts` by line in the sale's price mode, `revenue` by account and
    `taxes` as booked, `shown` as the credit note says them.
    """

    amounts: Mapping[int, int]
    revenue: Mapping[Account, int]
    taxes: tuple[TaxSum, ...]
    shown: tuple[TaxSum, ...]

    @property
    def tax(self) -> int:
        return sum(share.tax for share in self.taxes)

    @property
    def minor(self) -> int:
        """All that is credited, tax included."""
        return sum(self.revenue.values()) + self.tax


def credit(
    order: Order,
    *,
    earlier: Mapping[int, int],
    now: Mapping[int, int],
) -> Credit:
    """What is credited for the pieces that come back `now`, after the `earlier` ones; both are
    pieces by line.
    """
    before = [Left(line, line.quantity - earlier.get(line.id, 0)) for line in order.lines]
    after = [Left(left.line, left.quantity - now.get(left.line.id, 0)) for left in before]
    revenue = _revenue(order, before)
    for account, net in _revenue(order, after).items():
        revenue[account] -= net
    return Credit(
        amounts={
            was.line.id: was.amount_minor - left.amount_minor
            for was, left in zip(before, after, strict=True)
            if was.quantity != left.quantity
        },
        revenue=revenue,
        taxes=_less(totals.book_taxes(order, before), totals.book_taxes(order, after)),
        shown=_less(totals.of_order(order, before).taxes, totals.of_order(order, after).taxes),
    )


def shown_gross(order: Order, amount: int, rate_bp: int) -> int:
    """About what a line's amount is with its tax: for pages, never for the books."""
    if order.price_mode is PriceMode.GROSS:
        return amount
    return amount + half_up(amount * rate_bp, 10_000)


def _revenue(order: Order, lines: Sequence[Left]) -> dict[Account, int]:
    revenue: dict[Account, int] = {}
    for left, net in zip(lines, totals.net_by_line(order, lines), strict=True):
        account = completion.REVENUE_OF[left.line.product.kind]
        revenue[account] = revenue.get(account, 0) + net
    return revenue


def _less(before: Sequence[TaxSum], after: Sequence[TaxSum]) -> tuple[TaxSum, ...]:
    rest = {(share.rate_bp, share.category): share for share in after}
    found = []
    for share in before:
        left = rest.get((share.rate_bp, share.category))
        net, tax = share.net, share.tax
        if left is not None:
            net, tax = net - left.net, tax - left.tax
        if net or tax:
            found.append(TaxSum(share.rate_bp, net, tax, share.category))
    return tuple(found)

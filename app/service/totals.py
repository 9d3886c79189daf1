"""What an estimate costs, and whom: tax once per rate for each payer, who gets a paper of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxSum, sums_by_rate
from app.service.estimate_models import EstimateLine
from app.service.payers import Payer


@dataclass(frozen=True, slots=True)
class PayerTotal:
    """What one payer pays of some lines. `taxes` are per rate, highest first, in minor units."""

    payer: Payer
    currency: str
    mode: PriceMode
    taxes: tuple[TaxSum, ...]

    @property
    def net(self) -> Money:
        return Money(sum(tax.net for tax in self.taxes), self.currency)

    @property
    def tax(self) -> Money:
        return Money(sum(tax.tax for tax in self.taxes), self.currency)

    @property
    def gross(self) -> Money:
        return Money(sum(tax.gross for tax in self.taxes), self.currency)


@dataclass(frozen=True, slots=True)
class Sums:
    """All payers of some lines, in the order of `Payer`; together they pay everything."""

    currency: str
    payers: tuple[PayerTotal, ...]

    @property
    def gross(self) -> Money:
        return sum((one.gross for one in self.payers), Money(0, self.currency))

    @property
    def net(self) -> Money:
        return sum((one.net for one in self.payers), Money(0, self.currency))

    @property
    def tax(self) -> Money:
        return sum((one.tax for one in self.payers), Money(0, self.currency))

    def of(self, payer: Payer) -> Money:
        """What this payer pays, tax included."""
        found = (one.gross for one in self.payers if one.payer is payer)
        return next(found, Money(0, self.currency))


def sums(lines: Iterable[EstimateLine], *, currency: str, mode: PriceMode) -> Sums:
    """The sums of lines that were loaded with their shares."""
    amounts: dict[Payer, list[tuple[int, int]]] = {}
    for line in lines:
        for share in line.shares:
            amounts.setdefault(share.payer, []).append((share.amount_minor, line.tax_bp))
    return Sums(
        currency,
        tuple(
            PayerTotal(payer, currency, mode, tuple(sums_by_rate(amounts[payer], mode)))
            for payer in Payer
            if payer in amounts
        ),
    )


def share_of(line: EstimateLine, payer: Payer) -> int:
    """What a payer pays of a line, in the prices' own mode and minor units."""
    return sum(share.amount_minor for share in line.shares if share.payer is payer)


def paid_by(lines: Sequence[EstimateLine], payer: Payer) -> list[EstimateLine]:
    """The lines of which this payer pays something."""
    return [line for line in lines if share_of(line, payer)]

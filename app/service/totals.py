"""What an estimate costs, and whom: tax once per rate for each payer, who gets a paper of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory, TaxSum, sums_by_category, tax_within
from app.payments import treatments
from app.payments.treatments import Treatment
from app.service.estimate_models import Estimate, EstimateLine, PayerShare
from app.service.payers import Payer

# amount in the price mode, rate charged, category
Part = tuple[int, int, TaxCategory]


@dataclass(frozen=True, slots=True)
class PayerTotal:
    """What one payer pays of some lines. `taxes` are per rate, highest first, in minor units."""

    payer: Payer
    currency: str
    mode: PriceMode
    taxes: tuple[TaxSum, ...]
    treatment: Treatment = Treatment.HOME
    # in the words of whoever chose it, where what the customer pays is exempt
    exemption: str = ""

    def money(self, minor: int) -> Money:
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


@dataclass(frozen=True, slots=True)
class Sums:
    """All payers of some lines, in the order of `Payer`; together they pay everything."""

    currency: str
    payers: tuple[PayerTotal, ...]
    mode: PriceMode

    def share_of(self, payer: Payer) -> PayerTotal:
        """What this payer pays; nothing where it pays nothing."""
        nothing = PayerTotal(payer, self.currency, self.mode, ())
        return next((one for one in self.payers if one.payer is payer), nothing)

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
        return self.share_of(payer).gross


def sums(estimate: Estimate, lines: Iterable[EstimateLine]) -> Sums:
    """The sums of lines of an estimate that were loaded with their shares."""
    currency, mode, treatment = estimate.currency, estimate.price_mode, estimate.tax_treatment
    parts: dict[Payer, list[Part]] = {}
    for line in lines:
        for share in line.shares:
            part = _part(line, share, mode=mode, treatment=treatment)
            parts.setdefault(share.payer, []).append(part)
    exemption = estimate.tax_reason if treatment is Treatment.EXEMPT else ""
    return Sums(
        currency,
        tuple(
            PayerTotal(
                payer,
                currency,
                mode,
                tuple(sums_by_category(parts[payer], mode)),
                treatment,
                exemption if payer is Payer.CUSTOMER else "",
            )
            for payer in Payer
            if payer in parts
        ),
        mode,
    )


def part_of(line: EstimateLine, total: PayerTotal) -> Part:
    """What a payer pays of a line, at which rate and of which category."""
    nothing = (0, line.tax_bp, TaxCategory.STANDARD)
    shares = [share for share in line.shares if share.payer is total.payer]
    parts = [
        _part(share=one, line=line, mode=total.mode, treatment=total.treatment) for one in shares
    ]
    if not parts:
        return nothing
    return sum(part[0] for part in parts), parts[0][1], parts[0][2]


def _part(line: EstimateLine, share: PayerShare, *, mode: PriceMode, treatment: Treatment) -> Part:
    """The customer's part by how the customer is taxed: a repair is a service, with its parts."""
    at_home = TaxCategory.STANDARD.of_rate(line.tax_bp)
    if share.payer is not Payer.CUSTOMER or treatment is Treatment.HOME:
        return share.amount_minor, line.tax_bp, at_home
    category = treatments.category(treatment, at_home, is_service=True)
    included = tax_within(share.amount_minor, line.tax_bp) if mode is PriceMode.GROSS else 0
    return share.amount_minor - included, 0, category


def share_of(line: EstimateLine, payer: Payer) -> int:
    """What a payer pays of a line, in the prices' own mode and minor units."""
    return sum(share.amount_minor for share in line.shares if share.payer is payer)


def paid_by(lines: Sequence[EstimateLine], payer: Payer) -> list[EstimateLine]:
    """The lines of which this payer pays something."""
    return [line for line in lines if share_of(line, payer)]

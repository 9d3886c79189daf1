"""Who pays a line, and how much of it: shares that always add up to the line."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.errors import Refused
from app.kernel.money import split
from app.kernel.quantity import WHOLE_BP
from app.kernel.text import Text, msg
from app.robots.warranty_case import PayerKind, Verdict, VerdictKind


class Payer(StrEnum):
    CUSTOMER = "customer"
    WARRANTY = "warranty"
    GOODWILL = "goodwill"
    CONTRACT = "contract"
    INSURER = "insurer"
    STORE = "store"


PAYER_LABELS: dict[Payer, Text] = {
    Payer.CUSTOMER: msg("Customer"),
    Payer.WARRANTY: msg("Maker’s warranty"),
    Payer.GOODWILL: msg("Maker’s goodwill"),
    Payer.CONTRACT: msg("Service contract"),
    Payer.INSURER: msg("Insurer"),
    Payer.STORE: msg("Store"),
}

# Of these the store asks for money by a claim. A contract was paid before, the store pays itself.
CLAIMED = (Payer.WARRANTY, Payer.GOODWILL, Payer.INSURER)


class Measure(StrEnum):
    """How a share was said: by percent, by amount, or as what the others leave."""

    PERCENT = "percent"
    AMOUNT = "amount"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Share:
    """One payer's part as it was said; `value` is basis points or minor units, 0 for the rest.

    `reference` names the contract, the insurer or the maker's word.
    """

    payer: Payer
    measure: Measure
    value: int = 0
    reference: str = ""


ALL_CUSTOMER = (Share(Payer.CUSTOMER, Measure.PERCENT, WHOLE_BP),)


def divide(total: int, shares: Sequence[Share]) -> list[int]:
    """What each payer pays of a line's total, in minor units; the parts add up to it.

    Percentages are divided by largest remainder. Raises Refused for shares that do not make a
    whole: three times 33.33 % leave a hundredth of a percent that nobody pays.
    """
    _check(shares)
    if any(share.measure is Measure.AMOUNT for share in shares):
        return _by_amount(total, shares)
    return split(total, _weights(shares))


def _check(shares: Sequence[Share]) -> None:
    if not shares:
        raise Refused(msg("Say who pays this line."), field="shares")
    if len({share.payer for share in shares}) != len(shares):
        raise Refused(msg("Name each payer once."), field="shares")
    measures = {share.measure for share in shares}
    if {Measure.PERCENT, Measure.AMOUNT} <= measures:
        raise Refused(msg("Split a line by percent or by amount, not by both."), field="shares")
    if sum(share.measure is Measure.REST for share in shares) > 1:
        raise Refused(msg("Only one payer can take the rest."), field="shares")
    if any(share.value < 0 for share in shares):
        raise Refused(msg("A share is not less than nothing."), field="shares")


def _weights(shares: Sequence[Share]) -> list[int]:
    """Basis points of each share, the rest filled in."""
    said = sum(share.value for share in shares)
    rest = WHOLE_BP - said
    takes_rest = any(share.measure is Measure.REST for share in shares)
    if rest < 0 or (rest and not takes_rest):
        raise Refused(
            msg(
                "The shares make {percent} %. They must make 100 %: give the hundredths to one "
                "payer, or let one take the rest.",
                percent=f"{said / 100:.2f}",
            ),
            field="shares",
        )
    return [rest if share.measure is Measure.REST else share.value for share in shares]


def _by_amount(total: int, shares: Sequence[Share]) -> list[int]:
    rest = total - sum(share.value for share in shares)
    takes_rest = any(share.measure is Measure.REST for share in shares)
    if rest < 0 or (rest and not takes_rest):
        raise Refused(
            msg("The amounts do not add up to the line. Let one payer take the rest."),
            field="shares",
        )
    return [rest if share.measure is Measure.REST else share.value for share in shares]


def proposed(verdict: Verdict | None) -> tuple[Share, ...]:
    """Who pays a line of a slot by its warranty verdict; nothing is promised in the maker's name.

    Covered: the maker. Not covered, or unsure, but under a contract in force: the contract. Else
    the customer, until somebody decides otherwise.
    """
    if verdict is None:
        return ALL_CUSTOMER
    if verdict.kind is VerdictKind.COVERED:
        return (Share(Payer.WARRANTY, Measure.PERCENT, WHOLE_BP),)
    for payer in verdict.payers:
        if payer.kind is PayerKind.CONTRACT and payer.certain:
            return (Share(Payer.CONTRACT, Measure.PERCENT, WHOLE_BP, payer.reference),)
    return ALL_CUSTOMER


def capped(shares: Sequence[Share], total: int) -> tuple[Share, ...]:
    """The same shares for a line whose total has changed: amounts give way, the customer or the
    first payer takes what is left.
    """
    if not any(share.measure is Measure.AMOUNT for share in shares):
        return tuple(shares)
    if any(share.measure is Measure.REST for share in shares):
        return tuple(shares)
    taking = next((share for share in shares if share.payer is Payer.CUSTOMER), shares[0])
    others = tuple(share for share in shares if share is not taking)
    if sum(share.value for share in others) > total:
        raise Refused(
            msg("The line is now less than what others pay of it. Say anew who pays."),
            field="shares",
        )
    return (*others, Share(taking.payer, Measure.REST, 0, taking.reference))

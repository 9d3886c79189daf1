"""Amounts of what is measured: hours, gigabytes, sessions; exact to a thousandth."""

import re
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.errors import Refused
from app.kernel.searchkeys import figures
from app.kernel.text import Text, msg
from app.payments.entitlement_models import EntitlementUnit

UNIT_LABELS: dict[EntitlementUnit, Text] = {
    EntitlementUnit.HOURS: msg("Hours"),
    EntitlementUnit.GIGABYTES: msg("Gigabytes"),
    EntitlementUnit.SESSIONS: msg("Sessions"),
}
MOST_MILLI = 1_000_000_000
_ONE = 1_000
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,7})(?:[.](?P<rest>[0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Measured:
    """So many thousandths of a unit."""

    milli: int
    unit: EntitlementUnit

    @property
    def said(self) -> Text:
        """As it is read: `12.5 h`."""
        amount = self.amount
        if self.unit is EntitlementUnit.HOURS:
            return msg("{amount} h", amount=amount)
        if self.unit is EntitlementUnit.GIGABYTES:
            return msg("{amount} GB", amount=amount)
        if abs(self.milli) == _ONE:
            return msg("{amount} session", amount=amount)
        return msg("{amount} sessions", amount=amount)

    @property
    def amount(self) -> int | Decimal:
        whole, rest = divmod(self.milli, _ONE)
        return (Decimal(self.milli) / _ONE).normalize() if rest else whole

    @property
    def plain(self) -> str:
        """The number alone, for machines and form fields."""
        return f"{self.amount:f}" if isinstance(self.amount, Decimal) else str(self.amount)


def parse_measured(text: str, unit: EntitlementUnit, *, field: str = "amount") -> Measured:
    """An amount above nothing with up to three decimals; sessions are whole."""
    plain = figures(text).replace(",", ".")
    match = _AMOUNT.fullmatch(plain)
    milli = int(match["whole"]) * _ONE + int((match["rest"] or "").ljust(3, "0")) if match else 0
    if not 0 < milli <= MOST_MILLI:
        raise Refused(
            msg("“{text}” is no amount: write a number such as 2 or 1.5.", text=text[:40]),
            field=field,
        )
    if unit is EntitlementUnit.SESSIONS and milli % _ONE:
        raise Refused(msg("Sessions are counted whole."), field=field)
    return Measured(milli, unit)

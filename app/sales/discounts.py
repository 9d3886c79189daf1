"""How much each role may take off a price."""

from typing import Protocol

from app.identity.roles import DISCOUNT_LIMIT_BP, Role
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import half_up
from app.kernel.searchkeys import clean
from app.kernel.tax import BASIS
from app.kernel.text import msg
from app.sales.errors import DiscountTooBig


class Line(Protocol):
    """What a discount is of: a line of a sale or of a quote."""

    unit_price_minor: int
    quantity: int
    discount_minor: int
    discount_reason: str
    discount_by: str


def _require_within(giver: Actor, percent_bp: int) -> None:
    """Raises DiscountTooBig for more than this person's role may give."""
    limit = DISCOUNT_LIMIT_BP.get(Role(giver.role), 0)
    if percent_bp > limit:
        raise DiscountTooBig(
            msg(
                "{name} may give up to {limit} %. A manager can allow more with the PIN.",
                name=giver.name,
                limit=limit // 100,
            ),
            field="percent",
        )


def give(line: Line, percent_bp: int, *, reason: str, giver: Actor) -> int:
    """Take a share off a line's price; returns what was off it before, in minor units. Raises
    Refused, DiscountTooBig.
    """
    if not 0 <= percent_bp <= BASIS:
        raise Refused(msg("A discount is between 0 and 100 %."), field="percent")
    if percent_bp and not clean(reason):
        raise Refused(msg("Say why there is a discount."), field="reason")
    _require_within(giver, percent_bp)
    before = line.discount_minor
    line.discount_minor = half_up(line.unit_price_minor * line.quantity * percent_bp, BASIS)
    line.discount_reason = clean(reason)[:200] if percent_bp else ""
    line.discount_by = giver.name if percent_bp else ""
    return before

"""How much each role may take off a price."""

from app.identity.roles import DISCOUNT_LIMIT_BP, Role
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.sales.errors import DiscountTooBig


def require_within(giver: Actor, percent_bp: int) -> None:
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

"""The way to the card service's page, for customers at home; `app.wiring` says which it is."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Unavailable
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments.models import Bill

# Gives the address at which so much of a bill is paid; afterwards it leads back to the last one.
Way = Callable[[Session, Actor, Bill, Money, str], str]
_ways: list[Way] = []


def pay_by(way: Way) -> None:
    """Let customers pay this way; twice is the same as once."""
    if way not in _ways:
        _ways.append(way)


def is_possible() -> bool:
    return bool(_ways)


def address(session: Session, actor: Actor, bill: Bill, amount: Money, *, back_to: str) -> str:
    """Where this amount of a bill is paid. Raises Unavailable where no card service is set up."""
    if not _ways:
        raise Unavailable(
            msg("Nothing can be paid online here. Please pay by transfer or at the store.")
        )
    return _ways[0](session, actor, bill, amount, back_to)

"""Cash that is rounded to the coins there are: only cash, and only what settles the whole rest.

A part of a bill is paid in cash as it can be paid; the last cent goes by rounding once, at the end.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.coins import in_coins, step_of
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments.errors import NotEnoughTendered
from app.stores import desk


@dataclass(frozen=True, slots=True)
class Cash:
    """What a payment settles, and what the customer hands over for it."""

    settles: Money
    tendered: Money


def step_at(session: Session, store_id: int) -> int:
    """The step in which this store is paid in cash, in minor units."""
    store = desk.store_of(session, store_id)
    return step_of(store.currency, store.country)


def to_pay(session: Session, store_id: int, due: Money) -> Money:
    """What is handed over in cash for all that is due."""
    return in_coins(due, step_at(session, store_id))


def said(
    session: Session, store_id: int, *, due: Money, amount: Money | None, tendered: Money | None
) -> Cash:
    """What was meant at this store where one or both were left unsaid (`meant`)."""
    return meant(due, amount, tendered, step=step_at(session, store_id))


def in_hand(
    session: Session, store_id: int, amount: Money, *, due: Money, tendered: Money
) -> Money:
    """What stays in this store's drawer for an amount (`kept`)."""
    return kept(amount, due=due, tendered=tendered, step=step_at(session, store_id))


def meant(due: Money, amount: Money | None, tendered: Money | None, *, step: int) -> Cash:
    """Without an amount: all that is due, or as much of it as was handed over."""
    whole = in_coins(due, step)
    if amount is not None:
        given = whole if amount == due else amount
        return Cash(amount, given if tendered is None else tendered)
    if tendered is None or tendered.currency != due.currency:
        return Cash(due, tendered or whole)
    return Cash(due if tendered >= whole else tendered, tendered)


def kept(amount: Money, *, due: Money, tendered: Money, step: int) -> Money:
    """What stays in the drawer. Raises Refused for what coins cannot make, NotEnoughTendered for
    too little.
    """
    if tendered.currency != amount.currency:
        raise _too_little(tendered, amount)
    stays = in_coins(amount, step) if amount == due else amount
    for field, sum_ in (("amount", stays), ("tendered", tendered)):
        if sum_.minor % step:
            raise Refused(
                msg(
                    "Cash is paid in steps of {step} here, and {sum} is none.",
                    step=Money(step, amount.currency),
                    sum=sum_,
                ),
                field=field,
            )
    if tendered < stays:
        raise _too_little(tendered, stays)
    return stays


def _too_little(tendered: Money, wanted: Money) -> NotEnoughTendered:
    return NotEnoughTendered(
        msg("{tendered} is less than {amount}.", tendered=tendered, amount=wanted),
        field="tendered",
    )

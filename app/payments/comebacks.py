"""Refunds that the card service could not deliver: their customers have the money with us again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session, aliased

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.payments import refunds
from app.payments.models import Bill
from app.payments.refund_models import CAME_BACK_SQL, Refund
from app.robots import addresses

_MOST = 10


@dataclass(frozen=True, slots=True)
class CameBack:
    """A refund that is to be given another way."""

    reference: str
    amount: Money
    since: datetime

    @property
    def page(self) -> str:
        return addresses.owner_page(self.reference)


def panel(session: Session, actor: Actor) -> Sequence[CameBack] | None:
    """Those of which nothing was given since, the longest first: one statement. None for none."""
    if not actor.may("payments.refund"):
        return None
    later = aliased(Refund)
    given_since = exists().where(
        later.attempt_id == Refund.attempt_id,
        later.id > Refund.id,
        later.state.in_(refunds.COUNTS),
    )
    rows = session.execute(
        select(Refund, Bill.reference)
        .join(Bill, Bill.id == Refund.bill_id)
        .where(Refund.store_id == actor.store_id, text(CAME_BACK_SQL), ~given_since)
        .order_by(Refund.settled_at, Refund.id)
        .limit(_MOST)
    )
    found = [
        CameBack(reference, Money(one.amount_minor, one.currency), one.settled_at or one.started_at)
        for one, reference in rows
    ]
    return found or None

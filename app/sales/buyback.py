"""A robot that the store buys back: the sale that it left with is over, and stays on record."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.payments import journal
from app.payments.models import Account, EntryKind
from app.robots.events import BoughtBack
from app.robots.models import Unit
from app.sales.models import UnitSale


def on_bought_back(session: Session, event: BoughtBack) -> None:
    """Listens in `app.wiring`; a robot that was never sold here has no sale to end.

    What no other act pays for goes out by bank.
    """
    session.execute(
        update(UnitSale)
        .where(UnitSale.unit_id == event.unit_id, UnitSale.returned_at.is_(None))
        .values(returned_at=event.at)
    )
    if event.reference or not event.price:
        return
    journal.post(
        session,
        store_id=event.store_id,
        kind=EntryKind.TRADE_IN,
        sides={Account.TRADE_INS: event.price, Account.BANK_CLEARING: -event.price},
        at=event.at,
        memo=f"robot:{session.get_one(Unit, event.unit_id).serial}",
    )

"""A robot that the store buys back: the sale that it left with is over, and stays on record."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.robots.events import BoughtBack
from app.sales.models import UnitSale


def on_bought_back(session: Session, event: BoughtBack) -> None:
    """Listens in `app.wiring`; a robot that was never sold here has no sale to end."""
    session.execute(
        update(UnitSale)
        .where(UnitSale.unit_id == event.unit_id, UnitSale.returned_at.is_(None))
        .values(returned_at=event.at)
    )

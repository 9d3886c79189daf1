"""Stores."""

from sqlalchemy.orm import Session

from app.kernel.tax import PriceMode
from app.stores import desk
from app.stores.models import Store


def a_store(session: Session, code: str = "LEJ") -> Store:
    """A store in Leipzig whose prices include tax."""
    return desk.create(
        session,
        code=code,
        name=f"Vierblatt {code}",
        legal_name="Vierblatt Leipzig GmbH",
        currency="EUR",
        price_mode=PriceMode.GROSS,
        zone="Europe/Berlin",
        country="DE",
    )

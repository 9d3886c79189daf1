"""A store with a till, somebody at it, and bills to pay."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.payments import bills, tills
from app.payments.models import Bill, TillSession
from app.stores import desk
from app.stores.models import Store, Till


@dataclass(frozen=True, slots=True)
class Shop:
    """What nearly every test of payments needs."""

    store: Store
    till: Till
    cashier: Actor
    manager: Actor


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def actor(store: Store, role: Role = Role.SALES, *, name: str = "Jana Voss") -> Actor:
    return Actor(
        store_id=store.id, name=name, role=role.value, permissions=permissions_of(role), staff_id=1
    )


def shop(
    session: Session, *, code: str = "LEJ", currency: str = "EUR", reader_id: str = "tmr_1"
) -> Shop:
    """A German store with one till that is closed."""
    store = desk.create(
        session,
        code=code,
        name=f"Vierblatt {code}",
        legal_name="Vierblatt Leipzig GmbH",
        currency=currency,
        price_mode=PriceMode.GROSS,
        zone="Europe/Berlin",
        country="DE",
    )
    till = Till(store_id=store.id, name="Till 1", reader_id=reader_id)
    session.add(till)
    session.flush()
    return Shop(store, till, actor(store), actor(store, Role.MANAGER, name="Petra Krause"))


def opened(session: Session, place: Shop, *, float_minor: int = 20_000) -> TillSession:
    """The till opened with a float of 200.00."""
    return tills.open_session(
        session, place.cashier, place.till, Money(float_minor, place.store.currency)
    )


def bill(
    session: Session, place: Shop, *, total_minor: int = 10_000, reference: str = "repair:1"
) -> Bill:
    return bills.raise_bill(
        session,
        place.cashier,
        reference=reference,
        customer_id=None,
        total=Money(total_minor, place.store.currency),
    )

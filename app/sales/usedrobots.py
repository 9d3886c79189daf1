"""Selling a robot that somebody has had before: its own price, and the tax on its margin.

Margin scheme: Council Directive 2006/112/EC, Articles 312 to 325 (in Germany UStG § 25a). It may be
used where the store bought the robot from somebody who charged no tax on it.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.text import msg
from app.robots.life_models import Transfer
from app.robots.models import Unit
from app.sales import catalogue, taxing
from app.sales.models import OrderLine, Product
from app.sales.tradein_models import TradeIn, UnitPrice
from app.stores import desk
from app.stores.models import Store, TaxRate


def price_of(session: Session, unit: Unit, product: Product) -> int:
    """What this robot costs, in minor units: its own price, else its model's."""
    return _price(product, session.scalar(select(UnitPrice).where(UnitPrice.unit_id == unit.id)))


@dataclass(frozen=True, slots=True)
class Offer:
    """What a robot is sold as, its price in minor units, and its tax where a rate is in force."""

    product: Product
    price_minor: int
    rate: TaxRate | None


def offered(session: Session, actor: Actor, unit: Unit) -> Offer | None:
    """What this robot is sold as; None where its model is not for sale."""
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    row = session.execute(
        catalogue.sold_as(actor, unit.model_id)
        .add_columns(UnitPrice, TaxRate)
        .select_from(Product)
        .outerjoin(UnitPrice, UnitPrice.unit_id == unit.id)
        .outerjoin(TaxRate, desk.in_force(Product.tax_code, actor.store_id, today))
    ).first()
    return None if row is None else Offer(row[0], _price(row[0], row[1]), row[2])


def _price(product: Product, own: UnitPrice | None) -> int:
    same_money = own is not None and own.currency == product.currency
    return own.price_minor if own is not None and same_money else product.price_minor


def own_price(session: Session, unit_id: int) -> Money | None:
    """The price of one robot that is not its model's."""
    own = session.scalar(select(UnitPrice).where(UnitPrice.unit_id == unit_id))
    return Money(own.price_minor, own.currency) if own is not None else None


def set_price(session: Session, actor: Actor, unit: Unit, price: Money | None) -> None:
    """Give one robot a price of its own; None: it costs what its model costs."""
    actor.require("products.edit")
    if price is not None and not 0 < price.minor <= MOST_MINOR:
        raise Refused(msg("A price is more than nothing."), field="price")
    row = session.scalar(select(UnitPrice).where(UnitPrice.unit_id == unit.id))
    before = Money(row.price_minor, row.currency) if row is not None else None
    if price is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(
            UnitPrice(
                store_id=unit.store_id,
                unit_id=unit.id,
                price_minor=price.minor,
                currency=price.currency,
                set_at=clock.now(),
                set_by=actor.name,
            )
        )
    else:
        row.price_minor, row.currency = price.minor, price.currency
        row.set_at, row.set_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "robot.priced",
        subject=f"robot:{unit.serial}",
        before={"price": before},
        after={"price": price},
    )


def set_margin_scheme(session: Session, actor: Actor, *, is_used: bool) -> None:
    """Say whether this store taxes used robots on their margin, from the next basket on."""
    actor.require("settings.edit")
    store = desk.store_of(session, actor.store_id)
    if store.margin_scheme == is_used:
        return
    store.margin_scheme = is_used
    session.flush()
    audit.record(
        session,
        actor,
        "store.margin_scheme",
        subject=f"store:{store.code}",
        before={"margin_scheme": not is_used},
        after={"margin_scheme": is_used},
    )


def margin_cost(session: Session, unit: Unit) -> int | None:
    """What the store gave for a robot that may be sold by the margin scheme, in minor units.

    Only the last purchase counts: one bought back since came at another price, by another paper.
    """
    last_purchase = (
        select(Transfer.id)
        .where(Transfer.unit_id == unit.id, Transfer.to_customer_id.is_(None))
        .where(Transfer.currency != "")  # what a sale returned was not bought
        .order_by(Transfer.id.desc())
        .limit(1)
    )
    bought = session.scalar(
        select(TradeIn).where(
            TradeIn.unit_id == unit.id, TradeIn.transfer_id == last_purchase.scalar_subquery()
        )
    )
    return bought.offer_minor if bought is not None and bought.is_tax_free else None


def tax_by_margin(session: Session, store: Store, line: OrderLine, unit: Unit) -> None:
    """Tax a new line on the difference, where the store does so and the robot was bought so."""
    if not store.margin_scheme:
        return
    cost = margin_cost(session, unit)
    if cost is not None:
        taxing.by_margin(session, store, line, cost)

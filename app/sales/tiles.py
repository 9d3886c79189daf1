"""Products as tiles at the counter and rows of a list, with what is left of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import msg
from app.parts import stock
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales import (
    catalogue,
    orderlists,
)
from app.sales.models import Category, Product, ProductKind
from app.web import paging

TABS = (
    (Category.ROBOTS, msg("Robots")),
    (Category.ACCESSORIES, msg("Accessories")),
    (Category.PLANS, msg("Service plans")),
    (Category.PARTS, msg("Spare parts")),
    (Category.SERVICES, msg("Services")),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A product at the counter: `left` pieces or robots, None where nothing is counted."""

    product: Product
    price: Money
    left: int | None


def counter_page(session: Session, actor: Actor, tab: str) -> dict[str, Any]:
    """What stands around the cart: tabs, tiles, and who comes to fetch a robot."""
    category = Category(tab) if tab in set(Category) else Category.ROBOTS
    return {
        "tab": category,
        "tabs": TABS,
        "tiles": of(session, catalogue.in_category(session, actor, category)),
        "pickups": orderlists.waiting_for_handover(session, actor),
    }


def product_page(
    session: Session, actor: Actor, *, q: str, cursor: str | None
) -> paging.Page[Tile]:
    """Products by name with what is left of each; searched by any part of name or code."""
    if q.strip():
        return paging.Page(of(session, catalogue.find(session, actor, q, most=50)), None)
    query = (
        select(Product)
        .where(Product.store_id == actor.store_id, Product.archived.is_(False))
        .order_by(Product.code_key)
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last_key,) = paging.decode(cursor, str)
        query = query.where(Product.code_key > last_key)
    found = list(session.scalars(query))
    shown = found[: paging.PAGE]
    following = paging.encode(shown[-1].code_key) if len(found) > paging.PAGE else None
    return paging.Page(of(session, shown), following)


def of(session: Session, products: Sequence[Product]) -> list[Tile]:
    """Products with what is left of each; three statements."""
    free = stock.frees(session, [product.part_id for product in products if product.part_id])
    waiting = _available(session, [product.model_id for product in products if product.model_id])
    return [
        Tile(
            product=product,
            price=Money(product.price_minor, product.currency),
            left=_left(product, free, waiting),
        )
        for product in products
    ]


def available_units(session: Session, actor: Actor, model_id: int) -> list[Unit]:
    """Robots of a model that may be sold, oldest first: what to scan next."""
    return list(
        session.scalars(
            select(Unit)
            .where(
                Unit.store_id == actor.store_id,
                Unit.model_id == model_id,
                Unit.state == UnitState.AVAILABLE,
            )
            .options(selectinload(Unit.model))
            .order_by(Unit.id)
            .limit(20)
        )
    )


def _left(product: Product, free: dict[int, int], waiting: dict[int, int]) -> int | None:
    if product.kind is ProductKind.ITEM:
        return max(free.get(product.part_id or 0, 0), 0)
    if product.kind is ProductKind.ROBOT:
        return waiting.get(product.model_id or 0, 0)
    return None


def _available(session: Session, model_ids: Sequence[int]) -> dict[int, int]:
    counted = session.execute(
        select(Unit.model_id, func.count())
        .where(Unit.model_id.in_(model_ids), Unit.state == UnitState.AVAILABLE)
        .group_by(Unit.model_id)
    )
    return {model_id: count for model_id, count in counted}  # noqa: C416 - a Row is no pair to dict()

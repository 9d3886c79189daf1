"""Putting things into a basket: robots by serial, and what is counted."""

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import claims
from app.robots.models import Unit
from app.sales import lines, orders, sellable, taxing, usedrobots
from app.sales.errors import AlreadyOnOrder, NotSellable
from app.sales.models import Order, OrderLine, Product, ProductKind, Scan
from app.stores import desk
from app.stores.models import TaxRate

MOST_LINES = 200


def add_unit(
    session: Session, actor: Actor, order: Order, unit: Unit, *, minutes: int
) -> OrderLine:
    """Put one robot into the basket and keep it for this sale for `minutes`.

    Raises AlreadyOnOrder, NotSellable, or Conflict naming who holds it.
    """
    require_room(session, actor, order)
    if any(line.unit_id == unit.id for line in order.lines):
        raise AlreadyOnOrder(msg("{serial} is already on this sale.", serial=unit.serial))
    sellable.require(session, unit)
    offer = usedrobots.offered(session, actor, unit)
    if offer is None:
        raise NotSellable(
            msg("{serial} has no price: its model is not in the product list.", serial=unit.serial),
            link="/settings/products",
        )
    _claim(session, actor, order, unit, minutes=minutes)
    line = _add_line(
        session,
        order,
        offer.product,
        unit=unit,
        price_minor=offer.price_minor,
        rate=offer.rate,
    )
    usedrobots.tax_by_margin(session, desk.store_of(session, order.store_id), line, unit)
    session.flush()
    return line


def add_product(
    session: Session, actor: Actor, order: Order, product: Product, *, quantity: int, minutes: int
) -> OrderLine:
    """Put counted items, a plan or a service into the basket; the same again counts up."""
    require_room(session, actor, order)
    if product.kind is ProductKind.ROBOT:
        raise Refused(
            msg("{name} is sold by serial number. Scan the robot.", name=product.name), field="code"
        )
    if product.kind is ProductKind.BUNDLE:
        raise Refused(msg("{name} is a bundle.", name=product.name), field="code")
    if product.kind is ProductKind.GIFT_CARD:
        raise Refused(msg("A gift card is sold for an amount. Say which."), field="code")
    same = _same_line(order, product)
    if same is not None:
        lines.set_quantity(
            session, actor, order, same, quantity=same.quantity + quantity, minutes=minutes
        )
        return same
    return add_own_line(session, actor, order, product, quantity=quantity, minutes=minutes)


def add_at(
    session: Session, actor: Actor, order: Order, product: Product, *, price_minor: int
) -> OrderLine:
    """A line of its own at another price than the product's: its buyer says it (`giftsale`)."""
    require_room(session, actor, order)
    return _add_line(session, order, product, price_minor=price_minor)


def already_scanned(session: Session, order: Order, scan_id: str) -> bool:
    """Was this very scan answered before? Remembers it if not."""
    if not scan_id:
        return False
    scan = {"order_id": order.id, "scan_id": scan_id[:64], "at": clock.now()}
    return add_if_new(session, Scan, scan, key=("order_id", "scan_id")) is None


def require_room(session: Session, actor: Actor, order: Order) -> None:
    actor.require("counter.sell")
    orders.require_editable(session, order)
    if order.parked_at is not None:
        raise Refused(msg("Sale {number} is parked; take it up first.", number=order.number))
    if len(order.lines) >= MOST_LINES:
        raise Refused(msg("A sale has at most {most} lines.", most=MOST_LINES))


def add_own_line(
    session: Session, actor: Actor, order: Order, product: Product, *, quantity: int, minutes: int
) -> OrderLine:
    """A line of its own, even where the same product already has one at its full price."""
    lines.promise(session, actor, order, product, quantity=quantity, minutes=minutes)
    return _add_line(session, order, product, quantity=quantity, price_minor=product.price_minor)


def _claim(session: Session, actor: Actor, order: Order, unit: Unit, *, minutes: int) -> None:
    claims.claim(
        session,
        actor,
        unit,
        owner=orders.reference(order),
        holder=lines.holder(actor, order),
        minutes=minutes,
    )


def _same_line(order: Order, product: Product) -> OrderLine | None:
    return next(
        (
            line
            for line in order.lines
            if line.product_id == product.id
            and line.unit_id is None
            and not line.bundle_code
            and taxing.full_price(line) == product.price_minor
        ),
        None,
    )


def _add_line(
    session: Session,
    order: Order,
    product: Product,
    *,
    price_minor: int,
    unit: Unit | None = None,
    quantity: int = 1,
    rate: TaxRate | None = None,
) -> OrderLine:
    """`rate` is the product's tax of today, where it was asked for already."""
    lines.check_size(price_minor=price_minor, quantity=quantity)
    robots = orders.robots_of(order)
    rate = rate or _rate_of(session, order, product)
    line = OrderLine(
        order_id=order.id,
        position=max((line.position for line in order.lines), default=0) + 1,
        product_id=product.id,
        unit_id=unit.id if unit else None,
        # plans and accessories belong to the robot scanned before them
        for_unit_id=robots[-1].unit_id if robots and unit is None else None,
        description=product.name,
        quantity=quantity,
        unit_price_minor=price_minor,
        tax_code=product.tax_code,
        tax_rate_bp=0,
        tax_category=rate.category,
    )
    set_committed_value(line, "product", product)
    set_committed_value(line, "unit", unit)
    taxing.apply(line, rate, order)
    order.lines.append(line)
    session.flush()
    return line


def _rate_of(session: Session, order: Order, product: Product) -> TaxRate:
    today = desk.business_day_of(desk.store_of(session, order.store_id))
    return desk.tax_on(session, order.store_id, product.tax_code, today)

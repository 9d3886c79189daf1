"""A bundle in a basket: what it holds, and what each of it costs there."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import split
from app.kernel.text import msg
from app.payments.treatments import Treatment
from app.robots.models import Unit
from app.sales import basket, catalogue, taxing
from app.sales.models import BundleItem, Order, OrderLine, Product, ProductKind


def add(
    session: Session,
    actor: Actor,
    order: Order,
    bundle: Product,
    *,
    unit: Unit | None,
    minutes: int,
) -> list[OrderLine]:
    """Every content of a bundle as lines of their own; its price is spread by their prices."""
    basket.require_room(session, actor, order)
    inside = shares(session, bundle)
    wants_robot = any(product.kind is ProductKind.ROBOT for _, product, _ in inside)
    if wants_robot and unit is None:
        raise Refused(
            msg("{name} holds a robot. Scan the serial number for it.", name=bundle.name),
            field="code",
        )
    lines = []
    for item, product, share in inside:
        line = _bundle_line(
            session, actor, order, product, unit=unit, quantity=item.quantity, minutes=minutes
        )
        line.bundle_code = bundle.code
        taxing.restore(line)
        _price_as_share(line, share, bundle)
        lines.append(line)
    if order.tax_treatment is not Treatment.HOME:
        taxing.treat(session, order, lines)
    session.flush()
    return lines


def shares(session: Session, bundle: Product) -> list[tuple[BundleItem, Product, int]]:
    """Each content with its share of the bundle's price, spread by their own prices. Raises
    Refused for a bundle that holds nothing.
    """
    inside = catalogue.contents(session, bundle.id)
    if not inside:
        raise Refused(msg("{name} is an empty bundle.", name=bundle.name), field="code")
    weights = [product.price_minor * item.quantity for item, product in inside]
    parts = split(bundle.price_minor, weights if any(weights) else [1] * len(weights))
    return [(item, product, part) for (item, product), part in zip(inside, parts, strict=True)]


def _bundle_line(
    session: Session,
    actor: Actor,
    order: Order,
    product: Product,
    *,
    unit: Unit | None,
    quantity: int,
    minutes: int,
) -> OrderLine:
    if product.kind is not ProductKind.ROBOT:
        line = basket.add_own_line(
            session, actor, order, product, quantity=quantity, minutes=minutes
        )
        line.for_unit_id = unit.id if unit else line.for_unit_id
        return line
    if unit is None or unit.model_id != product.model_id:
        raise Refused(
            msg("This bundle holds {name}; scan one of those.", name=product.name), field="code"
        )
    return basket.add_unit(session, actor, order, unit, minutes=minutes)


def _price_as_share(line: OrderLine, share: int, bundle: Product) -> None:
    """The line costs `share`: shown as its own price less what the bundle saves."""
    full = line.unit_price_minor * line.quantity
    if share > full:
        line.unit_price_minor = -(-share // line.quantity)
        full = line.unit_price_minor * line.quantity
    line.discount_minor = full - share
    line.discount_reason = bundle.name if full != share else ""

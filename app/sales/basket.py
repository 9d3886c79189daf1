"""What lies in a basket: adding, counting, discounting, taking out."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import NotFound, Refused
from app.kernel.money import MOST_MINOR, Money, half_up
from app.kernel.quantity import MOST
from app.kernel.searchkeys import clean
from app.kernel.tax import BASIS
from app.kernel.text import msg
from app.parts import reservations
from app.payments.treatments import Treatment
from app.robots import addresses, claims, concerned, loans
from app.robots.models import Unit
from app.robots.states import UNIT_STATE_LABELS, Custody, UnitState
from app.sales import bundles, discounts, orders, taxing, usedrobots
from app.sales.errors import AlreadyOnOrder, NotSellable
from app.sales.models import Order, OrderLine, Product, ProductKind, Scan, UnitSale
from app.stores import desk

MOST_LINES = 200
_HANDED_OUT = {UnitState.SOLD, UnitState.HANDED_OVER}


def add_unit(
    session: Session, actor: Actor, order: Order, unit: Unit, *, minutes: int
) -> OrderLine:
    """Put one robot into the basket and keep it for this sale for `minutes`.

    Raises AlreadyOnOrder, NotSellable, or Conflict naming who holds it.
    """
    _require_room(session, actor, order)
    if any(line.unit_id == unit.id for line in order.lines):
        raise AlreadyOnOrder(msg("{serial} is already on this sale.", serial=unit.serial))
    require_sellable(session, unit)
    offer = usedrobots.offered(session, actor, unit)
    if offer is None:
        raise NotSellable(
            msg("{serial} has no price: its model is not in the product list.", serial=unit.serial),
            link="/settings/products",
        )
    _claim(session, actor, order, unit, minutes=minutes)
    product, price = offer
    line = _add_line(session, order, product, unit=unit, price_minor=price)
    usedrobots.tax_by_margin(session, desk.store_of(session, order.store_id), line, unit)
    session.flush()
    return line


def add_product(
    session: Session, actor: Actor, order: Order, product: Product, *, quantity: int, minutes: int
) -> OrderLine:
    """Put counted items, a plan or a service into the basket; the same again counts up."""
    _require_room(session, actor, order)
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
        set_quantity(
            session, actor, order, same, quantity=same.quantity + quantity, minutes=minutes
        )
        return same
    if product.part_id is not None:
        reservations.reserve(
            session,
            actor,
            product.part_id,
            quantity=quantity,
            owner=orders.reference(order),
            holder=_holder(actor, order),
            minutes=minutes,
        )
    return _add_line(session, order, product, quantity=quantity, price_minor=product.price_minor)


def add_at(
    session: Session, actor: Actor, order: Order, product: Product, *, price_minor: int
) -> OrderLine:
    """A line of its own at another price than the product's: its buyer says it (`giftsale`)."""
    _require_room(session, actor, order)
    return _add_line(session, order, product, price_minor=price_minor)


def add_bundle(
    session: Session,
    actor: Actor,
    order: Order,
    bundle: Product,
    *,
    unit: Unit | None,
    minutes: int,
) -> list[OrderLine]:
    """Every content of a bundle as lines of their own; its price is spread by their prices."""
    _require_room(session, actor, order)
    inside = bundles.shares(session, bundle)
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


def set_quantity(
    session: Session, actor: Actor, order: Order, line: OrderLine, *, quantity: int, minutes: int
) -> None:
    """Another number of pieces. A serialised line is always one."""
    actor.require("counter.sell")
    orders.require_editable(session, order)
    if line.unit_id is not None:
        raise Refused(msg("A robot is one of its kind; scan the next serial."), field="quantity")
    if quantity < 1:
        raise Refused(msg("A quantity is at least 1. Remove the line instead."), field="quantity")
    if line.product.kind is ProductKind.GIFT_CARD and quantity != 1:
        raise Refused(msg("Each gift card is a line of its own; add it again."), field="quantity")
    _check_size(price_minor=line.unit_price_minor, quantity=quantity)
    product, more = line.product, quantity - line.quantity
    if product.part_id is not None and more > 0:
        reservations.reserve(
            session,
            actor,
            product.part_id,
            quantity=more,
            owner=orders.reference(order),
            holder=_holder(actor, order),
            minutes=minutes,
        )
    elif product.part_id is not None and more < 0:
        reservations.release(
            session,
            orders.reference(order),
            store_id=order.store_id,
            part_id=product.part_id,
            quantity=-more,
        )
    line.discount_minor = line.discount_minor * quantity // line.quantity
    line.quantity = quantity
    _touched(session, order)


def discount(
    session: Session,
    actor: Actor,
    order: Order,
    line: OrderLine,
    *,
    percent_bp: int,
    reason: str,
    approved_by: Actor | None = None,
) -> None:
    """Take a share off a line's price. More than the role's limit needs a second person."""
    actor.require("counter.sell")
    orders.require_editable(session, order)
    if not 0 <= percent_bp <= BASIS:
        raise Refused(msg("A discount is between 0 and 100 %."), field="percent")
    if percent_bp and line.product.kind is ProductKind.GIFT_CARD:
        raise Refused(msg("A gift card costs what is on it."), field="percent")
    if percent_bp and not clean(reason):
        raise Refused(msg("Say why there is a discount."), field="reason")
    giver = approved_by or actor
    discounts.require_within(giver, percent_bp)
    before = line.discount_minor
    line.discount_minor = half_up(line.unit_price_minor * line.quantity * percent_bp, BASIS)
    line.discount_reason = clean(reason)[:200] if percent_bp else ""
    line.discount_by = giver.name if percent_bp else ""
    audit.record(
        session,
        actor,
        "order.discounted",
        subject=orders.reference(order),
        before={"line": line.position, "discount": before},
        after={"discount": line.discount_minor, "approved_by": giver.name},
        reason=line.discount_reason,
    )
    _touched(session, order)


def remove(session: Session, actor: Actor, order: Order, line: OrderLine) -> None:
    """Take a line out; what it kept is free again."""
    actor.require("counter.sell")
    orders.require_editable(session, order)
    if line.unit_id is not None:
        claims.release(session, line.unit_id, owner=orders.reference(order))
        for other in order.lines:
            if other.for_unit_id == line.unit_id:
                other.for_unit_id = None
    if line.product.part_id is not None:
        reservations.release(
            session,
            orders.reference(order),
            store_id=order.store_id,
            part_id=line.product.part_id,
            quantity=line.quantity,
        )
    order.lines.remove(line)
    session.delete(line)
    _touched(session, order)


def line_at(order: Order, position: int) -> OrderLine:
    found = next((line for line in order.lines if line.position == position), None)
    if found is None:
        raise NotFound(msg("This line is no longer on the sale."))
    return found


def already_scanned(session: Session, order: Order, scan_id: str) -> bool:
    """Was this very scan answered before? Remembers it if not."""
    if not scan_id:
        return False
    scan = {"order_id": order.id, "scan_id": scan_id[:64], "at": clock.now()}
    return add_if_new(session, Scan, scan, key=("order_id", "scan_id")) is None


def require_sellable(session: Session, unit: Unit) -> None:
    """Raises NotSellable or OutOnLoan with the reason, and a link to what has to happen first."""
    here = addresses.robot_page(unit.serial)
    if unit.state is UnitState.AVAILABLE:
        loans.require_in_house(session, unit)
        if unit.custody is Custody.BENCH:
            raise NotSellable(msg("{serial} is in the workshop.", serial=unit.serial), link=here)
        _require_no_stop_sale(session, unit)
        return
    if unit.state in _HANDED_OUT:
        sold = session.scalar(
            select(Order.number)
            .join(UnitSale, UnitSale.order_id == Order.id)
            .where(UnitSale.unit_id == unit.id, UnitSale.returned_at.is_(None))
        )
        raise NotSellable(
            msg("{serial} was sold with sale {number}.", serial=unit.serial, number=sold or "–"),
            link=f"/sales/{sold}" if sold else here,
        )
    if unit.state is UnitState.EXPECTED:
        raise NotSellable(msg("{serial} has not been received yet.", serial=unit.serial), link=here)
    if unit.state in {UnitState.RECEIVED, UnitState.INSPECTED}:
        raise NotSellable(
            msg("{serial} has not passed its pre-delivery inspection.", serial=unit.serial),
            link=addresses.inspection_page(unit.serial),
        )
    raise NotSellable(
        msg(
            "{serial} is not for sale: {state}.",
            serial=unit.serial,
            state=UNIT_STATE_LABELS[unit.state],
        ),
        link=here,
    )


def _require_no_stop_sale(session: Session, unit: Unit) -> None:
    """Raises NotSellable while the maker has stopped the sale of such a robot."""
    for concern in concerned.stop_sales(session, unit):
        raise NotSellable(
            msg(
                "{serial} must not be sold: bulletin {code}, {title}.",
                serial=unit.serial,
                code=concern.bulletin.code,
                title=concern.bulletin.title,
            ),
            link=addresses.bulletin_page(concern.bulletin.id),
        )


def _require_room(session: Session, actor: Actor, order: Order) -> None:
    actor.require("counter.sell")
    orders.require_editable(session, order)
    if order.parked_at is not None:
        raise Refused(msg("Sale {number} is parked; take it up first.", number=order.number))
    if len(order.lines) >= MOST_LINES:
        raise Refused(msg("A sale has at most {most} lines.", most=MOST_LINES))


def _claim(session: Session, actor: Actor, order: Order, unit: Unit, *, minutes: int) -> None:
    claims.claim(
        session,
        actor,
        unit,
        owner=orders.reference(order),
        holder=_holder(actor, order),
        minutes=minutes,
    )


def _holder(actor: Actor, order: Order) -> str:
    """Who keeps the thing, as another till reads it; the sale's code can be scanned there."""
    return f"{actor.name}, S-{order.number}"


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
        line = _new_item_line(session, actor, order, product, quantity=quantity, minutes=minutes)
        line.for_unit_id = unit.id if unit else line.for_unit_id
        return line
    if unit is None or unit.model_id != product.model_id:
        raise Refused(
            msg("This bundle holds {name}; scan one of those.", name=product.name), field="code"
        )
    return add_unit(session, actor, order, unit, minutes=minutes)


def _new_item_line(
    session: Session, actor: Actor, order: Order, product: Product, *, quantity: int, minutes: int
) -> OrderLine:
    """A line of its own, even where the same product already has one at its full price."""
    if product.part_id is not None:
        reservations.reserve(
            session,
            actor,
            product.part_id,
            quantity=quantity,
            owner=orders.reference(order),
            holder=_holder(actor, order),
            minutes=minutes,
        )
    return _add_line(session, order, product, quantity=quantity, price_minor=product.price_minor)


def _price_as_share(line: OrderLine, share: int, bundle: Product) -> None:
    """The line costs `share`: shown as its own price less what the bundle saves."""
    full = line.unit_price_minor * line.quantity
    if share > full:
        line.unit_price_minor = -(-share // line.quantity)
        full = line.unit_price_minor * line.quantity
    line.discount_minor = full - share
    line.discount_reason = bundle.name if full != share else ""


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
) -> OrderLine:
    _check_size(price_minor=price_minor, quantity=quantity)
    store = desk.store_of(session, order.store_id)
    robots = orders.robots_of(order)
    today = desk.business_day_of(store)
    rate = desk.tax_on(session, order.store_id, product.tax_code, today)
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
    _touched(session, order)
    return line


def _check_size(*, price_minor: int, quantity: int) -> None:
    """What a line holds is bounded, so that no sum over lines outgrows its column."""
    if quantity > MOST or price_minor * quantity > MOST_MINOR:
        raise Refused(msg("That is more than one line can hold."), field="quantity")


def _touched(session: Session, order: Order) -> None:
    order.version += 1
    session.flush()


def price_of(line: OrderLine, currency: str) -> Money:
    """What a line costs after its discount."""
    return Money(line.amount_minor, currency)

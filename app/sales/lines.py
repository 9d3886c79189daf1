"""What changes about a line of a basket: its pieces, its discount, its being there."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.money import MOST_MINOR
from app.kernel.quantity import MOST
from app.kernel.text import msg
from app.parts import reservations
from app.robots import claims
from app.sales import discounts, orders
from app.sales.models import Order, OrderLine, Product, ProductKind


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
    check_size(price_minor=line.unit_price_minor, quantity=quantity)
    product, more = line.product, quantity - line.quantity
    if more > 0:
        promise(session, actor, order, product, quantity=more, minutes=minutes)
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
    session.flush()


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
    if percent_bp and line.product.kind is ProductKind.GIFT_CARD:
        raise Refused(msg("A gift card costs what is on it."), field="percent")
    giver = approved_by or actor
    before = discounts.give(line, percent_bp, reason=reason, giver=giver)
    audit.record(
        session,
        actor,
        "order.discounted",
        subject=orders.reference(order),
        before={"line": line.position, "discount": before},
        after={"discount": line.discount_minor, "approved_by": giver.name},
        reason=line.discount_reason,
    )
    session.flush()


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
    session.flush()


def line_at(order: Order, position: int) -> OrderLine:
    found = next((line for line in order.lines if line.position == position), None)
    if found is None:
        raise NotFound(msg("This line is no longer on the sale."))
    return found


def check_size(*, price_minor: int, quantity: int) -> None:
    """What a line holds is bounded, so that no sum over lines outgrows its column."""
    if quantity > MOST or price_minor * quantity > MOST_MINOR:
        raise Refused(msg("That is more than one line can hold."), field="quantity")


def promise(
    session: Session, actor: Actor, order: Order, product: Product, *, quantity: int, minutes: int
) -> None:
    """Keep pieces of a part for this sale; what is no part lies on no shelf."""
    if product.part_id is not None:
        reservations.reserve(
            session,
            actor,
            product.part_id,
            quantity=quantity,
            owner=orders.reference(order),
            holder=holder(actor, order),
            minutes=minutes,
        )


def holder(actor: Actor, order: Order) -> str:
    """Who keeps the thing, as another till reads it; the sale's code can be scanned there."""
    return f"{actor.name}, S-{order.number}"

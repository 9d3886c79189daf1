"""A quote of what lies in a basket: the same lines at the same prices, sent at once.

The basket ends with it: what it kept is free again, until the customer accepts the quote.
"""

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.sales import orders, quotes, sellable
from app.sales.models import Order, OrderLine, ProductKind
from app.sales.quote_models import Quote, QuoteLine
from app.sales.quotes import VALID_DAYS


def quote_basket(session: Session, actor: Actor, order: Order, *, days: int = VALID_DAYS) -> Quote:
    """Raises Refused without a customer, for an empty basket, and for what is not quoted."""
    actor.require("counter.sell")
    orders.require_editable(session, order)
    _require_quotable(session, order)
    if order.customer_id is None:
        raise Refused(msg("Choose the customer first: a quote is made out to somebody."))
    quote = quotes.make(session, actor, order.customer_id, days=days)
    draft = quotes.require_draft(quote)
    robots = {line.unit_id: line.position for line in orders.robots_of(order)}
    draft.lines = [_quoted(line, robots.get(line.for_unit_id)) for line in order.lines]
    session.flush()
    quotes.send(session, actor, quote)
    orders.cancel(session, actor, order, reason=quotes.reference(quote))
    return quotes.by_number(session, actor, quote.number)


def _require_quotable(session: Session, order: Order) -> None:
    if not order.lines:
        raise Refused(msg("There is nothing in this sale to quote."))
    if order.tax_by:
        raise Refused(
            msg("The tax of this sale was chosen by hand; a quote goes by the rule."),
            link=f"/sales/{order.number}/tax",
        )
    for line in order.lines:
        if line.product.kind is ProductKind.GIFT_CARD:
            raise Refused(msg("A gift card is sold at the counter, and not quoted."))
    for unit in orders.units_of(order):
        sellable.require(session, unit)


def _quoted(line: OrderLine, robot_at: int | None) -> QuoteLine:
    """`robot_at`: the position of the robot that it goes with."""
    quoted = QuoteLine(
        position=line.position,
        product_id=line.product_id,
        for_position=robot_at if line.unit_id is None else None,
        unit_id=line.unit_id,
        description=line.description,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        discount_minor=line.discount_minor,
        discount_reason=line.discount_reason,
        discount_by=line.discount_by,
        tax_code=line.tax_code,
        tax_rate_bp=line.tax_rate_bp,
        tax_category=line.tax_category,
    )
    set_committed_value(quoted, "product", line.product)
    set_committed_value(quoted, "unit", line.unit)
    return quoted

"""Gift cards into the basket: a new one over an amount, or more onto one that is there."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import giftledger
from app.payments.gift_card_models import GiftCard
from app.sales import basket, giftlines
from app.sales.models import Order, OrderLine, Product, ProductKind


def add(
    session: Session,
    actor: Actor,
    order: Order,
    product: Product,
    *,
    amount: Money | None = None,
    card: GiftCard | None = None,
) -> OrderLine:
    """Each is a line of its own; without an amount it is over the product's price."""
    if product.kind is not ProductKind.GIFT_CARD:
        raise Refused(msg("{name} is no gift card.", name=product.name), field="code")
    wanted = Money(product.price_minor, product.currency) if amount is None else amount
    giftlines.require_room(session, order, wanted, card=card)
    line = basket.add_at(session, actor, order, product, price_minor=wanted.minor)
    line.for_unit_id = None  # it is no accessory of the robot before it
    if card is not None:
        line.gift_card_id = card.id
        line.description = f"{product.name} {giftledger.label(card)}"[:200]
    session.flush()
    return line

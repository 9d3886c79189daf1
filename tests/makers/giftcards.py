"""Gift cards sold at a counter, and their codes."""

from sqlalchemy.orm import Session

from app import wiring
from app.kernel.money import Money
from app.payments import giftcards
from app.payments.gift_card_models import GiftCard
from app.sales import catalogue, checkout, giftlines, giftsale, orders
from app.sales.catalogue import ProductInput
from app.sales.models import Category, Order, Product, ProductKind
from tests.makers.sales import Counter


def a_card_product(session: Session, counter: Counter) -> Product:
    """What gift cards are sold as: 50.00 unless somebody says another amount."""
    found = catalogue.by_code(session, counter.manager, "GIFT")
    return found or catalogue.add(
        session,
        counter.manager,
        ProductInput(
            code="GIFT",
            name="Gift card",
            kind=ProductKind.GIFT_CARD,
            category=Category.SERVICES,
            price=Money(5_000, "EUR"),
            tax_code="standard",
        ),
    )


def a_card_basket(session: Session, counter: Counter, *minors: int) -> Order:
    """A basket with new gift cards over these amounts."""
    wiring.connect()
    product = a_card_product(session, counter)
    order = orders.open_order(session, counter.seller, till_id=counter.till.id)
    for minor in minors:
        giftsale.add(session, counter.seller, order, product, amount=Money(minor, "EUR"))
    return order


def card_sold(session: Session, counter: Counter, minor: int = 10_000) -> tuple[GiftCard, str]:
    """A card that was paid in cash and handed out, and its code."""
    order = a_card_basket(session, counter, minor)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    ((_, card),) = giftlines.cards_of(session, order)
    return card, giftcards.hand_out(session, counter.seller, card)

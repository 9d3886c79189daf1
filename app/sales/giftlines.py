"""Gift cards as lines of a sale: what they load once it is paid, and when they can come back."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import giftcards, giftledger
from app.payments.gift_card_models import GiftCard
from app.payments.giftcards import Coming
from app.sales.models import Order, OrderLine, ProductKind


def of_order(order: Order) -> list[OrderLine]:
    """The lines of a sale that load a card."""
    return [line for line in order.lines if line.product.kind is ProductKind.GIFT_CARD]


def cards_of(session: Session, order: Order) -> list[tuple[OrderLine, GiftCard]]:
    """Each such line with its card, once the sale is paid."""
    lines = of_order(order)
    cards = _cards(session, [line.gift_card_id for line in lines if line.gift_card_id])
    return [(line, cards[line.gift_card_id]) for line in lines if line.gift_card_id in cards]


def require_room(session: Session, order: Order, amount: Money, *, card: GiftCard | None) -> None:
    """Raises Refused for an amount that no card holds, Conflict for a card that is dead."""
    there = Money(0, order.currency)
    if card is not None:
        giftcards.require_spendable(session, card)
        waiting = sum(line.amount_minor for line in order.lines if line.gift_card_id == card.id)
        there = giftledger.balance(session, card) + Money(waiting, order.currency)
    giftcards.require_amount(session, order.store_id, amount, there=there)


def load(session: Session, actor: Actor, order: Order) -> None:
    """The sale is paid: new cards come into being, others get more."""
    reference = f"order:{order.number}"
    for line in of_order(order):
        amount = Money(line.amount_minor, order.currency)
        if line.gift_card_id is None:
            source = Coming(reference, line.position)
            line.gift_card_id = giftcards.make(session, actor, amount, source=source).id
        else:
            card = session.get_one(GiftCard, line.gift_card_id)
            giftcards.load(session, actor, card, amount, reference=reference)


def spent(session: Session, order: Order) -> dict[int, Text]:
    """Why gift cards of a sale cannot come back, by line: something was bought with them."""
    found = {}
    for line, card in cards_of(session, order):
        stands = giftledger.successor(session, card)
        left = giftledger.balance(session, stands)
        if left.minor < line.amount_minor:
            found[line.id] = msg(
                "Of gift card {card} only {left} are left.",
                card=giftledger.label(stands),
                left=left,
            )
    return found


def take_off(session: Session, actor: Actor, order: Order, line: OrderLine) -> None:
    """The line comes back: what it loaded goes off its card, and a card that it made ends."""
    if line.product.kind is not ProductKind.GIFT_CARD or line.gift_card_id is None:
        return
    card = session.get_one(GiftCard, line.gift_card_id)
    reference = f"order:{order.number}"
    giftcards.take_off(
        session,
        actor,
        card,
        Money(line.amount_minor, order.currency),
        reference=reference,
        ends=card.source == f"{reference}:{line.position}",
    )


def require_not_loading(order: Order, card: GiftCard) -> None:
    """Raises Conflict where a card would pay for what goes onto it."""
    if any(line.gift_card_id == card.id for line in of_order(order)):
        raise Conflict(
            msg(
                "This sale loads gift card {card}, so it cannot pay for it.",
                card=giftledger.label(card),
            ),
            field="code",
        )


def _cards(session: Session, card_ids: Collection[int]) -> dict[int, GiftCard]:
    if not card_ids:
        return {}
    return {
        card.id: card for card in session.scalars(select(GiftCard).where(GiftCard.id.in_(card_ids)))
    }

"""Gift cards that are sold, loaded, handed out, spent, replaced; and goodwill."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import giftcards, goodwill
from app.payments.gift_card_models import GiftCard
from app.payments.models import Tender
from app.sales import giftpay, giftsale
from app.sales.models import Product
from tests.makers.giftcards import a_card_product
from tests.sales.machine import part_of_it, thing, till_index, which
from tests.sales.machine_value import Valuing

on_it = st.sampled_from([1, 5_000, 5_000, 40_000, 100_000, 100_001, 0])
# what else happens to some card
CARE = (None, None, None, "block", "replace", "open", "load", "goodwill")


class Gifting(Valuing):
    """The same store, which sells money for later."""

    def __init__(self) -> None:
        super().__init__()
        # codes as people carry them, by the card's number
        self.codes: dict[int, str] = {}

    @rule(
        care=st.sampled_from(CARE),
        till=till_index,
        minor=on_it,
        more=thing,
        unit=which,
        part=part_of_it,
    )
    def a_gift_card_goes_about(
        self, *, care: str | None, till: int, minor: int, more: str, unit: int, part: int | None
    ) -> None:
        """One is sold, one pays at either till, and one is lost or found."""
        self._sell_a_card(till, minor, more, unit)
        if care is not None:
            self._care(care, till, minor, unit)
        if self.codes:
            self.a_basket_is_filled(1 - till, [more, "customer"], unit)
            self._pay_with_card(1 - till, unit, part)

    def _sell_a_card(self, till: int, minor: int, more: str, unit: int) -> None:
        """Alone or beside something else; paid in cash, or in part with another gift card."""
        self._make_room(till)
        with self.step("gift card") as session:
            order = self.basket_at(session, till)
            product, amount = self._product(session), Money(minor, "EUR")
            giftsale.add(session, self.seller, order, product, amount=amount)
        if unit % 2:
            self.a_basket_is_filled(till, [more, "customer"], unit)
        if unit % 3 and self.codes:
            self._pay_with_card(till, unit, None)
        self._pay(lambda session: self.basket_at(session, till), Tender.CASH, None, None)
        out: dict[int, str] = {}
        with self.step("hand out") as session:
            for card in session.scalars(
                select(GiftCard).where(GiftCard.code_hash.is_(None), GiftCard.blocked_at.is_(None))
            ):
                out[card.number] = giftcards.hand_out(session, self.seller, card)
        if self.last_step == "hand out":
            self.codes |= out

    def _care(self, how: str, till: int, minor: int, index: int) -> None:
        """Lost, found, more onto it; and credit for nothing."""
        amount = Money(minor, "EUR")
        with self.step(f"{how} card") as session:
            match how:
                case "goodwill":
                    customer = self.shop.customer
                    goodwill.give(session, self.owner, customer, amount, reason="a long wait")
                case "block":
                    card = self._some_card(session, index)
                    giftcards.block(session, self.seller, card, reason="lost")
                case "open":
                    giftcards.unblock(session, self.owner, self._some_card(session, index))
                case "replace":
                    card = self._some_card(session, index)
                    giftcards.replace(session, self.owner, card, reason="lost")
                case _:
                    order, product = self.basket_at(session, till), self._product(session)
                    card = self._some_card(session, index)
                    giftsale.add(session, self.seller, order, product, amount=amount, card=card)

    def _pay_with_card(self, till: int, index: int, amount: int | None) -> None:
        code = list(self.codes.values())[index % len(self.codes)]
        paid = 0
        with self.step("pay with card") as session:
            order = self.basket_at(session, till)
            said = None if amount is None else Money(amount, "EUR")
            made = giftpay.pay(session, self.seller, order, code=code, amount=said)
            paid = made.amount_minor if made else 0
        if self.last_step == "pay with card":
            self.handed_in += paid

    def _product(self, session: Session) -> Product:
        return a_card_product(session, self.shop)

    def _some_card(self, session: Session, index: int) -> GiftCard:
        cards = session.scalars(select(GiftCard).order_by(GiftCard.id)).all()
        if not cards:
            raise NotFound(msg("There is no gift card {number} in this store.", number=0))
        return cards[index % len(cards)]

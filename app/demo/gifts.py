"""Gift cards and goodwill in the demo store."""

from sqlalchemy.orm import Session

from app.customers import book
from app.demo import assortment, people
from app.demo.opening import CURRENCY, Crew
from app.kernel.money import Money
from app.payments import creditrules, giftcards, goodwill, tills
from app.payments.creditrules import Rules
from app.sales import basket, catalogue, checkout, giftlines, giftpay, giftsale, orders
from app.sales.models import Order
from app.stores import desk


def sell_and_spend(session: Session, crew: Crew) -> None:
    """Two cards are sold; one buys a handbook at once, the other waits to be handed out."""
    rules = Rules(_eur(500_00), 36, 36, _eur(50_00))
    creditrules.change(session, crew.petra, rules)
    till_id = _open_till(session, crew)
    order = orders.open_order(session, crew.jana, till_id=till_id)
    card = catalogue.require_code(session, crew.jana, assortment.GIFT_CARD.code)
    for minor in (100_00, 50_00):
        giftsale.add(session, crew.jana, order, card, amount=_eur(minor))
    checkout.pay_cash(session, crew.jana, order, amount=None, tendered=None)
    ((_, first), _) = giftlines.cards_of(session, order)
    code = giftcards.hand_out(session, crew.jana, first)
    giftpay.pay(session, crew.jana, _a_handbook(session, crew, till_id), code=code)


def say_sorry(session: Session, crew: Crew) -> None:
    """Somebody waited for a part, and gets something for it."""
    (anna,) = book.find(session, crew.petra, people.ANNA.name, most=1)
    goodwill.give(session, crew.petra, anna, _eur(25_00), reason="Fingertips came a week late")


def _a_handbook(session: Session, crew: Crew, till_id: int) -> Order:
    order = orders.open_order(session, crew.jana, till_id=till_id)
    handbook = catalogue.require_code(session, crew.jana, assortment.HANDBOOK.code)
    basket.add_product(session, crew.jana, order, handbook, quantity=1, minutes=30)
    return order


def _open_till(session: Session, crew: Crew) -> int:
    for till in desk.tills_of(session, crew.jana.store_id):
        if tills.open_session_of(session, till.id) is not None:
            return till.id
    raise ValueError("no till is open")


def _eur(minor: int) -> Money:
    return Money(minor, CURRENCY)

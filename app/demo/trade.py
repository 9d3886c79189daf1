"""What happens in the demo store: robots are looked at, sold, paid, handed over, quoted."""

from sqlalchemy.orm import Session

from app.customers import book
from app.demo import assortment, deliveries, people, vouchers
from app.demo.assortment import Offer
from app.demo.opening import CURRENCY, TILLS, Crew
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.kernel.text import msg
from app.payments import counts, drawers, journal, tills
from app.payments.models import TillSession
from app.robots import registry
from app.sales import (
    basket,
    catalogue,
    checklists,
    checkout,
    counterquotes,
    handovers,
    inspections,
    orders,
)
from app.sales.checklists import Answer
from app.sales.models import Checklist, Order, Product
from app.stores import desk
from app.stores.models import Till

FLOAT = Money(200_00, CURRENCY)
_MINUTES = 30


def inspect_first_delivery(session: Session, crew: Crew) -> None:
    """Everything passes, but for one robot with a fault."""
    serials = [row.split(",")[2] for row in deliveries.FIRST_NOTE.splitlines()[1:]]
    for serial in serials:
        unit = registry.by_serial(session, crew.emre, serial)
        checklist = inspections.checklist_for(session, crew.emre, unit)
        answers = _all_well(checklist)
        if serial == deliveries.FAULTY:
            answers |= {"item-05": Answer.FAIL, "note-05": deliveries.FAULT}
        inspections.inspect(session, crew.emre, unit, answers)


def first_day_of_trade(session: Session, crew: Crew) -> None:
    """A laboratory buys a G1 with a battery and a plan; somebody takes a book along."""
    till = _till(session, crew.jana, 0)
    tills.open_session(session, crew.jana, till, FLOAT)
    laboratory = book.add(session, crew.jana, people.UNIVERSITY)
    anna = book.add(session, crew.jana, people.ANNA)
    for other in people.OTHERS:
        book.add(session, crew.jana, other)
    order = _order(session, crew.jana, till, laboratory.id)
    _put_robot(session, crew.jana, order, deliveries.SOLD_AND_GONE)
    _put(session, crew.jana, order, assortment.BATTERY_G1)
    _put(session, crew.jana, order, assortment.CARE_36)
    checkout.pay_transfer(session, crew.jana, order, amount=None, note="Elsterbogen 2231")
    small = _order(session, crew.jana, till, anna.id)
    _put(session, crew.jana, small, assortment.HANDBOOK)
    _put(session, crew.jana, small, assortment.FINGERTIPS, quantity=2)
    checkout.pay_cash(session, crew.jana, small, amount=None, tendered=Money(100_00, CURRENCY))


def second_day_of_trade(session: Session, crew: Crew) -> None:
    """The laboratory fetches its G1; Li Wei pays a Bumi that he will fetch later."""
    till = _till(session, crew.jana, 0)
    drawer = tills.open_session(session, crew.jana, till, FLOAT)
    tills.move_cash(session, crew.petra, drawer, Money(50_00, CURRENCY), "Change from the bank")
    _hand_over_first_sale(session, crew)
    vouchers.give_hours(session, crew)
    li_wei = book.add(session, crew.jana, people.LI_WEI)
    order = _order(session, crew.jana, till, li_wei.id)
    _put_robot(session, crew.jana, order, deliveries.SOLD_AND_WAITING)
    _put(session, crew.jana, order, assortment.CARE_12)
    cash = Money(500_00, CURRENCY)
    checkout.pay_cash(session, crew.jana, order, amount=cash, tendered=cash)
    vouchers.use_one(session, crew, order)
    checkout.pay_transfer(session, crew.jana, order, amount=None, note="Li Wei, Bumi")
    drawers.drop_to_safe(session, crew.jana, drawer, Money(400_00, CURRENCY), bag="TB-0417")


def close_till(session: Session, crew: Crew) -> None:
    """Jana counts what is there by notes and coins, to the cent."""
    drawer = _drawer(session, crew.jana)
    left = journal.cash_in_drawer(session, drawer.id, CURRENCY).minor
    pieces: dict[int, int] = {}
    for kind in counts.kinds_at(session, crew.jana.store_id):
        pieces[kind.minor], left = divmod(left, kind.minor)
    counted = counts.by_pieces(session, crew.jana.store_id, pieces)
    tills.close(session, crew.jana, drawer, counted)


def quote(session: Session, crew: Crew) -> None:
    """A theatre asks what a robot for its stage would cost."""
    theatre = book.add(session, crew.jana, people.THEATRE)
    order = _order(session, crew.jana, _till(session, crew.jana, 1), theatre.id)
    _put_robot(session, crew.jana, order, deliveries.QUOTED)
    _put(session, crew.jana, order, assortment.TRAINING, quantity=2)
    counterquotes.quote_basket(session, crew.jana, order)


def _hand_over_first_sale(session: Session, crew: Crew) -> None:
    order = orders.by_number(session, crew.jana, 1)
    answers = _all_well(handovers.checklist_for(session, crew.jana, order))
    signed = Signed(people.UNIVERSITY.contact_name)
    handovers.hand_over(session, crew.jana, order, typed=answers, signed=signed)


def _all_well(checklist: Checklist) -> dict[str, str]:
    return {f"item-{item.key}": str(Answer.OK) for item in checklists.items_of(checklist)}


def _order(session: Session, actor: Actor, till: Till, customer_id: int) -> Order:
    order = orders.open_order(session, actor, till_id=till.id)
    orders.set_customer(session, actor, order, customer_id)
    return order


def _put_robot(session: Session, actor: Actor, order: Order, serial: str) -> None:
    unit = registry.by_serial(session, actor, serial)
    basket.add_unit(session, actor, order, unit, minutes=_MINUTES)


def _put(session: Session, actor: Actor, order: Order, offer: Offer, *, quantity: int = 1) -> None:
    product = _product(session, actor, offer)
    basket.add_product(session, actor, order, product, quantity=quantity, minutes=_MINUTES)


def _product(session: Session, actor: Actor, offer: Offer) -> Product:
    found = catalogue.by_code(session, actor, offer.code)
    if found is None:
        raise NotFound(msg("There is no such product."))
    return found


def _till(session: Session, actor: Actor, place: int) -> Till:
    by_name = {till.name: till for till in desk.tills_of(session, actor.store_id)}
    return by_name[TILLS[place]]


def _drawer(session: Session, actor: Actor) -> TillSession:
    return tills.require_open(session, _till(session, actor, 0).id)

"""What the demo store has offered: options of a robot, a quote that waits for its answer, and one
that was accepted with a deposit, for a robot that is not here yet.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.book import CustomerInput
from app.customers.models import Customer
from app.demo import assortment, people
from app.demo.assortment import Offer
from app.demo.opening import CURRENCY, Crew
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.payments import arrivals, terms
from app.sales import accepting, catalogue, deposits, options, orders, quotelines, quotes
from app.sales.models import Product
from app.sales.quote_models import OptionChoice, Quote

_LIMIT = Money(30_000_00, CURRENCY)
_SHARE_BP = 2_000


def make(session: Session, crew: Crew) -> None:
    """Options of the G1, two quotes, and a customer who may buy on account."""
    battery = _options(session, crew)
    _waiting_for_an_answer(session, crew, battery)
    _waiting_for_a_robot(session, crew)
    university = _customer(session, crew.jana, people.UNIVERSITY)
    terms.set_limit(session, crew.petra, university, _LIMIT, days=30)


def _options(session: Session, crew: Crew) -> OptionChoice:
    """How many more batteries, and what it travels in; the choice of a battery."""
    model_id = _product(session, crew.jana, assortment.G1.code).model_id or 0
    petra = crew.petra
    batteries = options.add_group(session, petra, model_id=model_id, name="More batteries", most=2)
    battery = options.add_choice(
        session, petra, batteries, product=_offer(session, petra, assortment.BATTERY_G1)
    )
    travel = options.add_group(session, petra, model_id=model_id, name="Travel", least=1)
    options.add_choice(session, petra, travel, name="Cardboard box", product=None)
    options.add_choice(session, petra, travel, product=_offer(session, petra, assortment.CASE))
    return battery


def _waiting_for_an_answer(session: Session, crew: Crew, battery: OptionChoice) -> None:
    quote = quotes.make(session, crew.jana, _customer(session, crew.jana, people.CLINIC).id)
    robot = _product(session, crew.jana, assortment.G1.code)
    (box,) = [
        choice.id
        for group in options.of_model(session, crew.jana, robot.model_id or 0)
        for choice in group.choices
        if choice.product is None
    ]
    quotelines.add_robot(session, crew.jana, quote, robot, wanted={battery.id: 1, box: 1})
    training = _offer(session, crew.jana, assortment.TRAINING)
    quotelines.add_product(session, crew.jana, quote, training, quantity=2)
    _send(session, crew.jana, quote)


def _waiting_for_a_robot(session: Session, crew: Crew) -> None:
    agency = _customer(session, crew.jana, people.AGENCY)
    quote = quotes.make(session, crew.jana, agency.id)
    robot = _product(session, crew.jana, assortment.R1.code)
    quotelines.add_robot(session, crew.jana, quote, robot)
    _send(session, crew.jana, quote)
    signed = Signed(agency.contact_name or agency.name)
    order = accepting.accept(session, crew.jana, quote, version=1, signed=signed)
    bill = orders.bill_of(session, order)
    if bill is not None:
        due = deposits.next_payment(session, order)
        arrivals.receive(session, crew.petra, bill, amount=due, note=f"S-{order.number}")


def _send(session: Session, actor: Actor, quote: Quote) -> None:
    """With a fifth as deposit, of which a quarter is kept when it is cancelled after a week."""
    draft = quotes.require_draft(quote)
    total = quotes.sums(quote, draft).gross
    quotes.set_terms(
        session,
        actor,
        quote,
        valid_until=draft.valid_until,
        deposit=total.share([_SHARE_BP, 10_000 - _SHARE_BP])[0],
        free_days=7,
        keep_bp=2_500,
    )
    quotes.send(session, actor, quote)


def _offer(session: Session, actor: Actor, offer: Offer) -> Product:
    return _product(session, actor, offer.code)


def _product(session: Session, actor: Actor, code: str) -> Product:
    return catalogue.require_code(session, actor, code)


def _customer(session: Session, actor: Actor, known: CustomerInput) -> Customer:
    named = (
        select(Customer)
        .where(Customer.store_id == actor.store_id, Customer.name == known.name)
        .order_by(Customer.id)
        .limit(1)
    )
    return session.scalars(named).one()

"""A quote for the counter's customer: a robot with options, sent and read."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import wiring
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.robots.models import Unit
from app.sales import accepting, catalogue, options, quotelines, quotes
from app.sales.catalogue import ProductInput
from app.sales.models import Category, Order, Product, ProductKind
from app.sales.quote_models import OptionChoice, OptionGroup, Quote
from tests.makers.sales import Counter

SIGNED = Signed("A. Lindner")


@dataclass(frozen=True, slots=True)
class Configured:
    """The G1 with two questions: which hands, and how many more batteries."""

    hands: OptionGroup
    plain: OptionChoice
    fine: OptionChoice
    batteries: OptionGroup
    battery: OptionChoice


def a_configurator(session: Session, counter: Counter) -> Configured:
    manager, model_id = counter.manager, counter.model.id
    hands = options.add_group(session, manager, model_id=model_id, name="Hands", least=1, most=1)
    plain = options.add_choice(session, manager, hands, name="Rubber hands", product=None)
    fine = options.add_choice(session, manager, hands, name="Fine hands", product=counter.plan)
    batteries = options.add_group(session, manager, model_id=model_id, name="Batteries", most=2)
    battery = options.add_choice(session, manager, batteries, product=counter.battery)
    return Configured(hands, plain, fine, batteries, battery)


def a_quote(
    session: Session,
    counter: Counter,
    *,
    unit: Unit | None = None,
    deposit_minor: int = 0,
    keep_bp: int = 0,
    free_days: int = 0,
) -> Quote:
    """A robot (whichever comes, unless a unit is named) and a battery, sent."""
    wiring.connect()
    quote = quotes.make(session, counter.seller, counter.customer.id)
    quotelines.add_robot(session, counter.seller, quote, counter.robot, unit=unit)
    quotelines.add_product(session, counter.seller, quote, counter.battery)
    draft = quotes.require_draft(quote)
    quotes.set_terms(
        session,
        counter.seller,
        quote,
        valid_until=draft.valid_until,
        deposit=Money(deposit_minor, "EUR"),
        keep_bp=keep_bp,
        free_days=free_days,
    )
    quotes.send(session, counter.seller, quote)
    return quotes.by_number(session, counter.seller, quote.number)


def a_bundle(session: Session, counter: Counter, *, price_minor: int = 250_000) -> Product:
    """A battery of 899.00 and a plan of 1,999.00, cheaper together."""
    bundle = catalogue.add(
        session,
        counter.manager,
        ProductInput(
            code="SET-1",
            name="Care set",
            kind=ProductKind.BUNDLE,
            category=Category.ACCESSORIES,
            price=Money(price_minor, "EUR"),
            tax_code="standard",
        ),
    )
    for product in (counter.battery, counter.plan):
        catalogue.put_into_bundle(session, counter.manager, bundle, product, quantity=1)
    return bundle


def accepted(session: Session, counter: Counter, quote: Quote, *, version: int = 1) -> Order:
    return accepting.accept(session, counter.seller, quote, version=version, signed=SIGNED)

"""The demo store's first day: the house, its staff, its tills, and what it has for sale."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from app.demo import assortment, people
from app.demo.assortment import Offer
from app.identity import staff
from app.identity.house import command_line
from app.identity.signing import actor_for
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.parts import catalogue as parts
from app.parts import stock
from app.robots import makers
from app.robots.models import RobotModel
from app.sales import catalogue, checklists, tradeinvalues
from app.sales.catalogue import ProductInput
from app.sales.checklists import Purpose
from app.sales.models import Category, Product, ProductKind
from app.sales.tradein_models import Grade
from app.sales.tradeinvalues import Shares
from app.stores import desk, particulars
from app.stores.models import Store

CURRENCY = "EUR"
_COST_PERCENT = 58
TILLS = ("Till 1", "Till 2")


@dataclass(frozen=True, slots=True)
class Crew:
    """Those who act in the story; each does what the role allows."""

    jana: Actor
    emre: Actor
    mei: Actor
    petra: Actor
    ruth: Actor


def open_store(session: Session) -> Crew:
    """The store as it stands before its first delivery."""
    store = _store(session)
    crew = _crew(session, store)
    _introduce(session, crew.petra, store)
    _tills(session, crew.petra)
    _rates(session, crew.petra)
    models = _robots(session, crew.petra)
    for offer in assortment.OFFERS:
        _add(session, crew.petra, offer)
    _bundle(session, crew.petra)
    _checklists(session, crew.petra, models["G1"])
    _trade_in_values(session, crew.petra)
    return crew


def first_stock(session: Session, crew: Crew) -> None:
    """What lies on the shelves before anything is sold."""
    for offer in assortment.OFFERS:
        _stock(session, crew.mei, offer)


def _store(session: Session) -> Store:
    store = desk.create(
        session,
        code=people.STORE_CODE,
        name="Vierblatt Leipzig",
        legal_name="Vierblatt Demo GmbH",
        currency=CURRENCY,
        price_mode=PriceMode.GROSS,
        zone="Europe/Berlin",
        country="DE",
    )
    audit.record(session, command_line(store.id), "store.opened", subject=f"store:{store.code}")
    return store


def _introduce(session: Session, actor: Actor, store: Store) -> None:
    """What stands on documents beside the name; the mail domain is reserved for examples."""
    given = replace(
        particulars.of(store),
        street="Musterstraße 1",
        postcode="04103",
        city="Leipzig",
        vat_id="DE300100206",
        bank_account="DE89 3704 0044 0532 0130 00",
        phone="+49 69 90009 100",
        email="hello@vierblatt.example",
        receipt_footer="Demonstration: no goods, no money, no tax document.",
    )
    particulars.change(session, actor, store, given, seen=particulars.fingerprint(store))


def _crew(session: Session, store: Store) -> Crew:
    house = command_line(store.id)
    hired = {
        one.login: staff.add(
            session,
            house,
            login=one.login,
            name=one.name,
            role=one.role,
            password=people.PASSWORD,
            pin=one.pin,
        )
        for one in people.LOGINS
    }
    jana, emre, mei, petra, ruth = (
        actor_for(hired[login], terminal=None) for login in ("jana", "emre", "mei", "petra", "ruth")
    )
    return Crew(jana, emre, mei, petra, ruth)


def _tills(session: Session, actor: Actor) -> None:
    """Each with a reader that the local card service does not know yet, so it will give one."""
    for name in TILLS:
        till = desk.add_till(session, actor, name=name)
        desk.change_till(session, actor, till, printer="", reader_id=f"demo reader of {name}")


def _rates(session: Session, actor: Actor) -> None:
    """German VAT, unchanged since 1 January 2021 (§ 12 UStG)."""
    since = date(2021, 1, 1)
    for code, label, rate_bp in (
        (assortment.VAT, "VAT 19 %", 1900),
        (assortment.VAT_REDUCED, "VAT 7 %", 700),
    ):
        desk.add_rate(session, actor, code=code, label=label, rate_bp=rate_bp, valid_from=since)


def _robots(session: Session, actor: Actor) -> dict[str, RobotModel]:
    """Every model, by its code; those with a price are for sale."""
    models = {}
    for offer in assortment.ROBOTS:
        model = makers.add_model(session, actor, offer.model)
        models[model.code] = model
        if offer.price_minor is not None:
            catalogue.add(
                session,
                actor,
                ProductInput(
                    code=offer.model.code,
                    name=offer.model.name,
                    kind=ProductKind.ROBOT,
                    category=Category.ROBOTS,
                    price=Money(offer.price_minor, CURRENCY),
                    tax_code=assortment.VAT,
                    model_id=model.id,
                ),
            )
    return models


def _add(session: Session, actor: Actor, offer: Offer) -> Product:
    return catalogue.add(
        session,
        actor,
        ProductInput(
            code=offer.code,
            name=offer.name,
            kind=offer.kind,
            category=offer.category,
            price=Money(offer.price_minor, CURRENCY),
            tax_code=offer.tax_code,
            plan_months=offer.months,
        ),
    )


def _stock(session: Session, actor: Actor, offer: Offer) -> None:
    if offer.stock:
        part = parts.by_number(session, actor, offer.code)
        stock.receive(
            session,
            actor,
            part.id,
            quantity=offer.stock,
            reason="first stock",
            reference="delivery:4699",
            # an invented purchase price
            cost=Money(offer.price_minor * _COST_PERCENT // 100, CURRENCY),
        )


def _bundle(session: Session, actor: Actor) -> None:
    bundle = _add(session, actor, assortment.STARTER)
    inside = [("G1", 1), *((offer.code, count) for offer, count in assortment.STARTER_CONTENTS)]
    for code, quantity in inside:
        product = catalogue.by_code(session, actor, code)
        if product is not None:
            catalogue.put_into_bundle(session, actor, bundle, product, quantity=quantity)


def _trade_in_values(session: Session, actor: Actor) -> None:
    for grade, start, least in assortment.TRADE_IN_SHARES:
        tradeinvalues.set_rule(
            session,
            actor,
            model_id=None,
            grade=Grade(grade),
            shares=Shares(start, month=150, hours=250, least=least),
        )


def _checklists(session: Session, actor: Actor, g1: RobotModel) -> None:
    """One list for all models, and one of the G1's own, for each purpose."""
    for purpose, model_id, texts in (
        (Purpose.PDI, None, assortment.PDI),
        (Purpose.PDI, g1.id, assortment.PDI_G1),
        (Purpose.HANDOVER, None, assortment.HANDOVER),
        (Purpose.HANDOVER, g1.id, assortment.HANDOVER_G1),
        (Purpose.TRADE_IN, None, assortment.TRADE_IN),
    ):
        checklists.publish(session, actor, purpose=purpose, model_id=model_id, texts=list(texts))

"""A shop ready to sell: tax, products, checklists, a customer, people who can sign in."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.identity import secrets
from app.identity.models import Staff, StaffSession, Terminal
from app.identity.roles import Role, permissions_of
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.searchkeys import search_key
from app.kernel.tax import PriceMode
from app.parts import stock
from app.payments import tills
from app.robots.models import RobotModel, Unit
from app.robots.states import UnitState
from app.sales import catalogue, checklists, inspections
from app.sales.catalogue import ProductInput
from app.sales.checklists import Answer, Answered, Purpose
from app.sales.models import Category, Product, ProductKind
from app.stores import desk
from app.stores.models import Store, TaxRate, Till
from tests.makers.robots import a_model, a_unit

PIN = "4711"


@dataclass(slots=True)
class Counter:
    """A store with one open till, a seller, a manager, and things to sell (gross prices, EUR)."""

    store: Store
    till: Till
    seller: Actor
    manager: Actor
    model: RobotModel
    robot: Product
    battery: Product
    plan: Product
    customer: Customer

    @property
    def session_cookie(self) -> str:
        return f"seller-{self.store.id}"

    @property
    def manager_cookie(self) -> str:
        return f"manager-{self.store.id}"


def a_counter(
    session: Session,
    *,
    price_mode: PriceMode = PriceMode.GROSS,
    reader_id: str = "",
    code: str = "LEJ",
    currency: str = "EUR",
) -> Counter:
    """Everything in place for the first sale; the till is open with 200.00."""
    store = desk.create(
        session,
        code=code,
        name=f"Vierblatt {code}",
        legal_name="Vierblatt Leipzig GmbH",
        currency=currency,
        price_mode=price_mode,
        zone="Europe/Berlin",
        country="DE",
    )
    till = Till(store_id=store.id, name="Till 1", reader_id=reader_id)
    session.add(till)
    session.add(
        TaxRate(
            store_id=store.id,
            code="standard",
            label="VAT",
            rate_bp=1900,
            valid_from=date(2020, 1, 1),
        )
    )
    session.flush()
    seller, manager = _people(session, store, till)
    model = a_model(session)
    for purpose in Purpose:
        checklists.publish(
            session, manager, purpose=purpose, model_id=None, texts=["Walks", "Stops on the button"]
        )
    robot = _product(
        session,
        manager,
        "G1",
        "Unitree G1",
        kind=ProductKind.ROBOT,
        price_minor=1_350_000,
        model_id=model.id,
    )
    battery = _product(
        session, manager, "BAT-G1", "Battery G1", kind=ProductKind.ITEM, price_minor=89_900
    )
    plan = _product(
        session,
        manager,
        "CARE-24",
        "Care, 24 months",
        kind=ProductKind.PLAN,
        price_minor=199_900,
        plan_months=24,
    )
    stock.receive(session, manager, battery.part_id or 0, quantity=10, reason="first delivery")
    customer = book.add(
        session,
        seller,
        CustomerInput(CustomerKind.COMPANY, "Lindenhof Robotik GmbH", city="Leipzig"),
    )
    tills.open_session(session, seller, till, Money(20_000, currency))
    return Counter(store, till, seller, manager, model, robot, battery, plan, customer)


def a_robot(session: Session, counter: Counter, serial: str = "DEMO-G1-0001") -> Unit:
    """A robot that has passed its inspection and is for sale."""
    unit = a_unit(session, counter.store, serial, model=counter.model, state=UnitState.RECEIVED)
    checklist = inspections.checklist_for(session, counter.seller, unit)
    answers = {item.key: Answered(Answer.OK) for item in checklists.items_of(checklist)}
    inspections.record(session, counter.seller, unit, checklist, answers)
    return unit


def _product(
    session: Session,
    actor: Actor,
    code: str,
    name: str,
    *,
    kind: ProductKind,
    price_minor: int,
    model_id: int | None = None,
    plan_months: int | None = None,
) -> Product:
    category = {
        ProductKind.ROBOT: Category.ROBOTS,
        ProductKind.ITEM: Category.ACCESSORIES,
        ProductKind.PLAN: Category.PLANS,
    }[kind]
    return catalogue.add(
        session,
        actor,
        ProductInput(
            code=code,
            name=name,
            kind=kind,
            category=category,
            price=Money(price_minor, desk.store_of(session, actor.store_id).currency),
            tax_code="standard",
            model_id=model_id,
            plan_months=plan_months,
        ),
    )


def _people(session: Session, store: Store, till: Till) -> tuple[Actor, Actor]:
    """A seller and a manager, both signed in at a terminal of the till."""
    people = [
        _person(session, store, name="Jana Voss", login=f"jana.{store.id}", role=Role.SALES),
        _person(session, store, name="Petra Krause", login=f"petra.{store.id}", role=Role.MANAGER),
    ]
    terminal = Terminal(
        store_id=store.id,
        name="Counter 1",
        till_id=till.id,
        token_hash=secrets.token_hash(f"terminal-{store.id}"),
        enrolled_by_id=people[1].id,
        enrolled_at=clock.now(),
    )
    session.add(terminal)
    session.flush()
    for person, cookie in zip(people, ("seller", "manager"), strict=True):
        now = clock.now()
        session.add(
            StaffSession(
                token_hash=secrets.token_hash(f"{cookie}-{store.id}"),
                staff_id=person.id,
                terminal_id=terminal.id,
                started_at=now,
                seen_at=now,
                expires_at=now.replace(year=now.year + 1),
            )
        )
    session.flush()
    seller, manager = (_actor(person, terminal) for person in people)
    return seller, manager


def _person(session: Session, store: Store, *, name: str, login: str, role: Role) -> Staff:
    person = Staff(
        store_id=store.id,
        login=login,
        login_key=search_key(login),
        name=name,
        role=role,
        password_hash="not used",
        pin_hash=_pin_hash(),
    )
    session.add(person)
    session.flush()
    return person


_kept: list[str] = []


def _pin_hash() -> str:
    if not _kept:
        _kept.append(secrets.hash_secret(PIN))
    return _kept[0]


def _actor(person: Staff, terminal: Terminal) -> Actor:
    return Actor(
        store_id=person.store_id,
        name=person.name,
        role=person.role,
        permissions=permissions_of(person.role),
        staff_id=person.id,
        terminal_id=terminal.id,
        terminal_name=terminal.name,
    )
